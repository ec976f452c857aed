import { sealedWith, type FieldCipher } from '../storage/field-cipher.ts';
import type { KeyMarks } from '../storage/postgres-key-marks.ts';
import type { Postgres, PostgresQueries } from '../storage/postgres.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { IdentifierHash } from './identifier-hash.ts';
import type { IdentifierType } from './identity.ts';
import { postgresTables } from './postgres-tables.ts';
import type { KeyRemains, Resealing } from './reseal.ts';
import { actingBinding, nameBinding, readingBinding, valueBinding } from './sealed-bindings.ts';

type Row = Record<string, unknown>;

/** One column that is sealed or hashed: rows in the order of their key, and how those that are stale are made anew. */
interface Pass {
  readonly rows: string;
  readonly key: string;
  readonly begin: unknown;
  /** How many had to be made anew. */
  readonly renew: (queries: PostgresQueries, rows: readonly Row[]) => Promise<number>;
}

export interface PostgresResealParts {
  readonly postgres: Postgres;
  readonly hash: IdentifierHash;
  readonly cipher: FieldCipher;
  readonly marks: { readonly field: KeyMarks; readonly hash: KeyMarks };
  /** Leaves the marks of new versions first. */
  readonly write: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Reading everything once, ms. */
const COUNT_MS = 600_000;
const BATCH_MS = 30_000;

/** Each batch is one transaction that holds up registrations for as long as it runs. */
export const postgresResealing = (parts: PostgresResealParts): Resealing => {
  const { postgres, hash, cipher, marks, write } = parts;
  const passes = passesOf(hash, cipher);
  let progress: { readonly pass: number; readonly cursor: unknown } = { pass: 0, cursor: undefined };
  const left = (): Promise<KeyRemains> =>
    postgres.transaction((queries) => leftIn(queries, hash, cipher), { statementMs: COUNT_MS });
  return {
    reseal: (batch) =>
      write(async () => {
        const { resealed, next } = await postgres.transaction(
          async (queries) => {
            await postgresTables(queries, hash, cipher).lockAll(postgres.schema);
            let { pass, cursor } = progress;
            let total = 0;
            for (let looked = 0; looked < batch && pass < passes.length;) {
              const { rows, key, begin, renew } = passes[pass] as Pass;
              const found = await queries.query<Row>(
                `SELECT ${rows} WHERE ${key} > $1 ORDER BY ${key} LIMIT $2`,
                [cursor ?? begin, batch - looked],
              );
              if (found.length > 0) total += await renew(queries, found);
              looked += found.length;
              cursor = found.at(-1)?.[key];
              if (found.length === 0) pass += 1;
            }
            return { resealed: total, next: { pass, cursor } };
          },
          { statementMs: BATCH_MS },
        );
        const done = next.pass >= passes.length;
        progress = done ? { pass: 0, cursor: undefined } : next;
        return { resealed, done };
      }),
    leftToReseal: left,
    releaseKey: async (key, version) => {
      const { values, hashes } = await left();
      const held = key === 'field' ? values : hashes;
      if (held > 0) {
        throw new StorageError(`the register: ${held} entries are still of an earlier version of ${key}.key`);
      }
      await marks[key].release(version);
    },
  };
};

const passesOf = (hash: IdentifierHash, cipher: FieldCipher): readonly Pass[] => {
  const anew = (sealed: Uint8Array, binding: string, nextBinding = binding): Uint8Array =>
    cipher.encrypt(cipher.decrypt(sealed, binding), nextBinding);
  return [
    {
      rows: 'id, unified_id, name FROM identities',
      key: 'id',
      begin: 0,
      renew: async ({ query }, rows) => {
        const stale = (rows as readonly { id: number; unified_id: string; name: Buffer }[]).filter(
          ({ name }) => !cipher.isCurrent(name),
        );
        await query(
          `UPDATE identities SET name = next.name FROM unnest($1::bigint[], $2::bytea[]) AS next (id, name)
           WHERE identities.id = next.id`,
          [
            stale.map(({ id }) => id),
            stale.map(({ unified_id: unifiedId, name }) => anew(name, nameBinding(unifiedId))),
          ],
        );
        return stale.length;
      },
    },
    {
      rows: 'id, thumbprint, reason, reading FROM conflicts',
      key: 'id',
      begin: 0,
      renew: async ({ query }, rows) => {
        type Held = { id: number; thumbprint: string; reason: string; reading: Buffer | null };
        const stale = (rows as readonly Held[]).flatMap(({ id, thumbprint, reason, reading }) =>
          reading === null || cipher.isCurrent(reading)
            ? []
            : [{ id, reading: anew(reading, readingBinding(thumbprint, reason)) }],
        );
        await query(
          `UPDATE conflicts SET reading = next.reading
           FROM unnest($1::bigint[], $2::bytea[]) AS next (id, reading) WHERE conflicts.id = next.id`,
          [stale.map(({ id }) => id), stale.map(({ reading }) => reading)],
        );
        return stale.length;
      },
    },
    {
      // A row that gets a new hash may be met again further on, and is current then.
      rows: 'hash, type, value FROM identifiers',
      key: 'hash',
      begin: Buffer.alloc(0),
      renew: async ({ query }, rows) => {
        type Held = { hash: Buffer; type: IdentifierType; value: Buffer };
        const stale = (rows as readonly Held[])
          .filter((row) => !hash.isCurrent(row.hash) || !cipher.isCurrent(row.value))
          .map((row) => {
            const value = cipher.decrypt(row.value, valueBinding(row.hash));
            const next = hash.ofIdentifier({ type: row.type, value });
            return {
              known: row.hash,
              next,
              sealed: anew(row.value, valueBinding(row.hash), valueBinding(next)),
            };
          });
        await query(
          `UPDATE identifiers SET hash = next.hash, value = next.value
           FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS next (known, hash, value)
           WHERE identifiers.hash = next.known`,
          [stale.map(({ known }) => known), stale.map(({ next }) => next), stale.map(({ sealed }) => sealed)],
        );
        return stale.length;
      },
    },
    {
      rows: 'thumbprint, reading, acting FROM certificates',
      key: 'thumbprint',
      begin: '',
      renew: async ({ query }, rows) => {
        type Held = { thumbprint: string; reading: Buffer; acting: Buffer | null };
        const stale = (rows as readonly Held[]).flatMap(({ thumbprint, reading, acting }) => {
          // What was read is not kept, so that its hash cannot be made anew: at its next use the certificate is read
          // and found by its numbers, as a new one is, and gives the same identity.
          const isRead = reading.length === 0 || hash.isCurrent(reading);
          const isSealed = acting === null || cipher.isCurrent(acting);
          if (isRead && isSealed) return [];
          return [
            {
              thumbprint,
              reading: isRead ? reading : Buffer.alloc(0),
              acting: isSealed ? acting : anew(acting, actingBinding(thumbprint)),
            },
          ];
        });
        await query(
          `UPDATE certificates SET reading = next.reading, acting = next.acting
           FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS next (thumbprint, reading, acting)
           WHERE certificates.thumbprint = next.thumbprint`,
          [
            stale.map(({ thumbprint }) => thumbprint),
            stale.map(({ reading }) => reading),
            stale.map(({ acting }) => acting),
          ],
        );
        return stale.length;
      },
    },
  ];
};

const leftIn = async (
  { query }: PostgresQueries,
  hash: IdentifierHash,
  cipher: FieldCipher,
): Promise<KeyRemains> => {
  const sealed = cipher.encrypt('', '');
  const head = sealed.subarray(0, sealedWith(sealed) === 0 ? 1 : 5);
  const count = async (sql: string, values: readonly unknown[]): Promise<number> => {
    const [row] = await query<{ total: number }>(`SELECT count(*) AS total FROM ${sql}`, values);
    return row?.total ?? 0;
  };
  let values = 0;
  for (const column of [
    'name FROM identities',
    'value FROM identifiers',
    'reading FROM conflicts',
    'acting FROM certificates',
  ]) {
    const sql = `(SELECT ${column}) AS each (bytes)
      WHERE bytes IS NOT NULL AND substring(bytes FROM 1 FOR $1) <> $2`;
    values += await count(sql, [head.length, head]);
  }
  // Of the form that IdentifierHash says.
  const { check } = hash;
  const version = check.subarray(0, check.length - 32);
  let hashes = 0;
  for (const column of ['hash FROM identifiers', 'reading FROM certificates']) {
    const sql = `(SELECT ${column}) AS each (bytes) WHERE octet_length(bytes) > 0
      AND NOT (octet_length(bytes) = $1 AND substring(bytes FROM 1 FOR $2) = $3)`;
    hashes += await count(sql, [check.length, version.length, version]);
  }
  return { values, hashes };
};
