import { randomBytes } from 'node:crypto';
import { openPostgresIndex } from '../../../src/audit/postgres-index.ts';
import { openPostgresKeyStore } from '../../../src/audit/postgres-key-store.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import type { Postgres } from '../../../src/storage/postgres.ts';
import { dropSchema, newSchema, openTestPostgres } from '../storage/postgres-servers.ts';
import { HASH_KEY, type IndexedStores } from './indexed-log.ts';

/** Keys and index in a schema of their own, as replicas share them. */
export interface SharedStores {
  readonly schema: string;
  /** As the replica of this name opens them. */
  of(replica: string): Promise<IndexedStores>;
  /** Everything in the tables of the index, as text. */
  held(): Promise<string>;
  remove(): Promise<void>;
}

export const openSharedStores = async (): Promise<SharedStores> => {
  const schema = newSchema();
  const fieldKey = randomBytes(32);
  const opened: Postgres[] = [];
  const connect = async (): Promise<Postgres> => {
    const postgres = await openTestPostgres({ schema, maxConnections: 3 });
    opened.push(postgres);
    return postgres;
  };
  return {
    schema,
    of: async (replica) => {
      const postgres = await connect();
      const keys = await openPostgresKeyStore(postgres, createFieldCipher(fieldKey));
      return { keys, index: await openPostgresIndex({ postgres, replica, hashKey: HASH_KEY, keys }) };
    },
    held: async () => {
      const postgres = await connect();
      const texts: string[] = [];
      for (const table of [
        'entries',
        'hours',
        'hour_codes',
        'days',
        'day_codes',
        'hour_certificates',
        'hour_authorities',
        'replicas',
      ]) {
        const rows = await postgres.query<Record<string, unknown>>(`SELECT * FROM audit_${table}`);
        for (const row of rows)
          for (const value of Object.values(row))
            texts.push(Buffer.isBuffer(value) ? value.toString('latin1') : String(value));
      }
      return texts.join('\n');
    },
    remove: async () => {
      await Promise.all(opened.map((each) => each.close()));
      await dropSchema(schema);
    },
  };
};
