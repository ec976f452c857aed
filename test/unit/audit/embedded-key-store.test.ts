import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { auditKeyFile, openEmbeddedKeyStore } from '../../../src/audit/embedded-key-store.ts';
import { identityOwner } from '../../../src/audit/personal-fields.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import { describeKeyStore } from './key-store-contract.ts';
import { newFolder } from './written-log.ts';

let folder: string;
let cipher: ReturnType<typeof createFieldCipher>;
beforeEach(() => {
  folder = newFolder();
  cipher = createFieldCipher(randomBytes(32));
});

describeKeyStore('SQLite', async () => openEmbeddedKeyStore(auditKeyFile(folder), cipher));

describe('the embedded key store', () => {
  const bytesOnDisk = (): Buffer =>
    Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));

  it('keeps no key in the clear, and nothing of a destroyed one, not even sealed', async () => {
    const store = openEmbeddedKeyStore(auditKeyFile(folder), cipher);
    const { holder, key } = await store.keyOf(identityOwner('anna'));
    expect(bytesOnDisk().includes(Buffer.from(key))).toBe(false);
    expect(bytesOnDisk().includes(Buffer.from(key).toString('base64'))).toBe(false);
    expect(bytesOnDisk().includes(holder)).toBe(true);
    await store.destroy(identityOwner('anna'));
    expect(bytesOnDisk().includes(holder)).toBe(false);
    expect(bytesOnDisk().includes('identity:anna')).toBe(false);
    await store.close();
  });

  it('opens keys only with the field key they were sealed with', async () => {
    const store = openEmbeddedKeyStore(auditKeyFile(folder), cipher);
    await store.keyOf(identityOwner('anna'));
    await store.close();
    const other = openEmbeddedKeyStore(auditKeyFile(folder), createFieldCipher(randomBytes(32)));
    await expect(other.keyOf(identityOwner('anna'))).rejects.toThrow();
    await other.close();
  });
});
