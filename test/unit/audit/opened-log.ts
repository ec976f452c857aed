import { createSecretKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { auditKeyFile } from '../../../src/audit/embedded-key-store.ts';
import { unsealEntry } from '../../../src/audit/seal-entry.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import { openKeyRing } from '../../../src/storage/key-ring.ts';
import { entriesOf } from './written-log.ts';

/** Entries of the log in a data folder as of now, opened where their key is there. */
export const openedEntriesOf = (data: string): Record<string, unknown>[] => {
  const entries = entriesOf(join(data, 'audit'));
  if (!existsSync(auditKeyFile(data))) return entries;
  const cipher = createFieldCipher(() => openKeyRing(join(data, 'keys')).versions('field.key'));
  const database = new DatabaseSync(auditKeyFile(data), { readOnly: true, timeout: 5_000 });
  const keys = new Map(
    database
      .prepare('SELECT holder, sealed FROM keys')
      .all()
      .map(({ holder, sealed }) => {
        const key = cipher.decrypt(sealed as Uint8Array, `audit key ${String(holder)}`);
        return [holder, createSecretKey(Buffer.from(key, 'base64'))];
      }),
  );
  database.close();
  return entries.map((entry) => {
    const key = keys.get(entry['holder'] as string);
    return key === undefined ? entry : { ...(unsealEntry(entry, key) ?? entry) };
  });
};
