import { createHmac } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { sealedWith, type FieldCipher } from '../storage/field-cipher.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { IdentifierHash } from './identifier-hash.ts';

const PROBE = 'onecert register';
const BINDING = 'key_check.field_key';

/** The marks that the versions of both keys left in a register. */
export interface KeyMarks {
  /** Leaves the marks of the versions in use; to be called before a transaction that writes, not within. */
  note(): void;
  /** Takes the mark of a version away. */
  release(key: 'field' | 'hash', version: number): void;
}

/**
 * A register opened with another hash key would find nobody and register everybody anew, under new unified ids. So
 * every version that writes leaves a mark first, and every opening must agree with all of them.
 *
 * `key_check` is the mark of times before versions. It follows the version in use, so that an older OneCert, which
 * knows no versions, refuses the register.
 *
 * @throws StorageError when a key is another, or a version is missing
 */
export const openKeyMarks = (
  database: DatabaseSync,
  hash: IdentifierHash,
  cipher: FieldCipher,
  file: string,
): KeyMarks => {
  database.exec(`
    CREATE TABLE IF NOT EXISTS key_marks (
      key TEXT NOT NULL CHECK (key IN ('field', 'hash')),
      version INTEGER NOT NULL,
      mark BLOB NOT NULL,
      PRIMARY KEY (key, version)
    ) STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO key_marks (key, version, mark)
      SELECT 'field', 0, field_key FROM key_check WHERE NOT EXISTS (SELECT 1 FROM key_marks)
      UNION ALL
      SELECT 'hash', 0, hash_key FROM key_check WHERE NOT EXISTS (SELECT 1 FROM key_marks);
  `);
  const add = database.prepare('INSERT OR IGNORE INTO key_marks (key, version, mark) VALUES (?, ?, ?)');
  const first = database.prepare(
    'INSERT OR IGNORE INTO key_check (only, hash_key, field_key) VALUES (1, ?, ?)',
  );
  const follow = database.prepare('UPDATE key_check SET hash_key = ?, field_key = ?');
  const remove = database.prepare('DELETE FROM key_marks WHERE key = ? AND version = ?');
  const marks = database.prepare('SELECT key, version, mark FROM key_marks').all() as unknown as Mark[];
  for (const mark of marks) {
    if (!agrees(mark, hash, cipher)) {
      throw new StorageError(
        `${file}: the register was written with other keys; put the old keys back (${mark.key}.key, version ${mark.version})`,
      );
    }
  }
  let noted = '';
  const note = (): void => {
    const [check] = [...hash.checks].filter(([, each]) => hash.check.equals(each));
    const sealed = cipher.encrypt(PROBE, BINDING);
    const [hashVersion, fieldVersion] = [check?.[0] ?? 0, sealedWith(sealed)];
    const now = `${hashVersion} ${fieldVersion}`;
    if (noted === now) return;
    add.run('field', fieldVersion, sealed);
    add.run('hash', hashVersion, hash.check);
    const isFirst = first.run(hash.check, sealed).changes > 0;
    if (!isFirst && hashVersion + fieldVersion > 0) follow.run(hash.check, sealed);
    noted = now;
  };
  note();
  return { note, release: (key, version) => void remove.run(key, version) };
};

/**
 * Departments know the people of a register by ids made with `pairwise.key`. With another one everybody would be somebody new
 * to every department, so it leaves a mark too (HMAC-SHA-256 under the key, which tells nothing of it).
 *
 * @throws StorageError when the key is another
 */
export const checkPairwiseKey = (database: DatabaseSync, key: Uint8Array, file: string): void => {
  database.exec('CREATE TABLE IF NOT EXISTS pairwise_mark (mark BLOB PRIMARY KEY) STRICT, WITHOUT ROWID');
  const mark = createHmac('sha256', key).update('onecert pairwise mark v1').digest();
  const kept = database.prepare('SELECT mark FROM pairwise_mark').get() as { mark: Uint8Array } | undefined;
  if (kept === undefined) database.prepare('INSERT INTO pairwise_mark (mark) VALUES (?)').run(mark);
  else if (Buffer.compare(kept.mark, mark) !== 0) {
    throw new StorageError(
      `${file}: departments know its people by ids made with another pairwise.key; put the old key back`,
    );
  }
};

interface Mark {
  readonly key: 'field' | 'hash';
  readonly version: number;
  readonly mark: Uint8Array;
}

const agrees = ({ key, version, mark }: Mark, hash: IdentifierHash, cipher: FieldCipher): boolean => {
  if (key === 'hash') {
    const check = hash.checks.get(version);
    return check !== undefined && Buffer.compare(check, mark) === 0;
  }
  try {
    return cipher.decrypt(mark, BINDING) === PROBE;
  } catch {
    return false;
  }
};
