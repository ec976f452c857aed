import type { FieldCipher } from '../storage/field-cipher.ts';
import type { PostgresQueries } from '../storage/postgres.ts';
import type { Acting } from './acting.ts';
import type { IdentifierHash } from './identifier-hash.ts';
import { equivalents, strength } from './identifiers/index.ts';
import type { Identifier, IdentifierType, Identity, SubjectKind, SubjectReading } from './identity.ts';
import type { ReadingContext, RegisteredIdentity, UsedCertificate } from './register.ts';
import { actingBinding, nameBinding, valueBinding } from './sealed-bindings.ts';

/** An identity with the numbers that certificates have stated, each array in the same order. */
export interface IdentityRow {
  readonly id: number;
  readonly unified_id: string;
  readonly kind: SubjectKind;
  readonly name: Uint8Array;
  readonly registered_at: number;
  readonly hashes: readonly Uint8Array[];
  readonly types: readonly IdentifierType[];
  readonly numbers: readonly Uint8Array[];
}

export interface CertificateRow extends IdentityRow {
  readonly reading: Uint8Array;
  readonly authority: string;
  readonly last_used: number;
}

/** The statements of the shared register about identities. Sealing and hashing happen here. */
export type PostgresTables = ReturnType<typeof postgresTables>;

const IDENTITY = `d.id, d.unified_id, d.kind, d.name, d.registered_at, n.hashes, n.types, n.numbers
  FROM identities d CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(i.hash), '{}') AS hashes, coalesce(array_agg(i.type), '{}') AS types,
           coalesce(array_agg(i.value), '{}') AS numbers
    FROM identifiers i WHERE i.identity = d.id AND i.stated
  ) n`;

