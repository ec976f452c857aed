import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KEYS, makeEd25519Key, makeEs256Key, type KeyKind, type KeyName } from './key-catalogue.ts';
import { keyFile, readKeyVersion, syncFolder, writeKeyVersion } from './key-file.ts';
import { inUse, type KeyVersion } from './key-version.ts';
import { StorageError } from './storage-error.ts';

/** A version that came into the folder of keys, or went from it. */
export interface KeyChange {
  readonly name: string;
  readonly version: number;
  readonly change: 'made' | 'retired';
}

/** The gateway's secrets, each version in a file of its own that only its user may read. */
export interface KeyRing {
  /** A secret of `bytes` random octets, made when it is first asked for: the version in use now. */
  secret(name: string, bytes: number): Buffer;
  /** A secret of any form, made by `make` when it is first asked for: the version in use now. */
  text(name: string, make: () => string): string;
  /**
   * All kept versions as of the last look at the folder, the oldest first; the first is made where there is none. The
   * same array until something changes.
   */
  versions(name: KeyName): readonly KeyVersion[];
  /** Looks at the folder again: what came and went. @throws StorageError; the versions known stay then */
  reload(): readonly KeyChange[];
  /**
   * Makes another version, used after `usedAfterMs` (KEYS says the default).
   *
   * @throws StorageError for a key that is never rotated, or has too many versions already
   */
  rotate(name: KeyName, usedAfterMs?: number): KeyVersion;
  /** Takes a version away. @throws StorageError where it is in use, or comes into use, or there is no such version */
  retire(name: KeyName, version: number): void;
}

/** Every checkpoint of the audit log is signed with all versions, and has at most 32 signatures with those of witnesses. */
const MOST_VERSIONS = 12;

/**
 * Opens (or makes) a folder of keys. Several processes may share it.
 *
 * @throws StorageError when the folder cannot be made, or others can read a key
 */
export const openKeyRing = (folder: string, clock: () => number = Date.now): KeyRing => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StorageError(`${folder}: the folder of keys cannot be made: ${(cause as Error).message}`, {
      cause,
    });
  }
  let known = new Map<string, readonly KeyVersion[]>();
  const load = (name: string, make: () => Uint8Array): readonly KeyVersion[] => {
    const found = known.get(name) ?? readVersions(folder, name);
    if (found.length > 0) {
      known.set(name, found);
      return found;
    }
    writeKeyVersion(folder, name, { version: 0, key: make(), createdAt: clock(), usedFrom: 0 });
    const written = readVersions(folder, name);
    known.set(name, written);
    return written;
  };
  const versions = (name: KeyName): readonly KeyVersion[] => load(name, () => makeKey(KEYS[name]));
  const reload = (): readonly KeyChange[] => {
    const next = new Map([...known.keys()].map((name) => [name, readVersions(folder, name)]));
    const changed = [...next].filter(([name, found]) => !isSame(found, known.get(name) ?? []));
    const gone = changed.find(([, found]) => found.length === 0);
    if (gone !== undefined) throw new StorageError(`${join(folder, gone[0])}: the key is gone`);
    const changes = changed.flatMap(([name, found]) => changesOf(name, known.get(name) ?? [], found));
    known = new Map([...known, ...changed]);
    return changes;
  };
  return {
    secret: (name, bytes) => {
      // Read each time: who asks by this means to have what stands in the folder now.
      known.delete(name);
      const { key, version } = inUse(
        load(name, () => randomBytes(bytes)),
        clock(),
      );
      if (key.length !== bytes)
        throw new StorageError(`${keyFile(folder, name, version)}: expected ${bytes} bytes`);
      return Buffer.from(key);
    },
    text: (name, make) =>
      Buffer.from(
        inUse(
          load(name, () => Buffer.from(make())),
          clock(),
        ).key,
      ).toString('utf8'),
    versions,
    reload,
    rotate: (name, usedAfterMs = KEYS[name].usedAfterMs) => {
      const kind: KeyKind = KEYS[name];
      if (kind.rotation === 'never') {
        throw new StorageError(`${name} is never rotated: it ${kind.protects}, and all of them would change`);
      }
      versions(name);
      reload();
      if (versions(name).length >= MOST_VERSIONS) {
        throw new StorageError(`${name} has ${MOST_VERSIONS} versions: retire old ones first`);
      }
      const now = clock();
      const newest = versions(name).at(-1)?.version ?? 0;
      const next = { version: newest + 1, key: makeKey(kind), createdAt: now, usedFrom: now + usedAfterMs };
      if (!writeKeyVersion(folder, name, next)) {
        throw new StorageError(
          `${keyFile(folder, name, next.version)}: somebody rotates this key at the same time`,
        );
      }
      reload();
      return next;
    },
    retire: (name, version) => {
      versions(name);
      reload();
      const file = keyFile(folder, name, version);
      if (!versions(name).some((each) => each.version === version)) {
        throw new StorageError(`${file}: there is no such version`);
      }
      if (version >= inUse(versions(name), clock()).version) {
        throw new StorageError(`${name} ${version} is in use, or comes into use: rotate first`);
      }
      rmSync(file);
      syncFolder(folder);
      reload();
    },
  };
};

const makeKey = ({ make }: KeyKind): Uint8Array => {
  if (make === 'es256') return Buffer.from(makeEs256Key());
  return make === 'ed25519' ? Buffer.from(makeEd25519Key()) : randomBytes(make.bytes);
};

const readVersions = (folder: string, name: string): readonly KeyVersion[] =>
  readdirSync(folder)
    .flatMap((file) => versionOf(file, name) ?? [])
    .sort((a, b) => a - b)
    .flatMap((version) => readKeyVersion(folder, name, version) ?? []);

const versionOf = (file: string, name: string): number | undefined => {
  if (file === name) return 0;
  if (!file.startsWith(`${name}.`)) return undefined;
  const rest = file.slice(name.length + 1);
  return /^[1-9]\d{0,8}$/.test(rest) ? Number(rest) : undefined;
};

const changesOf = (
  name: string,
  before: readonly KeyVersion[],
  after: readonly KeyVersion[],
): readonly KeyChange[] => {
  const without = (some: readonly KeyVersion[], others: readonly KeyVersion[]) =>
    some.filter((one) => !others.some((other) => isSame([one], [other])));
  return [
    ...without(before, after).map(({ version }) => ({ name, version, change: 'retired' as const })),
    ...without(after, before).map(({ version }) => ({ name, version, change: 'made' as const })),
  ];
};

const isSame = (some: readonly KeyVersion[], others: readonly KeyVersion[]): boolean =>
  some.length === others.length &&
  some.every(({ version, key }, index) => {
    const other = others[index];
    return other?.version === version && Buffer.compare(key, other.key) === 0;
  });
