import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { FieldCipher } from '../storage/field-cipher.ts';
import { inTransaction } from '../storage/sqlite.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { KeyMarks } from './embedded-key-check.ts';
import type { IdentifierHash } from './identifier-hash.ts';
import type { IdentifierType } from './identity.ts';
import type { KeyRemains, Resealing } from './reseal.ts';
import { actingBinding, nameBinding, readingBinding, valueBinding } from './sealed-bindings.ts';

type Row = Record<string, unknown>;
type Cursor = number | string | Uint8Array;

/** One column that is sealed or hashed: rows in the order of their key, and what to do with one. */
interface Pass {
  readonly rows: StatementSync;
  readonly begin: Cursor;
  readonly cursorOf: (row: Row) => Cursor;
  /** Whether it had to be made anew. */
  readonly renew: (row: Row) => boolean;
}

interface Progress {
  pass: number;
  cursor: Cursor | undefined;
}

/** Synchronous, as is all of the embedded register; each batch is one write transaction. */
export const createResealing = (
  database: DatabaseSync,
  {
    hash,
    cipher,
    marks,
    file,
  }: {
    readonly hash: IdentifierHash;
    readonly cipher: FieldCipher;
    readonly marks: KeyMarks;
    readonly file: string;
  },
): {
  [Method in keyof Resealing]: (
    ...asked: Parameters<Resealing[Method]>
  ) => Awaited<ReturnType<Resealing[Method]>>;
} => {
  const passes = passesOf(database, hash, cipher);
  const progress: Progress = { pass: 0, cursor: undefined };
  const left = (): KeyRemains => leftIn(database, hash, cipher);
  return {
    reseal: (batch) => {
      marks.note();
      return inTransaction(database, () => {
        let resealed = 0;
        let looked = 0;
        for (
          let pass = passes[progress.pass];
          pass !== undefined && looked < batch;
          pass = passes[progress.pass]
        ) {
          const rows = pass.rows.all(progress.cursor ?? pass.begin, batch - looked) as Row[];
          for (const row of rows) if (pass.renew(row)) resealed += 1;
          const last = rows.at(-1);
          looked += rows.length;
          if (last === undefined) {
            progress.pass += 1;
            progress.cursor = undefined;
          } else progress.cursor = pass.cursorOf(last);
        }
        const done = progress.pass >= passes.length;
        if (done) Object.assign(progress, { pass: 0, cursor: undefined });
        return { resealed, done };
      });
    },
    leftToReseal: left,
    releaseKey: (key, version) => {
      const { values, hashes } = left();
      const held = key === 'field' ? values : hashes;
      if (held > 0)
        throw new StorageError(`${file}: ${held} entries are still of an earlier version of ${key}.key`);
      marks.release(key, version);
    },
  };
};

const passesOf = (database: DatabaseSync, hash: IdentifierHash, cipher: FieldCipher): readonly Pass[] => {
  const anew = (sealed: Uint8Array, binding: string, nextBinding = binding): Uint8Array =>
    cipher.encrypt(cipher.decrypt(sealed, binding), nextBinding);
  const setName = database.prepare('UPDATE identities SET name = ? WHERE id = ?');
  const setConflict = database.prepare('UPDATE conflicts SET reading = ? WHERE id = ?');
  const setIdentifier = database.prepare('UPDATE identifiers SET hash = ?, value = ? WHERE hash = ?');
  const setReading = database.prepare("UPDATE certificates SET reading = x'' WHERE thumbprint = ?");
  const setActing = database.prepare('UPDATE certificates SET acting = ? WHERE thumbprint = ?');
  return [
    {
      rows: database.prepare('SELECT id, unified_id, name FROM identities WHERE id > ? ORDER BY id LIMIT ?'),
      begin: 0,
      cursorOf: ({ id }) => id as number,
      renew: (row) => {
        const name = row['name'] as Uint8Array;
        if (cipher.isCurrent(name)) return false;
        setName.run(anew(name, nameBinding(row['unified_id'] as string)), row['id'] as number);
        return true;
      },
    },
    {
      rows: database.prepare(
        'SELECT id, thumbprint, reason, reading FROM conflicts WHERE id > ? ORDER BY id LIMIT ?',
      ),
      begin: 0,
      cursorOf: ({ id }) => id as number,
      renew: (row) => {
        const reading = row['reading'] as Uint8Array | null;
        if (reading === null || cipher.isCurrent(reading)) return false;
        const binding = readingBinding(row['thumbprint'] as string, row['reason'] as string);
        setConflict.run(anew(reading, binding), row['id'] as number);
        return true;
      },
    },
    {
      // A row that gets a new hash may be met again further on, and is current then.
      rows: database.prepare(
        'SELECT hash, type, value FROM identifiers WHERE hash > ? ORDER BY hash LIMIT ?',
      ),
      begin: new Uint8Array(0),
      cursorOf: (row) => row['hash'] as Uint8Array,
      renew: (row) => {
        const [known, value] = [row['hash'] as Uint8Array, row['value'] as Uint8Array];
        if (hash.isCurrent(known) && cipher.isCurrent(value)) return false;
        const text = cipher.decrypt(value, valueBinding(known));
        const next = hash.ofIdentifier({ type: row['type'] as IdentifierType, value: text });
        setIdentifier.run(next, anew(value, valueBinding(known), valueBinding(next)), known);
        return true;
      },
    },
    {
      rows: database.prepare(
        'SELECT thumbprint, reading, acting FROM certificates WHERE thumbprint > ? ORDER BY thumbprint LIMIT ?',
      ),
      begin: '',
      cursorOf: ({ thumbprint }) => thumbprint as string,
      renew: (row) => {
        const thumbprint = row['thumbprint'] as string;
        const [reading, acting] = [row['reading'] as Uint8Array, row['acting'] as Uint8Array | null];
        // What was read is not kept, so that its hash cannot be made anew: at its next use the certificate is read and
        // found by its numbers, as a new one is, and gives the same identity.
        const stale = reading.length > 0 && !hash.isCurrent(reading);
        if (stale) setReading.run(thumbprint);
        if (acting === null || cipher.isCurrent(acting)) return stale;
        setActing.run(anew(acting, actingBinding(thumbprint)), thumbprint);
        return true;
      },
    },
  ];
};

const leftIn = (database: DatabaseSync, hash: IdentifierHash, cipher: FieldCipher): KeyRemains => {
  const count = (sql: string, isLeft: (bytes: Uint8Array) => boolean): number => {
    let found = 0;
    for (const row of database.prepare(sql).iterate()) if (isLeft(row['bytes'] as Uint8Array)) found += 1;
    return found;
  };
  const sealed = (bytes: Uint8Array): boolean => !cipher.isCurrent(bytes);
  const hashed = (bytes: Uint8Array): boolean => bytes.length > 0 && !hash.isCurrent(bytes);
  return {
    values:
      count('SELECT name AS bytes FROM identities', sealed) +
      count('SELECT value AS bytes FROM identifiers', sealed) +
      count('SELECT reading AS bytes FROM conflicts WHERE reading IS NOT NULL', sealed) +
      count('SELECT acting AS bytes FROM certificates WHERE acting IS NOT NULL', sealed),
    hashes:
      count('SELECT hash AS bytes FROM identifiers', hashed) +
      count('SELECT reading AS bytes FROM certificates', hashed),
  };
};
