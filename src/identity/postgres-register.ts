import { randomBytes } from 'node:crypto';
import { Refusal } from '../refusal/refusal.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import type { KeyVersion } from '../storage/key-version.ts';
import { openKeyMarks } from '../storage/postgres-key-marks.ts';
import { migratePostgres } from '../storage/postgres-schema.ts';
import type { Postgres, PostgresQueries } from '../storage/postgres.ts';
import { StoreUnavailableError } from '../storage/store-unavailable.ts';
import { findConflict, type ConflictFinding } from './find-conflict.ts';
import { createIdentifierHash } from './identifier-hash.ts';
import { equivalents } from './identifiers/index.ts';
import type { Identity, SubjectReading } from './identity.ts';
import { outlookOf } from './plan-settlement.ts';
import { postgresConflicts } from './postgres-conflicts.ts';
import { MIGRATIONS } from './postgres-register-schema.ts';
import { postgresResealing } from './postgres-reseal.ts';
import { planInPostgres, settleInPostgres } from './postgres-settlement.ts';
import { postgresTables } from './postgres-tables.ts';
import { LAST_USE_STEP, type IdentityRegister, type ReadingContext } from './register.ts';
import type { Resealing } from './reseal.ts';

export interface PostgresRegisterOptions {
  readonly postgres: Postgres;
  /** Seals names and numbers; see createFieldCipher. */
  readonly fieldKey: Parameters<typeof createFieldCipher>[0];
  /** Hashes numbers; see createIdentifierHash. */
  readonly hashKey: Parameters<typeof createIdentifierHash>[0];
  /** ms since the epoch; says which version of a key is in use. */
  readonly clock?: () => number;
}

/** Counting everybody reads the whole table, ms. */
const COUNT_MS = 60_000;

/**
 * Opens (or makes) the register in a schema that all replicas share. `close` leaves the connections open: they are others'
 * too. While PostgreSQL is away everything rejects with Refusal ONECERT_REGISTER_UNAVAILABLE.
 *
 * Rejects with StorageError when the register was written with other keys or by a newer version, and with
 * StoreUnavailableError when the server does not answer.
 */
