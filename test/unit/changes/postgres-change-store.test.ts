import { openPostgresChangeStore } from '../../../src/changes/postgres-change-store.ts';
import { describeWithPostgres, dropSchema, openTestPostgres } from '../storage/postgres-servers.ts';
import { describeChangeStore } from './change-store-contract.ts';

describeChangeStore(
  'PostgreSQL',
  async () => {
    const one = await openTestPostgres();
    const other = await openTestPostgres({ schema: one.schema });
    return {
      stores: [await openPostgresChangeStore(one), await openPostgresChangeStore(other)],
      remove: async () => {
        await Promise.all([one.close(), other.close()]);
        await dropSchema(one.schema);
      },
    };
  },
  describeWithPostgres,
);