export const postgresTables = ({ query }: PostgresQueries, hash: IdentifierHash, cipher: FieldCipher) => {
  const nameOf = (row: IdentityRow): string => cipher.decrypt(row.name, nameBinding(row.unified_id));
  const identityOf = (row: IdentityRow): Identity => {
    const identifiers = row.hashes
      .map((key, index) => ({
        type: row.types[index] as IdentifierType,
        value: cipher.decrypt(row.numbers[index] as Uint8Array, valueBinding(key)),
      }))
      .sort((a, b) => strength(a.type) - strength(b.type) || (a.value < b.value ? -1 : 1));
    return { unifiedId: row.unified_id, kind: row.kind, identifiers, name: nameOf(row) };
  };
  const aliasesOf = async ({ id }: IdentityRow): Promise<readonly string[]> => {
    const rows = await query<{ unified_id: string }>(
      'SELECT unified_id FROM aliases WHERE identity = $1 ORDER BY merged_at, unified_id',
      [id],
    );
    return rows.map((row) => row.unified_id);
  };
  const certificatesOf = async ({ id }: IdentityRow): Promise<readonly UsedCertificate[]> => {
    const rows = await query<UsedRow>(
      `SELECT thumbprint, authority, first_used, last_used, not_after, acting
       FROM certificates WHERE identity = $1 ORDER BY first_used, thumbprint COLLATE "C"`,
      [id],
    );
    return rows.map((row) => ({
      thumbprint: row.thumbprint,
      authority: row.authority,
      firstUsed: row.first_used,
      lastUsed: row.last_used,
      notAfter: row.not_after ?? undefined,
      acting:
        row.acting === null
          ? undefined
          : (JSON.parse(cipher.decrypt(row.acting, actingBinding(row.thumbprint))) as Acting),
    }));
  };

  /** With each kept version of the key. */
  const hashesOf = (identifiers: readonly Identifier[]): readonly Buffer[] =>
    identifiers.flatMap((identifier) => hash.allOfIdentifier(identifier));
  /** What is filed under an earlier version of the key stays there until it is sealed anew. */
  const filedUnder = async (
    identifiers: readonly Identifier[],
  ): Promise<(identifier: Identifier) => Buffer | undefined> => {
    const hashes = hashesOf(identifiers);
    if (hashes.length === identifiers.length) return () => undefined;
    const rows = await query<{ hash: Buffer }>('SELECT hash FROM identifiers WHERE hash = ANY ($1)', [
      hashes,
    ]);
    return (identifier) =>
      hash.allOfIdentifier(identifier).find((key) => rows.some((row) => row.hash.equals(key)));
  };

  return {
    nameOf,
    identityOf,
    aliasesOf,
    byCertificate: async (thumbprint: string): Promise<CertificateRow | undefined> => {
      const [row] = await query<CertificateRow>(
        `SELECT c.reading, c.authority, c.last_used, ${IDENTITY}
         JOIN certificates c ON c.identity = d.id WHERE c.thumbprint = $1`,
        [thumbprint],
      );
      return row;
    },
    /** The identities that have any of these identifiers, each once, in the identifiers' order. */
    owners: async (identifiers: readonly Identifier[]): Promise<readonly IdentityRow[]> => {
      const hashes = hashesOf(identifiers);
      const rows = await query<IdentityRow & { found: Buffer }>(
        `SELECT f.hash AS found, ${IDENTITY} JOIN identifiers f ON f.identity = d.id WHERE f.hash = ANY ($1)`,
        [hashes],
      );
      const found = hashes.flatMap((key) => rows.find((row) => row.found.equals(key)) ?? []);
      return [...new Map(found.map((row) => [row.id, row])).values()];
    },
    byUnifiedId: async (unifiedId: string): Promise<IdentityRow | undefined> => {
      const [row] = await query<IdentityRow>(
        `SELECT ${IDENTITY} WHERE d.unified_id = $1
           OR d.id = (SELECT identity FROM aliases WHERE unified_id = $1)`,
        [unifiedId],
      );
      return row;
    },
    registered: async (row: IdentityRow): Promise<RegisteredIdentity> => ({
      identity: identityOf(row),
      registeredAt: row.registered_at,
      certificates: await certificatesOf(row),
      aliases: await aliasesOf(row),
    }),
    /** Tells of any number whether the identity has another of its type, and not this one. */
    holdsOther: async ({ id }: IdentityRow): Promise<(identifier: Identifier) => boolean> => {
      const rows = await query<{ type: string; hash: Buffer }>(
        'SELECT type, hash FROM identifiers WHERE identity = $1',
        [id],
      );
      return (identifier) => {
        const held = rows.filter(({ type }) => type === identifier.type);
        const keys = hash.allOfIdentifier(identifier);
        return held.length > 0 && !held.some((each) => keys.some((key) => each.hash.equals(key)));
      };
    },
    count: async () => {
      const rows = await query<{ kind: SubjectKind; total: number }>(
        'SELECT kind, count(*) AS total FROM identities GROUP BY kind',
      );
      const of = (kind: SubjectKind): number => rows.find((row) => row.kind === kind)?.total ?? 0;
      return { citizens: of('citizen'), enterprises: of('enterprise') };
    },
    countByAuthorities: async (authorities: readonly string[]) => {
      const [row] = await query<{ any: number; only: number }>(
        `SELECT count(*) AS "any", count(*) FILTER (WHERE others = 0) AS "only" FROM (
           SELECT count(*) FILTER (WHERE authority = ANY ($1)) AS these,
                  count(*) FILTER (WHERE authority <> ALL ($1)) AS others
           FROM certificates GROUP BY identity
         ) each WHERE these > 0`,
        [authorities],
      );
      return { only: row?.only ?? 0, any: row?.any ?? 0 };
    },

    /** Against other registrations of the same numbers, and other changes of the identities that have them. */
    lock: async (schema: string, identifiers: readonly Identifier[]): Promise<void> => {
      const hashes = hashesOf(identifiers);
      const keys = [...new Set(hashes.map((each) => each.readBigInt64BE()))].sort((a, b) => (a < b ? -1 : 1));
      await query('SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [settlingLock(schema)]);
      // In one order, so that two never wait for each other.
      await query('SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key', [keys.map(String)]);
      await query(
        `SELECT 1 FROM identities WHERE id IN (SELECT identity FROM identifiers WHERE hash = ANY ($1))
         ORDER BY id FOR NO KEY UPDATE`,
        [hashes],
      );
    },
    /** Against every registration and settlement. */
    lockAll: async (schema: string): Promise<void> => {
      await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [settlingLock(schema)]);
    },
    insertIdentity: async (
      unifiedId: string,
      { kind, name }: SubjectReading,
      { at }: ReadingContext,
    ): Promise<number> => {
      const [row] = await query<{ id: number }>(
        'INSERT INTO identities (unified_id, kind, name, registered_at) VALUES ($1, $2, $3, $4) RETURNING id',
        [unifiedId, kind, cipher.encrypt(name, nameBinding(unifiedId)), at],
      );
      if (row === undefined) throw new Error('an insert returns its row');
      return row.id;
    },
    setName: async ({ id, unified_id: unifiedId }: IdentityRow, name: string): Promise<void> => {
      await query('UPDATE identities SET name = $1 WHERE id = $2', [
        cipher.encrypt(name, nameBinding(unifiedId)),
        id,
      ]);
    },
    /** What a certificate says becomes known of an identity, but for its name. */
    join: async (
      id: number,
      reading: SubjectReading,
      {
        thumbprint,
        authority,
        at,
        notAfter = null,
      }: Omit<ReadingContext, 'notAfter'> & {
        readonly notAfter?: number | null | undefined;
      },
    ): Promise<void> => {
      const stated = reading.identifiers.map((identifier) => ({ identifier, isStated: true }));
      const implied = reading.identifiers
        .flatMap(equivalents)
        .map((identifier) => ({ identifier, isStated: false }));
      const filed = await filedUnder(reading.identifiers.flatMap(equivalents));
      const learned = new Map(
        [...implied, ...stated].map(({ identifier, isStated }) => {
          const key = filed(identifier) ?? hash.ofIdentifier(identifier);
          return [key.toString('hex'), { ...identifier, key, isStated }];
        }),
      );
      // In one order: rows that two transactions insert are met in it.
      const rows = [...learned.values()].sort((a, b) => Buffer.compare(a.key, b.key));
      await query(
        `INSERT INTO identifiers (hash, identity, type, value, stated, authority, learned_at)
         SELECT hash, $1, type, value, stated, $2, $3
         FROM unnest($4::bytea[], $5::text[], $6::bytea[], $7::boolean[]) AS each (hash, type, value, stated)
         ON CONFLICT (hash) DO UPDATE SET stated = true WHERE excluded.stated AND NOT identifiers.stated`,
        [
          id,
          authority,
          at,
          rows.map(({ key }) => key),
          rows.map(({ type }) => type),
          rows.map(({ key, value }) => cipher.encrypt(value, valueBinding(key))),
          rows.map(({ isStated }) => isStated),
        ],
      );
      await query(
        `INSERT INTO certificates
           (thumbprint, identity, authority, reading, first_used, last_used, not_after, acting)
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7)
         ON CONFLICT (thumbprint) DO UPDATE SET identity = excluded.identity, authority = excluded.authority,
           reading = excluded.reading, last_used = greatest(certificates.last_used, excluded.last_used),
           not_after = coalesce(excluded.not_after, certificates.not_after), acting = excluded.acting`,
        [
          thumbprint,
          id,
          authority,
          hash.ofReading(reading),
          at,
          notAfter,
          reading.acting === undefined
            ? null
            : cipher.encrypt(JSON.stringify(reading.acting), actingBinding(thumbprint)),
        ],
      );
    },
    touchCertificate: async ({ thumbprint, at }: ReadingContext): Promise<void> => {
      await query('UPDATE certificates SET last_used = greatest(last_used, $1) WHERE thumbprint = $2', [
        at,
        thumbprint,
      ]);
    },
    /** All that `row` has becomes `into`'s, its unified id an alias. */
    merge: async (row: IdentityRow, into: IdentityRow, at: number): Promise<void> => {
      for (const table of ['identifiers', 'certificates', 'aliases']) {
        await query(`UPDATE ${table} SET identity = $1 WHERE identity = $2`, [into.id, row.id]);
      }
      await query('DELETE FROM identities WHERE id = $1', [row.id]);
      await query('INSERT INTO aliases (unified_id, identity, merged_at) VALUES ($1, $2, $3)', [
        row.unified_id,
        into.id,
        at,
      ]);
    },
  };
};

interface UsedRow {
  readonly thumbprint: string;
  readonly authority: string;
  readonly first_used: number;
  readonly last_used: number;
  readonly not_after: number | null;
  readonly acting: Uint8Array | null;
}

const settlingLock = (schema: string): string => `onecert register ${schema}`;
