import type { DatabaseSync } from 'node:sqlite';
import type { FieldCipher } from '../storage/field-cipher.ts';
import type { Acting } from './acting.ts';
import type { IdentifierHash } from './identifier-hash.ts';
import { strength } from './identifiers/index.ts';
import type { Identifier, IdentifierType, Identity, SubjectKind, SubjectReading } from './identity.ts';
import type { ReadingContext, UsedCertificate } from './register.ts';
import { actingBinding, nameBinding, valueBinding } from './sealed-bindings.ts';

export interface IdentityRow {
  readonly id: number;
  readonly unified_id: string;
  readonly kind: SubjectKind;
  readonly name: Uint8Array;
  readonly registered_at: number;
}

export interface CertificateRow extends IdentityRow {
  readonly reading: Uint8Array;
  readonly authority: string;
  readonly last_used: number;
}

/** The statements of the embedded register, each prepared once. Sealing and hashing happen here and nowhere else. */
export interface IdentityTables {
  byCertificate(thumbprint: string): CertificateRow | undefined;
  byIdentifier(identifier: Identifier): IdentityRow | undefined;
  /** By unified id, or by that of an identity merged into it. */
  byUnifiedId(unifiedId: string): IdentityRow | undefined;
  aliasesOf(row: IdentityRow): readonly string[];
  /** Whether the identity has another number of this one's type, and not this one. */
  holdsOther(row: IdentityRow, identifier: Identifier): boolean;
  nameOf(row: IdentityRow): string;
  identityOf(row: IdentityRow): Identity;
  certificatesOf(row: IdentityRow): readonly UsedCertificate[];
  count(): { readonly citizens: number; readonly enterprises: number };
  countByAuthorities(authorities: readonly string[]): { readonly only: number; readonly any: number };

  insertIdentity(unifiedId: string, reading: SubjectReading, context: ReadingContext): IdentityRow;
  setName(row: IdentityRow, name: string): void;
  learn(row: IdentityRow, identifier: Identifier, stated: boolean, context: ReadingContext): void;
  rememberCertificate(row: IdentityRow, reading: SubjectReading, context: ReadingContext): void;
  touchCertificate(context: ReadingContext): void;
  /** All that `row` has becomes `into`'s, its unified id an alias. */
  merge(row: IdentityRow, into: IdentityRow, at: number): void;
}

const IDENTITY = 'd.id, d.unified_id, d.kind, d.name, d.registered_at';

