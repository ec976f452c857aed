import { randomBytes } from 'node:crypto';
import type { FieldCipher } from '../storage/field-cipher.ts';
import { migratePostgres } from '../storage/postgres-schema.ts';
import type { Postgres } from '../storage/postgres.ts';
import { keyBinding, type KeyResealing } from './embedded-key-store.ts';
import type { AuditKeyStore, HolderKey } from './key-store.ts';
import type { KeyOwner } from './personal-fields.ts';

const MIGRATIONS = [
  `CREATE TABLE audit_keys (
     owner text COLLATE "C" PRIMARY KEY,
     holder text NOT NULL UNIQUE,
     -- AES-256-GCM under the field key, bound to the holder
     sealed bytea NOT NULL
   )`,
];

interface Row {
  readonly holder: string;
  readonly sealed: Uint8Array;
}

/**
 * Opens (or makes) the store of keys in the schema that all replicas share. `close` leaves the connections open: they
 * are others' too. What was sealed of a destroyed key stays in PostgreSQL's dead rows and write-ahead log, under the field
 * key, until these are gone (docs/audit-log.md).
 */
export const openPostgresKeyStore = async (
  postgres: Postgres,
  cipher: FieldCipher,
): Promise<AuditKeyStore & KeyResealing> => {
  await migratePostgres(postgres, 'audit-keys', MIGRATIONS);
  const { query } = postgres;
  let resealedTo = '';
  const open = ({ holder, sealed }: Row): HolderKey => ({
    holder,
    key: Buffer.from(cipher.decrypt(sealed, keyBinding(holder)), 'base64'),
  });
  const find = async (owner: KeyOwner): Promise<HolderKey | undefined> => {
    const [row] = await query<Row>('SELECT holder, sealed FROM audit_keys WHERE owner = $1', [owner]);
    return row && open(row);
  };

  return {
    find,
    keyOf: async (owner) => {
      const known = await find(owner);
      if (known !== undefined) return known;
      const holder = randomBytes(16).toString('base64url');
      const sealed = cipher.encrypt(randomBytes(32).toString('base64'), keyBinding(holder));
      await query('INSERT INTO audit_keys VALUES ($1, $2, $3) ON CONFLICT (owner) DO NOTHING', [
        owner,
        holder,
        sealed,
      ]);
      // Another replica may have been first.
      const made = await find(owner);
      if (made === undefined) throw new Error('a key of the audit log was destroyed as it was made');
      return made;
    },
    keysOf: async (holders) => {
      const rows = await query<Row>('SELECT holder, sealed FROM audit_keys WHERE holder = ANY ($1)', [
        holders,
      ]);
      return new Map(rows.map((row) => [row.holder, open(row)]));
    },
    destroy: async (owner) => {
      const [row] = await query<Pick<Row, 'holder'>>(
        'DELETE FROM audit_keys WHERE owner = $1 RETURNING holder',
        [owner],
      );
      return row?.holder;
    },
    destroyMonthsBefore: async (month) => {
      const rows = await query<Pick<Row, 'holder'>>(
        `WITH gone AS (DELETE FROM audit_keys WHERE owner >= 'month:' AND owner < $1 RETURNING owner, holder)
         SELECT holder FROM gone ORDER BY owner`,
        [`month:${month}`],
      );
      return rows.map(({ holder }) => holder);
    },
    count: async () => {
      const [row] = await query<{ identities: number; months: number }>(
        `SELECT count(*) FILTER (WHERE owner < 'month:') AS identities,
                count(*) FILTER (WHERE owner >= 'month:') AS months FROM audit_keys`,
      );
      return { identities: row?.identities ?? 0, months: row?.months ?? 0 };
    },
    reseal: async (batch) => {
      const rows = await query<Row & { owner: string }>(
        'SELECT owner, holder, sealed FROM audit_keys WHERE owner > $1 ORDER BY owner LIMIT $2',
        [resealedTo, batch],
      );
      const stale = rows.filter(({ sealed }) => !cipher.isCurrent(sealed));
      if (stale.length > 0) {
        // By what was read: a replica that did it meanwhile is not undone, and a key destroyed meanwhile stays so.
        await query(
          `UPDATE audit_keys AS k SET sealed = each.fresh
           FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS each (holder, old, fresh)
           WHERE k.holder = each.holder AND k.sealed = each.old`,
          [
            stale.map(({ holder }) => holder),
            stale.map(({ sealed }) => sealed),
            stale.map(({ holder, sealed }) => {
              const binding = keyBinding(holder);
              return cipher.encrypt(cipher.decrypt(sealed, binding), binding);
            }),
          ],
        );
      }
      const done = rows.length < batch;
      resealedTo = done ? '' : (rows.at(-1)?.owner ?? '');
      return { resealed: stale.length, done };
    },
    leftToReseal: async () => {
      let left = 0;
      let after = '';
      for (;;) {
        const rows = await query<{ owner: string; sealed: Uint8Array }>(
          'SELECT owner, sealed FROM audit_keys WHERE owner > $1 ORDER BY owner LIMIT $2',
          [after, COUNTED_AT_ONCE],
        );
        left += rows.filter(({ sealed }) => !cipher.isCurrent(sealed)).length;
        const last = rows.at(-1);
        if (last === undefined) return left;
        after = last.owner;
      }
    },
    close: async () => undefined,
  };
};

const COUNTED_AT_ONCE = 5_000;
