import type { Postgres } from './postgres.ts';
import { StorageError } from './storage-error.ts';

/** How long a migration may wait for another replica's, and take, ms. */
const MIGRATION_MS = 120_000;

/**
 * Brings the tables of one room up to date: `migrations[n]` leads from version n to n + 1, all of them in one
 * transaction. Replicas that start at the same time do it one after the other, and the others find nothing left to do.
 *
 * @throws StorageError where a newer version made them; rejects with StoreUnavailableError
 */
export const migratePostgres = (
  postgres: Postgres,
  room: string,
  migrations: readonly string[],
): Promise<void> =>
  postgres.transaction(
    async ({ query }) => {
      await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `onecert schema ${postgres.schema}`,
      ]);
      // Asked first: a user that may not create schemas can be given one that is there.
      const [known] = await query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [postgres.schema]);
      if (known === undefined) await query(`CREATE SCHEMA ${postgres.schema}`);
      await query(
        'CREATE TABLE IF NOT EXISTS schema_versions (room text PRIMARY KEY, version integer NOT NULL)',
      );
      const [row] = await query<{ version: number }>('SELECT version FROM schema_versions WHERE room = $1', [
        room,
      ]);
      const version = row?.version ?? 0;
      if (version > migrations.length) {
        throw new StorageError(
          `the PostgreSQL schema "${postgres.schema}" was made by a newer version of OneCert (${room} ${version})`,
        );
      }
      for (const migration of migrations.slice(version)) await query(migration);
      if (version < migrations.length) {
        await query(
          `INSERT INTO schema_versions (room, version) VALUES ($1, $2)
           ON CONFLICT (room) DO UPDATE SET version = excluded.version`,
          [room, migrations.length],
        );
      }
    },
    { statementMs: MIGRATION_MS },
  );