export const openIdentityTables = (
  database: DatabaseSync,
  hash: IdentifierHash,
  cipher: FieldCipher,
): IdentityTables => {
  const statements = {
    byCertificate: database.prepare(
      `SELECT ${IDENTITY}, c.reading, c.authority, c.last_used
       FROM certificates c JOIN identities d ON d.id = c.identity WHERE c.thumbprint = ?`,
    ),
    byIdentifier: database.prepare(
      `SELECT ${IDENTITY} FROM identifiers i JOIN identities d ON d.id = i.identity WHERE i.hash = ?`,
    ),
    byUnifiedId: database.prepare(
      `SELECT ${IDENTITY} FROM identities d WHERE d.unified_id = ?1
       UNION ALL
       SELECT ${IDENTITY} FROM aliases a JOIN identities d ON d.id = a.identity WHERE a.unified_id = ?1`,
    ),
    aliasesOf: database.prepare(
      'SELECT unified_id FROM aliases WHERE identity = ? ORDER BY merged_at, unified_id',
    ),
    holdsType: database.prepare('SELECT 1 FROM identifiers WHERE identity = ? AND type = ? LIMIT 1'),
    ownerOf: database.prepare('SELECT identity FROM identifiers WHERE hash = ?'),
    numbersOf: database.prepare(
      'SELECT hash, type, value FROM identifiers WHERE identity = ? AND stated = 1',
    ),
    certificatesOf: database.prepare(
      `SELECT thumbprint, authority, first_used AS firstUsed, last_used AS lastUsed, not_after AS notAfter,
         acting
       FROM certificates WHERE identity = ? ORDER BY first_used, thumbprint`,
    ),
    count: database.prepare('SELECT kind, count(*) AS total FROM identities GROUP BY kind'),
    countByAuthorities: database.prepare(
      `SELECT count(*) AS "any", coalesce(sum(others = 0), 0) AS "only" FROM (
         SELECT sum(authority IN (SELECT value FROM json_each(?1))) AS these,
                sum(authority NOT IN (SELECT value FROM json_each(?1))) AS others
         FROM certificates GROUP BY identity
       ) WHERE these > 0`,
    ),
    insertIdentity: database.prepare(
      `INSERT INTO identities (unified_id, kind, name, registered_at) VALUES (?, ?, ?, ?)
       RETURNING id, unified_id, kind, name, registered_at`,
    ),
    setName: database.prepare('UPDATE identities SET name = ? WHERE id = ?'),
    learn: database.prepare(
      `INSERT INTO identifiers (hash, identity, type, value, stated, authority, learned_at)
       VALUES (:hash, :identity, :type, :value, :stated, :authority, :at)
       ON CONFLICT (hash) DO UPDATE SET stated = 1 WHERE excluded.stated = 1 AND stated = 0`,
    ),
    rememberCertificate: database.prepare(
      `INSERT INTO certificates
         (thumbprint, identity, authority, reading, first_used, last_used, not_after, acting)
       VALUES (:thumbprint, :identity, :authority, :reading, :at, :at, :notAfter, :acting)
       ON CONFLICT (thumbprint) DO UPDATE SET identity = excluded.identity, authority = excluded.authority,
         reading = excluded.reading, last_used = max(last_used, excluded.last_used),
         not_after = coalesce(excluded.not_after, not_after), acting = excluded.acting`,
    ),
    touchCertificate: database.prepare(
      'UPDATE certificates SET last_used = max(last_used, ?) WHERE thumbprint = ?',
    ),
    merge: [
      database.prepare('UPDATE identifiers SET identity = :into WHERE identity = :from'),
      database.prepare('UPDATE certificates SET identity = :into WHERE identity = :from'),
      database.prepare('UPDATE aliases SET identity = :into WHERE identity = :from'),
    ],
    deleteIdentity: database.prepare('DELETE FROM identities WHERE id = ?'),
    insertAlias: database.prepare('INSERT INTO aliases (unified_id, identity, merged_at) VALUES (?, ?, ?)'),
  };
  const nameOf = (row: IdentityRow): string => cipher.decrypt(row.name, nameBinding(row.unified_id));

  return {
    byCertificate: (thumbprint) => statements.byCertificate.get(thumbprint) as CertificateRow | undefined,
    byIdentifier: (identifier) => {
      for (const key of hash.allOfIdentifier(identifier)) {
        const row = statements.byIdentifier.get(key) as IdentityRow | undefined;
        if (row !== undefined) return row;
      }
      return undefined;
    },
    byUnifiedId: (unifiedId) => statements.byUnifiedId.get(unifiedId) as IdentityRow | undefined,
    aliasesOf: (row) => statements.aliasesOf.all(row.id).map((each) => each['unified_id'] as string),
    holdsOther: (row, identifier) =>
      statements.holdsType.get(row.id, identifier.type) !== undefined &&
      !hash.allOfIdentifier(identifier).some((key) => statements.ownerOf.get(key)?.['identity'] === row.id),
    nameOf,
    identityOf: (row) => {
      const rows = statements.numbersOf.all(row.id) as unknown as NumberRow[];
      const identifiers = rows
        .map(({ hash: key, type, value }) => ({ type, value: cipher.decrypt(value, valueBinding(key)) }))
        .sort((a, b) => strength(a.type) - strength(b.type) || (a.value < b.value ? -1 : 1));
      return { unifiedId: row.unified_id, kind: row.kind, identifiers, name: nameOf(row) };
    },
    certificatesOf: (row) =>
      (statements.certificatesOf.all(row.id) as unknown as UsedRow[]).map(
        ({ notAfter, acting, ...used }) => ({
          ...used,
          notAfter: notAfter ?? undefined,
          acting:
            acting === null
              ? undefined
              : (JSON.parse(cipher.decrypt(acting, actingBinding(used.thumbprint))) as Acting),
        }),
      ),
    count: () => {
      const rows = statements.count.all() as unknown as { kind: SubjectKind; total: number }[];
      const of = (kind: SubjectKind): number => rows.find((row) => row.kind === kind)?.total ?? 0;
      return { citizens: of('citizen'), enterprises: of('enterprise') };
    },
    countByAuthorities: (authorities) => {
      const row = statements.countByAuthorities.get(JSON.stringify(authorities));
      return { only: Number(row?.['only'] ?? 0), any: Number(row?.['any'] ?? 0) };
    },

    insertIdentity: (unifiedId, { kind, name }, { at }) =>
      statements.insertIdentity.get(
        unifiedId,
        kind,
        cipher.encrypt(name, nameBinding(unifiedId)),
        at,
      ) as unknown as IdentityRow,
    setName: (row, name) => {
      statements.setName.run(cipher.encrypt(name, nameBinding(row.unified_id)), row.id);
    },
    learn: (row, identifier, stated, { authority, at }) => {
      // Filed under an earlier version of the key, it stays there until it is sealed anew.
      const keys = hash.allOfIdentifier(identifier);
      const known =
        keys.length > 1 ? keys.find((each) => statements.ownerOf.get(each) !== undefined) : undefined;
      const key = known ?? hash.ofIdentifier(identifier);
      const { type, value } = identifier;
      const sealed = cipher.encrypt(value, valueBinding(key));
      const flag = stated ? 1 : 0;
      statements.learn.run({ hash: key, identity: row.id, type, value: sealed, stated: flag, authority, at });
    },
    rememberCertificate: (row, reading, { thumbprint, authority, at, notAfter }) => {
      const key = hash.ofReading(reading);
      statements.rememberCertificate.run({
        thumbprint,
        identity: row.id,
        authority,
        reading: key,
        at,
        notAfter: notAfter ?? null,
        acting:
          reading.acting === undefined
            ? null
            : cipher.encrypt(JSON.stringify(reading.acting), actingBinding(thumbprint)),
      });
    },
    touchCertificate: ({ thumbprint, at }) => {
      statements.touchCertificate.run(at, thumbprint);
    },
    merge: (row, into, at) => {
      for (const statement of statements.merge) statement.run({ from: row.id, into: into.id });
      statements.deleteIdentity.run(row.id);
      statements.insertAlias.run(row.unified_id, into.id, at);
    },
  };
};

interface UsedRow extends Omit<UsedCertificate, 'notAfter' | 'acting'> {
  readonly notAfter: number | null;
  readonly acting: Uint8Array | null;
}

interface NumberRow {
  readonly hash: Uint8Array;
  readonly type: IdentifierType;
  readonly value: Uint8Array;
}
