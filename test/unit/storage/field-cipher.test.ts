import { randomBytes } from 'node:crypto';
import { createFieldCipher, sealedWith } from '../../../src/storage/field-cipher.ts';
import type { KeyVersion } from '../../../src/storage/key-version.ts';

const version = (number: number, usedFrom = 0): KeyVersion => ({
  version: number,
  key: randomBytes(32),
  createdAt: 0,
  usedFrom,
});

describe('sealed fields and versions of their key', () => {
  const [first, second] = [version(0), version(1, 100)];
  let now = 0;
  let kept: readonly KeyVersion[] = [first];
  const cipher = createFieldCipher(
    () => kept,
    () => now,
  );
  beforeEach(() => {
    now = 0;
    kept = [first, second];
  });

  it('opens what was sealed before there were versions', () => {
    const sealed = createFieldCipher(first.key).encrypt('张三', 'row');
    expect(sealed[0]).toBe(1);
    expect(cipher.decrypt(sealed, 'row')).toBe('张三');
  });

  it('seals with the version in use, and opens with every kept one', () => {
    const before = cipher.encrypt('a', 'row');
    expect(cipher.isCurrent(before)).toBe(true);
    now = 100;
    const after = cipher.encrypt('b', 'row');
    expect([sealedWith(before), sealedWith(after)]).toEqual([0, 1]);
    expect([cipher.decrypt(before, 'row'), cipher.decrypt(after, 'row')]).toEqual(['a', 'b']);
    expect([cipher.isCurrent(before), cipher.isCurrent(after)]).toEqual([false, true]);
    kept = [second];
    expect(cipher.decrypt(after, 'row')).toBe('b');
    expect(() => cipher.decrypt(before, 'row')).toThrow(/version 0 of the key, which is gone: put it back/);
  });

  it('opens nothing that was moved, changed or cut', () => {
    now = 100;
    const sealed = cipher.encrypt('b', 'row');
    expect(() => cipher.decrypt(sealed, 'other row')).toThrow();
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => cipher.decrypt(changed, 'row')).toThrow();
      expect(() => cipher.decrypt(sealed.subarray(0, at), 'row')).toThrow();
    }
  });
});
