import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KEYS, type KeyKind, type KeyName } from '../../storage/key-catalogue.ts';
import { readKeyVersion } from '../../storage/key-file.ts';
import { inUse, type KeyVersion } from '../../storage/key-version.ts';
import type { KeyFacts, PathFacts } from '../facts.ts';

/** Looks and makes nothing: a key ring would make what is not there. */
export const lookAtKeys = (folder: string, at: number): readonly KeyFacts[] => {
  const files = readdirSync(folder);
  return (Object.keys(KEYS) as KeyName[]).sort().flatMap((name) => {
    const versions = files
      .flatMap((file) =>
        file === name ? [0] : file.startsWith(`${name}.`) ? [Number(file.slice(name.length + 1))] : [],
      )
      .filter((version) => Number.isInteger(version))
      .sort((a, b) => a - b)
      .flatMap((version) => readUnlessOpen(folder, name, version) ?? []);
    const used = versions.length === 0 ? undefined : inUse(versions, at);
    const kind: KeyKind = KEYS[name];
    return versions.map((each) => ({
      name,
      version: each.version,
      createdAt: each.createdAt,
      inUse: each === used,
      rotation: kind.rotation,
      problem: problemOf(kind, each.key),
    }));
  });
};

/** One that others can read is not read; its mode is told by lookAtPaths. */
const readUnlessOpen = (folder: string, name: string, version: number): KeyVersion | undefined => {
  const { mode } = statSync(join(folder, version === 0 ? name : `${name}.${version}`));
  return (mode & 0o077) !== 0 ? undefined : readKeyVersion(folder, name, version);
};

const problemOf = ({ make }: KeyKind, key: Uint8Array): string | undefined => {
  if (typeof make !== 'string') return key.length >= make.bytes ? undefined : `${key.length} bytes`;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(Buffer.from(key));
    const curve = asymmetricKeyDetails?.namedCurve;
    const fits = make === 'ed25519' ? asymmetricKeyType === 'ed25519' : curve === 'prime256v1';
    return fits ? undefined : `${asymmetricKeyType ?? 'unknown'} ${curve ?? ''}`.trim();
  } catch {
    return 'not a key';
  }
};

export interface PathPlaces {
  readonly data: string;
  readonly tlsKeys: readonly string[];
  readonly configuration: readonly string[];
}

/** Modes of what must be kept from others. */
export const lookAtPaths = ({ data, tlsKeys, configuration }: PathPlaces): readonly PathFacts[] => {
  const mode = (path: string): number => statSync(path).mode;
  const keys = join(data, 'keys');
  const keyFiles = existsSync(keys) ? readdirSync(keys).sort() : [];
  return [
    { path: 'data', demand: 'secret' as const, mode: mode(data) },
    ...(existsSync(keys) ? [{ path: 'data/keys', demand: 'secret' as const, mode: mode(keys) }] : []),
    ...keyFiles.map((name) => ({
      path: `data/keys/${name}`,
      demand: 'secret' as const,
      mode: mode(join(keys, name)),
    })),
    ...tlsKeys.map((path) => ({ path, demand: 'secret' as const, mode: mode(path) })),
    ...configuration.flatMap((folder) => [
      { path: folder, demand: 'decides' as const, mode: mode(folder) },
      ...filesBelow(folder)
        .filter((file) => !file.startsWith(`${data}/`))
        .map((file) => ({ path: file, demand: 'decides' as const, mode: mode(file) })),
    ]),
  ];
};

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() || each.isDirectory())
    .map((each) => join(each.parentPath, each.name))
    .sort();
