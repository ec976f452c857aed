import { migratePostgres } from '../../../src/storage/postgres-schema.ts';
import { openPostgres, type Postgres } from '../../../src/storage/postgres.ts';
import { StoreUnavailableError } from '../../../src/storage/store-unavailable.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { readPostgresUrl } from '../../../src/storage/postgres-url.ts';
import {
  describeWithOwnPostgres,
  describeWithPostgres,
  dropSchema,
  newSchema,
  openTestPostgres,
  ownPostgres,
  POSTGRES_URL,
  type OwnPostgres,
} from './postgres-servers.ts';

const COUNTER = ['CREATE TABLE counters (name text PRIMARY KEY, value integer NOT NULL)'];

describe('the URL of a PostgreSQL server', () => {
  it('is read as libpq reads it', () => {
    expect(readPostgresUrl('postgresql://city:p%40ss@[::1]:6432/one%20cert')).toEqual({
      host: '::1',
      port: 6432,
      user: 'city',
      password: 'p@ss',
      database: 'one cert',
      ssl: false,
    });
    expect(readPostgresUrl('postgres://db.city.example/?sslmode=verify-full')).toMatchObject({
      port: 5432,
      user: undefined,
      database: 'postgres',
      ssl: { rejectUnauthorized: true },
    });
  });

  it.each([
    ['https://db.city.example/', 'expected a PostgreSQL URL'],
    ['postgres://db.city.example/city', 'sslmode=verify-full'],
    ['postgres://db.city.example/city?sslmode=require', 'sslmode=require is not supported'],
    ['postgres://db.city.example/city?sslmode=prefer', 'sslmode=prefer is not supported'],
    ['postgres://127.0.0.1/city?options=-c', 'not supported: options'],
    ['postgres://db.city.example/city?sslmode=verify-full&sslrootcert=/nowhere.pem', '/nowhere.pem'],
    ['postgres://a:%zz@127.0.0.1/city', 'hexadecimal'],
  ])('%s is refused', (url, message) => {
    expect(() => readPostgresUrl(url)).toThrow(StorageError);
    expect(() => readPostgresUrl(url)).toThrow(message);
  });

  it('shows no password when it is refused', () => {
    for (const url of [
      'postgres://city:geheim@db.city.example/city',
      'city:geheim@db',
      'redis://a:geheim@h/',
    ]) {
      let message = 'not refused';
      try {
        readPostgresUrl(url);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).not.toMatch(/geheim|not refused/);
    }
  });
});