export const openPostgresRegister = async ({
  postgres,
  fieldKey,
  hashKey,
  clock = Date.now,
}: PostgresRegisterOptions): Promise<IdentityRegister & Resealing> => {
  const hash = createIdentifierHash(hashKey, clock);
  const cipher = createFieldCipher(fieldKey, clock);
  const on = (queries: PostgresQueries) => ({
    tables: postgresTables(queries, hash, cipher),
    conflicts: postgresConflicts(queries, cipher),
  });
  await migratePostgres(postgres, 'register', MIGRATIONS);
  // Another hash key would find nobody and register everybody anew, under new unified ids.
  const marks = {
    field: await openKeyMarks(postgres, { key: 'field.key', versions: versionsOf(fieldKey), lasts: true }),
    hash: await openKeyMarks(postgres, { key: 'hash.key', versions: versionsOf(hashKey), lasts: true }),
  };
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    await marks.field.note();
    await marks.hash.note();
    return work();
  };
  const resealing = postgresResealing({ postgres, hash, cipher, marks, write });
  const { tables, conflicts } = on(postgres);

  /** A certificate seen before and still read the same: one indexed read, and a write once an hour. */
  const answerKnown = async (
    reading: SubjectReading,
    context: ReadingContext,
  ): Promise<Identity | undefined> => {
    const known = await tables.byCertificate(context.thumbprint);
    if (known === undefined || known.authority !== context.authority) return undefined;
    if (!hash.isOfReading(known.reading, reading)) return undefined;
    if (context.at - known.last_used >= LAST_USE_STEP) {
      // Who it is, is known. When it was used last is worth no refusal.
      await tables.touchCertificate(context).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailableError)) throw error;
      });
    }
    return tables.identityOf(known);
  };

  /** Finds or registers. A conflict changes nothing but the queue. */
  const register = (reading: SubjectReading, context: ReadingContext): Promise<Identity | ConflictFinding> =>
    postgres.transaction(async (queries) => {
      const inside = on(queries);
      const implied = reading.identifiers.flatMap(equivalents);
      await inside.tables.lock(postgres.schema, implied);
      const rows = await inside.tables.owners(implied);
      const owners = [];
      for (const row of rows) {
        const holdsOther = await inside.tables.holdsOther(row);
        owners.push({ unifiedId: row.unified_id, name: inside.tables.nameOf(row), holdsOther });
      }
      const conflict = findConflict(reading, owners);
      if (conflict !== undefined) {
        await inside.conflicts.record(conflict, context);
        return conflict;
      }
      const [row] = rows;
      if (row !== undefined && inside.tables.nameOf(row) === '' && reading.name !== '') {
        await inside.tables.setName(row, reading.name);
      }
      const unifiedId = randomBytes(16).toString('base64url');
      const id = row?.id ?? (await inside.tables.insertIdentity(unifiedId, reading, context));
      await inside.tables.join(id, reading, context);
      const [stored] = await inside.tables.owners(reading.identifiers.slice(0, 1));
      if (stored === undefined) throw new Error('a registered identity is found by its identifiers');
      return inside.tables.identityOf(stored);
    });

  return {
    identify: (reading, context) =>
      answer(async () => {
        const result =
          (await answerKnown(reading, context)) ?? (await write(() => register(reading, context)));
        if ('reason' in result) throw new Refusal('ONECERT_IDENTITY_CONFLICT', result.reason);
        return reading.acting === undefined ? result : { ...result, acting: reading.acting };
      }),
    recordContradiction: (context) =>
      answer(() =>
        write(() =>
          conflicts.record({ reason: 'contradictory-certificate', reading: undefined, meets: [] }, context),
        ),
      ),
    find: (identifier) =>
      answer(async () => {
        // The identifier itself comes first among its equivalents.
        const [row] = await tables.owners(equivalents(identifier));
        return row && tables.registered(row);
      }),
    identityById: (unifiedId) =>
      answer(async () => {
        const row = await tables.byUnifiedId(unifiedId);
        return row && tables.registered(row);
      }),
    holderOf: (thumbprint) =>
      answer(async () => {
        const row = await tables.byCertificate(thumbprint);
        return row && tables.registered(row);
      }),
    count: () =>
      answer(() =>
        postgres.transaction(
          async (queries) => {
            const inside = on(queries);
            return { ...(await inside.tables.count()), conflicts: await inside.conflicts.count() };
          },
          { isolation: 'repeatable read', statementMs: COUNT_MS },
        ),
      ),
    countByAuthorities: (authorities) =>
      answer(() =>
        postgres.transaction((queries) => on(queries).tables.countByAuthorities(authorities), {
          statementMs: COUNT_MS,
        }),
      ),
    listConflicts: (page) => answer(() => conflicts.list(page)),
    conflict: (id) => answer(async () => (await conflicts.get(id))?.conflict),
    conflictsOf: (unifiedId, limit) =>
      answer(async () => {
        const row = await tables.byUnifiedId(unifiedId);
        if (row === undefined) return [];
        return conflicts.meeting([row.unified_id, ...(await tables.aliasesOf(row))], limit);
      }),
    settleConflict: (id, settlement, at) =>
      answer(() =>
        write(() =>
          postgres.transaction(async (queries) => {
            const inside = on(queries);
            await inside.tables.lockAll(postgres.schema);
            return settleInPostgres(inside.tables, inside.conflicts, { id, settlement, at });
          }),
        ),
      ),
    planSettlement: (id, settlement) =>
      answer(() =>
        postgres.transaction(
          async (queries) => {
            const inside = on(queries);
            return outlookOf(
              await planInPostgres(inside.tables, (await inside.conflicts.get(id))?.conflict, settlement),
            );
          },
          { isolation: 'repeatable read' },
        ),
      ),
    reseal: (batch) => answer(() => resealing.reseal(batch)),
    leftToReseal: () => answer(() => resealing.leftToReseal()),
    releaseKey: (key, version) => answer(() => resealing.releaseKey(key, version)),
    close: async () => undefined,
  };
};

const answer = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new Refusal('ONECERT_REGISTER_UNAVAILABLE', error.message, { cause: error });
  }
};

const versionsOf = (key: Uint8Array | (() => readonly KeyVersion[])): (() => readonly KeyVersion[]) => {
  if (!(key instanceof Uint8Array)) return key;
  const only = [{ version: 0, key, createdAt: 0, usedFrom: 0 }];
  return () => only;
};
