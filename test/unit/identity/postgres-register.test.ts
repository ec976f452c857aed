import { createHash } from 'node:crypto';
import { openPostgresRegister } from '../../../src/identity/postgres-register.ts';
import type { IdentityRegister } from '../../../src/identity/register.ts';
import { openPostgres, type Postgres } from '../../../src/storage/postgres.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import {
  describeWithOwnPostgres,
  describeWithPostgres,
  dropSchema,
  openTestPostgres,
  ownPostgres,
  type OwnPostgres,
} from '../storage/postgres-servers.ts';
import { citizenIdNumber } from './invented-numbers.ts';
import { describeRegister } from './register-contract.ts';
import { describeResealing } from './reseal-contract.ts';

const keys = { fieldKey: Buffer.alloc(32, 1), hashKey: Buffer.alloc(32, 2) };
const idNumber = (index: number) => citizenIdNumber(`4403051990030${String(index).padStart(4, '7')}`);
const reading = (index: number, name = '张三丰') =>
  ({ kind: 'citizen', identifiers: [{ type: 'citizen-id-number', value: idNumber(index) }], name }) as const;
const used = (thumbprint: string, at = 0) => ({ authority: 'yuean', thumbprint, at });

describeWithPostgres('on PostgreSQL', () => {
  const opened: Postgres[] = [];
  const connect = async (schema?: string): Promise<Postgres> => {
    const postgres = await openTestPostgres({ ...(schema !== undefined && { schema }) });
    opened.push(postgres);
    return postgres;
  };
  afterEach(async () => {
    await Promise.all(opened.map((postgres) => postgres.close()));
    for (const schema of new Set(opened.splice(0).map((postgres) => postgres.schema)))
      await dropSchema(schema);
  });

  describeRegister('PostgreSQL', async () => openPostgresRegister({ postgres: await connect(), ...keys }));
  describeResealing('PostgreSQL', async () => {
    const postgres = await connect();
    return (given) => openPostgresRegister({ postgres, ...given });
  });

  it.each([
    ['hash', { ...keys, hashKey: Buffer.alloc(32, 9) }],
    ['field', { ...keys, fieldKey: Buffer.alloc(32, 9) }],
  ])('is refused with another %s key, rather than register everybody anew', async (name, otherKeys) => {
    const postgres = await connect();
    await openPostgresRegister({ postgres, ...keys });
    const other = openPostgresRegister({ postgres, ...otherKeys });
    await expect(other).rejects.toThrow(StorageError);
    await expect(other).rejects.toThrow(`${name}.key`);
    await openPostgresRegister({ postgres, ...keys });
  });

  it('gives one person one id while many register at once, on many connections', async () => {
    const first = await connect();
    const replicas = [first, await connect(first.schema), await connect(first.schema)];
    const registers = await Promise.all(
      replicas.map((postgres) => openPostgresRegister({ postgres, ...keys })),
    );
    const people = Array.from({ length: 12 }, (_, index) => index);
    const ids = await Promise.all(
      registers.flatMap((register, replica) =>
        people.flatMap((person) =>
          [1, 2].map(async (certificate) => {
            const context = used(`${replica} ${person} ${certificate}`);
            return { person, id: (await register.identify(reading(person), context)).unifiedId };
          }),
        ),
      ),
    );
    expect(ids).toHaveLength(72);
    for (const person of people) {
      expect(new Set(ids.filter((each) => each.person === person).map(({ id }) => id)).size).toBe(1);
    }
    expect(await registers[0]?.count()).toEqual({ citizens: 12, enterprises: 0, conflicts: 0 });
  });

  it('never joins two certificates that contradict each other, however they come together', async () => {
    const first = await connect();
    const registers = await Promise.all(
      [first, await connect(first.schema)].map((postgres) => openPostgresRegister({ postgres, ...keys })),
    );
    const outcomes = await Promise.allSettled(
      ['张三丰', '李四光', '张三丰', '李四光'].map((name, index) =>
        (registers[index % 2] as IdentityRegister).identify(reading(1, name), used(`${index}`)),
      ),
    );
    const names = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.name] : []));
    expect(names).toHaveLength(2);
    expect(new Set(names).size).toBe(1);
    expect(await registers[0]?.count()).toEqual({ citizens: 1, enterprises: 0, conflicts: 2 });
  });

  it('holds neither numbers nor names in clear text', async () => {
    const postgres = await connect();
    const register = await openPostgresRegister({ postgres, ...keys });
    await register.identify(reading(1), used('a'));
    await register.identify(reading(1, '李四光'), used('b')).catch(() => undefined);
    expect((await register.listConflicts({ limit: 1 }))[0]?.reading?.name).toBe('李四光');
    const tables = ['identities', 'identifiers', 'certificates', 'conflicts', 'aliases', 'key_marks'];
    const rows = await Promise.all(tables.map((table) => postgres.query(`SELECT * FROM ${table}`)));
    const bytes = rows.flat().flatMap((row) => Object.values(row) as unknown[]);
    const held = Buffer.concat(
      bytes.map((each) => (Buffer.isBuffer(each) ? each : Buffer.from(String(each)))),
    );
    expect(held.includes('yuean')).toBe(true);
    const hashed = createHash('sha256').update(idNumber(1)).digest();
    for (const secret of [idNumber(1), idNumber(1).slice(6, 14), '张三丰', '李四光', hashed]) {
      expect(held.includes(secret)).toBe(false);
    }
  });
});

describeWithOwnPostgres('the register while PostgreSQL is away', () => {
  let server: OwnPostgres;
  let postgres: Postgres;
  beforeAll(async () => {
    server = await ownPostgres();
    await server.start();
    postgres = openPostgres({ url: server.url, statementMs: 500, connectMs: 500 });
    await postgres.ready(20_000);
  });
  afterAll(async () => {
    await postgres.close();
    await server.remove();
  });

  it('refuses with a code of its own, and answers by itself afterwards', async () => {
    const register = await openPostgresRegister({ postgres, ...keys });
    const known = await register.identify(reading(1), used('a'));
    await server.kill();
    for (const asked of [
      register.identify(reading(1), used('a')),
      register.identify(reading(2), used('b')),
      register.recordContradiction(used('c')),
      register.count(),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'ONECERT_REGISTER_UNAVAILABLE' });
    }
    await server.start();
    expect(await postgres.ready(20_000)).toBe(true);
    expect(await register.identify(reading(1), used('a'))).toEqual(known);
  });
});