describeWithPostgres('PostgreSQL', () => {
  let postgres: Postgres;
  beforeEach(async () => {
    postgres = await openTestPostgres();
  });
  afterEach(async () => {
    await postgres.close();
    await dropSchema(postgres.schema);
  });

  it('brings a schema up to date once, whoever comes first', async () => {
    const others = await Promise.all([1, 2, 3].map(() => openTestPostgres({ schema: postgres.schema })));
    await Promise.all([postgres, ...others].map((each) => migratePostgres(each, 'test', COUNTER)));
    await postgres.query("INSERT INTO counters VALUES ('a', 1)");
    const more = [...COUNTER, 'ALTER TABLE counters ADD COLUMN note text'];
    await Promise.all(others.map((each) => migratePostgres(each, 'test', more)));
    expect(await postgres.query('SELECT * FROM counters')).toEqual([{ name: 'a', value: 1, note: null }]);
    await expect(migratePostgres(postgres, 'test', COUNTER)).rejects.toThrow('newer version');
    await Promise.all(others.map((each) => each.close()));
  });

  it('leaves nothing of a migration that fails', async () => {
    const broken = [...COUNTER, 'ALTER TABLE nowhere ADD COLUMN note text'];
    await expect(migratePostgres(postgres, 'test', broken)).rejects.toThrow('nowhere');
    await migratePostgres(postgres, 'test', COUNTER);
    expect(await postgres.query('SELECT * FROM counters')).toEqual([]);
  });

  it('runs a transaction again when it met another one', async () => {
    await migratePostgres(postgres, 'test', COUNTER);
    await postgres.query("INSERT INTO counters VALUES ('a', 0)");
    let runs = 0;
    const add = (meanwhile: () => Promise<unknown> = () => Promise.resolve()) =>
      postgres.transaction(
        async ({ query }) => {
          const [row] = await query<{ value: number }>("SELECT value FROM counters WHERE name = 'a'");
          if (++runs === 1) await meanwhile();
          await query('UPDATE counters SET value = $1', [(row?.value ?? 0) + 1]);
        },
        { isolation: 'serializable' },
      );
    await add(() => add());
    expect(await postgres.query('SELECT value FROM counters')).toEqual([{ value: 2 }]);
    expect(runs).toBe(3);
  });

  it('rolls back what throws, and the connection serves on', async () => {
    await migratePostgres(postgres, 'test', COUNTER);
    const thrown = new Error('no');
    await expect(
      postgres.transaction(async ({ query }) => {
        await query("INSERT INTO counters VALUES ('a', 1)");
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    await expect(postgres.query('SELECT nothing')).rejects.toMatchObject({ code: '42703' });
    expect(await postgres.query('SELECT * FROM counters')).toEqual([]);
    expect(postgres.stats()).toMatchObject({ ready: true, waiting: 0 });
  });

  it('reads bigint as a number, and refuses one that is none', async () => {
    expect(await postgres.query('SELECT 1790000000000::bigint AS at')).toEqual([{ at: 1790000000000 }]);
    await expect(postgres.query('SELECT 9007199254740993::bigint AS at')).rejects.toThrow(RangeError);
  });

  it('gives up a statement that takes too long', async () => {
    const quick = openPostgres({ url: POSTGRES_URL, schema: newSchema(), statementMs: 100 });
    await quick.ready(20_000);
    await expect(quick.query('SELECT pg_sleep(5)')).rejects.toThrow(StoreUnavailableError);
    // It is there, and slow: that shuts nobody else out.
    expect(await quick.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await quick.close();
  });
});

describeWithOwnPostgres('PostgreSQL that goes away', () => {
  let server: OwnPostgres;
  let postgres: Postgres;
  const states: boolean[] = [];
  beforeAll(async () => {
    server = await ownPostgres();
    await server.start();
    postgres = openPostgres({
      url: server.url,
      statementMs: 500,
      connectMs: 500,
      onState: ({ ready }) => states.push(ready),
    });
    expect(await postgres.ready(20_000)).toBe(true);
    await migratePostgres(postgres, 'test', COUNTER);
  });
  afterAll(async () => {
    await postgres.close();
    await server.remove();
  });
  const one = () => postgres.query('SELECT 1 AS one');
  const allGone = async (): Promise<void> => {
    for (let tries = 0; postgres.stats().ready && tries < 100; tries++) {
      await one().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(postgres.stats().ready).toBe(false);
  };

  it('fails at once while it is away, and answers by itself when it is back', async () => {
    await Promise.all([one(), one(), one()]);
    await server.kill();
    await allGone();
    await expect(one()).rejects.toThrow(StoreUnavailableError);
    await expect(postgres.transaction(() => one())).rejects.toThrow(StoreUnavailableError);
    expect(await postgres.ready(50)).toBe(false);
    await server.start();
    expect(await postgres.ready(20_000)).toBe(true);
    expect(await one()).toEqual([{ one: 1 }]);
    expect(states).toEqual([true, false, true]);
  });

  it('is no different when it dies in the middle of a transaction', async () => {
    const work = postgres.transaction(async ({ query }) => {
      await query("INSERT INTO counters VALUES ('dies', 1)");
      await server.kill();
      // Whatever the connection tells of its end has been told by now, with nobody asking anything.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await query('SELECT 1');
    });
    await expect(work).rejects.toThrow(StoreUnavailableError);
    await server.start();
    expect(await postgres.ready(20_000)).toBe(true);
    expect(await postgres.query('SELECT * FROM counters')).toEqual([]);
  });

  it('is given up when it takes connections and answers nothing', async () => {
    await Promise.all([one(), one()]);
    server.halt();
    await expect(one()).rejects.toThrow(StoreUnavailableError);
    await allGone();
    server.resume();
    expect(await postgres.ready(20_000)).toBe(true);
    expect(await one()).toEqual([{ one: 1 }]);
  });

  it('closes while it is away', async () => {
    const other = openPostgres({ url: 'postgres://postgres@127.0.0.1:1/postgres' });
    expect(await other.ready(200)).toBe(false);
    await other.close();
    await expect(other.query('SELECT 1')).rejects.toThrow(StoreUnavailableError);
  });
});
