import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openEmbeddedRegister } from '../../../src/identity/embedded-register.ts';
import { MIGRATIONS } from '../../../src/identity/embedded-register-schema.ts';
import { openSqlite } from '../../../src/storage/sqlite.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { citizenIdNumber } from './invented-numbers.ts';
import { describeRegister } from './register-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'onecert-register-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let count = 0;
const newFile = (): string => join(folder, `${++count}`, 'register.db');
const keys = { fieldKey: Buffer.alloc(32, 1), hashKey: Buffer.alloc(32, 2) };

describeRegister('embedded', () => Promise.resolve(openEmbeddedRegister({ file: newFile(), ...keys })));

const value = citizenIdNumber('44030519900307123');
const reading = {
  kind: 'citizen',
  identifiers: [{ type: 'citizen-id-number', value }],
  name: '张三丰',
} as const;
const context = { authority: 'yuean', thumbprint: 'a', at: 0 };

describe('the file of the embedded register', () => {
  it('keeps identities when it is closed and opened', async () => {
    const file = newFile();
    const one = openEmbeddedRegister({ file, ...keys });
    const first = await one.identify(reading, context);
    await one.close();
    const two = openEmbeddedRegister({ file, ...keys });
    expect(await two.identify(reading, { ...context, thumbprint: 'b' })).toEqual(first);
    await two.close();
  });

  it('refuses another pairwise.key than the one it was used with', async () => {
    const file = newFile();
    const pairwiseKey = Buffer.alloc(32, 3);
    const open = (key: Buffer) => openEmbeddedRegister({ file, ...keys, pairwiseKey: key });
    await open(pairwiseKey).close();
    expect(() => open(Buffer.alloc(32, 4))).toThrow(StorageError);
    await open(pairwiseKey).close();
  });

  it('of an earlier version is brought up to date: its conflicts are open, and found by whom they meet', async () => {
    const file = newFile();
    const old = openSqlite(file, MIGRATIONS.slice(0, 2));
    old.exec(`
      INSERT INTO identities VALUES (1, 'zhang', 'citizen', x'00', 0), (2, 'li', 'citizen', x'00', 0);
      INSERT INTO conflicts VALUES (7, 'x', 'yuean', 'different-name', NULL, '["zhang"]', 1, 2, 3);`);
    old.close();
    const register = openEmbeddedRegister({ file, ...keys });
    expect(await register.conflictsOf('zhang', 9)).toMatchObject([{ id: 7, state: 'open', times: 3 }]);
    expect(await register.conflictsOf('li', 9)).toEqual([]);
    await register.close();
  });

  it("is its user's alone, in a folder that others may read too", async () => {
    const file = newFile();
    const modes = (): string[] =>
      readdirSync(dirname(file)).map((name) =>
        (statSync(join(dirname(file), name)).mode & 0o777).toString(8),
      );
    const one = openEmbeddedRegister({ file, ...keys });
    await one.identify(reading, context);
    expect(new Set(modes())).toEqual(new Set(['600']));
    await one.close();
    chmodSync(file, 0o644);
    await openEmbeddedRegister({ file, ...keys }).close();
    expect(new Set(modes())).toEqual(new Set(['600']));
  });

  it('holds neither numbers nor names in clear text', async () => {
    const file = newFile();
    const register = openEmbeddedRegister({ file, ...keys });
    await register.identify(reading, context);
    await register
      .identify({ ...reading, name: '李四光' }, { ...context, thumbprint: 'b' })
      .catch(() => undefined);
    expect((await register.listConflicts({ limit: 1 }))[0]?.reading?.name).toBe('李四光');
    const written = Buffer.concat(
      readdirSync(join(file, '..')).map((name) => readFileSync(join(file, '..', name))),
    );
    expect(written.includes('yuean')).toBe(true);
    for (const secret of [value, value.slice(6, 14), '张三丰', '李四光'])
      expect(written.includes(secret)).toBe(false);
    await register.close();
  });

  it.each([
    ['hash', { ...keys, hashKey: Buffer.alloc(32, 9) }],
    ['field', { ...keys, fieldKey: Buffer.alloc(32, 9) }],
  ])('is refused with another %s key, rather than register everybody anew', async (_, otherKeys) => {
    const file = newFile();
    await openEmbeddedRegister({ file, ...keys }).close();
    expect(() => openEmbeddedRegister({ file, ...otherKeys })).toThrow(StorageError);
  });

  it('gives one person one id while several processes register at once', async () => {
    const file = newFile();
    const process = (name: string) =>
      promisify(execFile)(globalThis.process.execPath, [
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, 'register-process.ts'),
        file,
        name,
      ]);
    const outputs = await Promise.all(['a', 'b', 'c', 'd'].map(process));
    const [ids, ...others] = outputs.map(({ stdout }) => JSON.parse(stdout) as string[]);
    expect(new Set(ids).size).toBe(40);
    for (const other of others) expect(other).toEqual(ids);
    const register = openEmbeddedRegister({ file, ...keys });
    expect(await register.count()).toEqual({ citizens: 40, enterprises: 0, conflicts: 0 });
    await register.close();
  });
});
