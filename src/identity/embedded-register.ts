import { randomBytes } from 'node:crypto';
import { Refusal } from '../refusal/refusal.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import type { KeyVersion } from '../storage/key-version.ts';
import { inTransaction, openSqlite } from '../storage/sqlite.ts';
import { openConflictTable } from './embedded-conflicts.ts';
import { checkPairwiseKey, openKeyMarks } from './embedded-key-check.ts';
import { MIGRATIONS } from './embedded-register-schema.ts';
import { openIdentityTables, type IdentityRow, type IdentityTables } from './embedded-tables.ts';
import { createResealing } from './embedded-reseal.ts';
import { findConflict, type ConflictFinding } from './find-conflict.ts';
import { createIdentifierHash, type IdentifierHash } from './identifier-hash.ts';
import { equivalents } from './identifiers/index.ts';
import { joinCertificate, owners } from './embedded-joining.ts';
import { planEmbedded, settleConflict } from './embedded-settlement.ts';
import type { Identifier, Identity, SubjectReading } from './identity.ts';
import { outlookOf } from './plan-settlement.ts';
import {
  LAST_USE_STEP,
  type IdentityRegister,
  type ReadingContext,
  type RegisteredIdentity,
} from './register.ts';
import type { Resealing } from './reseal.ts';

export interface EmbeddedRegisterOptions {
  readonly file: string;
  /** 32 bytes: seals names and numbers. One for ever, or the kept versions as of now. */
  readonly fieldKey: Uint8Array | (() => readonly KeyVersion[]);
  /** 32 bytes: hashes numbers. The same. */
  readonly hashKey: Uint8Array | (() => readonly KeyVersion[]);
  /** What departments' ids are made with: checked, where given, to be the one that this register was used with before. */
  readonly pairwiseKey?: Uint8Array;
  /** ms since the epoch; says which version of a key is in use. */
  readonly clock?: () => number;
}

/**
 * Opens (or makes) a register in one SQLite file.
 *
 * @throws StorageError when the file cannot be used or was written with other keys
 */
export const openEmbeddedRegister = ({
  file,
  fieldKey,
  hashKey,
  pairwiseKey,
  clock = Date.now,
}: EmbeddedRegisterOptions): IdentityRegister & Resealing => {
  const database = openSqlite(file, MIGRATIONS);
  const hash = createIdentifierHash(hashKey, clock);
  // First: a key that cannot be read is said as that, not as one the register was not written with.
  if (typeof fieldKey === 'function') fieldKey();
  const cipher = createFieldCipher(fieldKey, clock);
  const marks = openKeyMarks(database, hash, cipher, file);
  if (pairwiseKey !== undefined) checkPairwiseKey(database, pairwiseKey, file);
  const tables = openIdentityTables(database, hash, cipher);
  const conflicts = openConflictTable(database, cipher);
  const resealing = createResealing(database, { hash, cipher, marks, file });
  const write = <T>(work: () => T): T => {
    marks.note();
    return inTransaction(database, work);
  };

  return {
    identify: (reading, context) =>
      answer(() => {
        const known = answerKnown(tables, reading, hash, context);
        if (known !== undefined) return withActing(known, reading);
        const result = write(() => {
          const found = register(tables, reading, context);
          if ('reason' in found) conflicts.record(found, context);
          return found;
        });
        if ('reason' in result) throw new Refusal('ONECERT_IDENTITY_CONFLICT', result.reason);
        return withActing(result, reading);
      }),
    recordContradiction: (context) =>
      answer(() => {
        const finding = { reason: 'contradictory-certificate', reading: undefined, meets: [] } as const;
        write(() => conflicts.record(finding, context));
      }),
    find: (identifier) =>
      answer(() => {
        // The identifier itself comes first among its equivalents.
        const [row] = owners(tables, equivalents(identifier));
        return row && registered(tables, row);
      }),
    identityById: (unifiedId) =>
      answer(() => {
        const row = tables.byUnifiedId(unifiedId);
        return row && registered(tables, row);
      }),
    holderOf: (thumbprint) =>
      answer(() => {
        const row = tables.byCertificate(thumbprint);
        return row && registered(tables, row);
      }),
    count: () => answer(() => ({ ...tables.count(), conflicts: conflicts.count() })),
    countByAuthorities: (authorities) => answer(() => tables.countByAuthorities(authorities)),
    listConflicts: (page) => answer(() => conflicts.list(page)),
    conflict: (id) => answer(() => conflicts.get(id)?.conflict),
    conflictsOf: (unifiedId, limit) =>
      answer(() => {
        const row = tables.byUnifiedId(unifiedId);
        return row === undefined ? [] : conflicts.meeting([row.unified_id, ...tables.aliasesOf(row)], limit);
      }),
    settleConflict: (id, settlement, at) =>
      answer(() => write(() => settleConflict(tables, conflicts, { id, settlement, at }))),
    planSettlement: (id, settlement) =>
      answer(() => outlookOf(planEmbedded(tables, conflicts.get(id)?.conflict, settlement))),
    reseal: (batch) => answer(() => resealing.reseal(batch)),
    leftToReseal: () => answer(() => resealing.leftToReseal()),
    releaseKey: (key, version) => answer(() => resealing.releaseKey(key, version)),
    close: () => answer(() => database.close()),
  };
};

/** The store is synchronous; its answers and errors are a promise's, as another store's would be. */
const answer = <T>(work: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(work());
  });

const withActing = (identity: Identity, { acting }: SubjectReading): Identity =>
  acting === undefined ? identity : { ...identity, acting };

const registered = (tables: IdentityTables, row: IdentityRow): RegisteredIdentity => ({
  identity: tables.identityOf(row),
  registeredAt: row.registered_at,
  certificates: tables.certificatesOf(row),
  aliases: tables.aliasesOf(row),
});

/** A certificate seen before and still read the same: two indexed reads, and a write once an hour. */
const answerKnown = (
  tables: IdentityTables,
  reading: SubjectReading,
  hash: IdentifierHash,
  context: ReadingContext,
): Identity | undefined => {
  const known = tables.byCertificate(context.thumbprint);
  if (known === undefined || known.authority !== context.authority) return undefined;
  if (!hash.isOfReading(known.reading, reading)) return undefined;
  if (context.at - known.last_used >= LAST_USE_STEP) tables.touchCertificate(context);
  return tables.identityOf(known);
};

/** Finds or registers; to be run in one write transaction. A conflict changes nothing. */
const register = (
  tables: IdentityTables,
  reading: SubjectReading,
  context: ReadingContext,
): Identity | ConflictFinding => {
  const implied = reading.identifiers.flatMap(equivalents);
  const [owner, ...others] = owners(tables, implied);
  const known = (owner === undefined ? [] : [owner, ...others]).map((row) => ({
    unifiedId: row.unified_id,
    name: tables.nameOf(row),
    holdsOther: (identifier: Identifier) => tables.holdsOther(row, identifier),
  }));
  const conflict = findConflict(reading, known);
  if (conflict !== undefined) return conflict;
  const row = owner ?? tables.insertIdentity(randomBytes(16).toString('base64url'), reading, context);
  joinCertificate(tables, row, reading, context);
  const stored = tables.byIdentifier(reading.identifiers[0] as Identifier);
  if (stored === undefined) throw new Error('a registered identity is found by its identifiers');
  return tables.identityOf(stored);
};
