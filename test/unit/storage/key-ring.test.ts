import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyRing } from '../../../src/storage/key-ring.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';

describe('the key ring', () => {
  const root = mkdtempSync(join(tmpdir(), 'onecert-keys-'));
  afterAll(() => rmSync(root, { recursive: true }));

  it('makes each key once, for its user alone', () => {
    const folder = join(root, 'a');
    const key = openKeyRing(folder).secret('field.key', 32);
    expect(openKeyRing(folder).secret('field.key', 32)).toEqual(key);
    expect(openKeyRing(folder).secret('hash.key', 32)).not.toEqual(key);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'field.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['field.key', 'hash.key']);
  });

  it('refuses a key that others can read, and one of another length', () => {
    const folder = join(root, 'b');
    const ring = openKeyRing(folder);
    ring.secret('field.key', 32);
    expect(() => ring.secret('field.key', 16)).toThrow(StorageError);
    chmodSync(join(folder, 'field.key'), 0o640);
    expect(() => ring.secret('field.key', 32)).toThrow(/chmod 600/);
  });

  it('goes on after a process of the same id that died half way', () => {
    const folder = join(root, 'c');
    const ring = openKeyRing(folder);
    writeFileSync(join(folder, `field.key.${process.pid}.new`), 'half');
    expect(ring.secret('field.key', 32)).toHaveLength(32);
    expect(readdirSync(folder)).toEqual(['field.key']);
  });
});
