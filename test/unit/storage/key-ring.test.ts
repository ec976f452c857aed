import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEYS, type KeyName } from '../../../src/storage/key-catalogue.ts';
import { openKeyRing } from '../../../src/storage/key-ring.ts';
import { inUse, inUseFirst } from '../../../src/storage/key-version.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';

describe('the key ring', () => {
  const root = mkdtempSync(join(tmpdir(), 'onecert-keys-'));
  afterAll(() => rmSync(root, { recursive: true }));
  let count = 0;
  const newFolder = (): string => join(root, String(++count));

  it('makes each key once, for its user alone', () => {
    const folder = newFolder();
    const key = openKeyRing(folder).secret('field.key', 32);
    expect(openKeyRing(folder).secret('field.key', 32)).toEqual(key);
    expect(openKeyRing(folder).secret('hash.key', 32)).not.toEqual(key);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'field.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['field.key', 'hash.key']);
  });

  it('refuses a key that others can read, and one of another length', () => {
    const folder = newFolder();
    const ring = openKeyRing(folder);
    ring.secret('field.key', 32);
    expect(() => ring.secret('field.key', 16)).toThrow(StorageError);
    chmodSync(join(folder, 'field.key'), 0o640);
    expect(() => ring.secret('field.key', 32)).toThrow(/chmod 600/);
  });

  it('goes on after a process of the same id that died half way', () => {
    const folder = newFolder();
    const ring = openKeyRing(folder);
    writeFileSync(join(folder, `field.key.${process.pid}.new`), 'half');
    expect(ring.secret('field.key', 32)).toHaveLength(32);
    expect(readdirSync(folder)).toEqual(['field.key']);
  });

  it('takes a folder of before versions as it is', () => {
    const folder = newFolder();
    openKeyRing(folder);
    writeFileSync(join(folder, 'form.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    const [first, ...others] = openKeyRing(folder).versions('form.key');
    expect(first).toMatchObject({ version: 0, usedFrom: 0, key: Buffer.alloc(32, 7) });
    expect(others).toEqual([]);
  });

  it('makes another version, which comes into use when its time has come', () => {
    const folder = newFolder();
    let now = 1_000_000;
    const ring = openKeyRing(folder, () => now);
    const [first] = ring.versions('session.key');
    const made = ring.rotate('session.key', 15_000);
    expect(made).toMatchObject({ version: 1, createdAt: 1_000_000, usedFrom: 1_015_000 });
    expect(ring.versions('session.key')).toEqual([first, made]);
    expect(ring.secret('session.key', 32)).toEqual(first?.key);
    expect(inUse(ring.versions('session.key'), now).version).toBe(0);
    now = made.usedFrom;
    expect(ring.secret('session.key', 32)).toEqual(made.key);
    expect(inUseFirst(ring.versions('session.key'), now).map(({ version }) => version)).toEqual([1, 0]);
    expect(statSync(join(folder, 'session.key.1')).mode & 0o777).toBe(0o600);
    expect(ring.rotate('session.key').version).toBe(2);
  });

  it('takes up what another process made or retired, and says so once', () => {
    const folder = newFolder();
    const [one, two] = [openKeyRing(folder), openKeyRing(folder)];
    one.versions('form.key');
    two.versions('form.key');
    const known = two.versions('form.key');
    expect(two.reload()).toEqual([]);
    expect(two.versions('form.key')).toBe(known);
    const made = one.rotate('form.key', 0);
    expect(two.reload()).toEqual([{ name: 'form.key', version: 1, change: 'made' }]);
    expect(two.versions('form.key').at(-1)).toEqual(made);
    one.retire('form.key', 0);
    expect(two.reload()).toEqual([{ name: 'form.key', version: 0, change: 'retired' }]);
    expect(readdirSync(folder)).toEqual(['form.key.1']);
    // The number of a version is never used again.
    expect(openKeyRing(folder).versions('form.key')).toEqual([made]);
    expect(one.rotate('form.key').version).toBe(2);
  });

  it('retires neither what is in use nor what comes into use', () => {
    const ring = openKeyRing(newFolder());
    ring.rotate('form.key', 60_000);
    expect(() => ring.retire('form.key', 0)).toThrow(/in use/);
    expect(() => ring.retire('form.key', 1)).toThrow(/in use/);
    expect(() => ring.retire('form.key', 5)).toThrow(/no such version/);
  });

  it('keeps what it knows when the folder is not in order', () => {
    const folder = newFolder();
    const ring = openKeyRing(folder);
    const known = ring.versions('form.key');
    writeFileSync(join(folder, 'form.key.1'), '{"key": 5}', { mode: 0o600 });
    expect(() => ring.reload()).toThrow(/not a key/);
    expect(ring.versions('form.key')).toBe(known);
    rmSync(join(folder, 'form.key.1'));
    rmSync(join(folder, 'form.key'));
    expect(() => ring.reload()).toThrow(/the key is gone/);
    expect(ring.versions('form.key')).toBe(known);
  });

  it('keeps so many versions at most: every checkpoint of the audit log is signed with all', () => {
    const ring = openKeyRing(newFolder());
    for (let version = 1; version < 12; version++) ring.rotate('audit.key', 0);
    expect(() => ring.rotate('audit.key', 0)).toThrow(/has 12 versions: retire/);
    ring.retire('audit.key', 0);
    expect(ring.rotate('audit.key', 0).version).toBe(12);
    const made = ring
      .versions('audit.key')
      .map(({ key }) => createPrivateKey(Buffer.from(key)).asymmetricKeyType);
    expect(new Set(made)).toEqual(new Set(['ed25519']));
  });

  it('never rotates what people are known by', () => {
    const folder = newFolder();
    const ring = openKeyRing(folder);
    ring.versions('pairwise.key');
    expect(() => ring.rotate('pairwise.key')).toThrow(/never rotated: it makes the ids/);
    expect(readdirSync(folder)).toEqual(['pairwise.key']);
  });

  it.each(Object.keys(KEYS) as KeyName[])('%s is told of in the operators’ table', (name) => {
    const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
    expect(page).toContain(`| \`${name}\` |`);
  });
});
