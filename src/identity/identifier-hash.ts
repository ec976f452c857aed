import { createHmac } from 'node:crypto';
import { inUse, inUseFirst, type KeyVersion } from '../storage/key-version.ts';
import type { Identifier, SubjectReading } from './identity.ts';

/**
 * Keyed hashes (HMAC-SHA-256): without the key, a copy of the register does not tell whose numbers it holds, though
 * numbers are few enough to be tried one by one. Each use has a domain of its own. A hash made with a later version of
 * the key begins with the version's number (32 bits, big endian); one of version 0 has 32 bytes and nothing before.
 */
export interface IdentifierHash {
  /** What the register files an identity under from now on. */
  ofIdentifier(identifier: Identifier): Buffer;
  /** What it may be filed under: with each kept version, the one in use first. */
  allOfIdentifier(identifier: Identifier): readonly Buffer[];
  /** Tells whether a certificate is still read as it was when its identity was found. */
  ofReading(reading: SubjectReading): Buffer;
  /** Whether a hash is of this reading, with any kept version. */
  isOfReading(hash: Uint8Array, reading: SubjectReading): boolean;
  /** Whether a hash was made with the version in use: otherwise it is to be made anew. */
  isCurrent(hash: Uint8Array): boolean;
  /** Tells whether a register was written with this key: of the version in use. */
  readonly check: Buffer;
  /** The same for each kept version. */
  readonly checks: ReadonlyMap<number, Buffer>;
}

const MAC_BYTES = 32;

/** @param keys one key for ever, or the kept versions as of now (the oldest first) */
export const createIdentifierHash = (
  keys: Uint8Array | (() => readonly KeyVersion[]),
  clock: () => number = Date.now,
): IdentifierHash => {
  const only =
    keys instanceof Uint8Array ? [{ version: 0, key: keys, createdAt: 0, usedFrom: 0 }] : undefined;
  const versions = (): readonly KeyVersion[] => only ?? (keys as () => readonly KeyVersion[])();
  // Fields are joined as JSON, so that no two lists of fields run alike.
  const hash = ({ key, version }: KeyVersion, domain: string, fields: readonly unknown[]): Buffer => {
    const mac = createHmac('sha256', key)
      .update(JSON.stringify([domain, ...fields]))
      .digest();
    return version === 0 ? mac : Buffer.concat([numberOf(version), mac]);
  };
  const identifier = (version: KeyVersion, { type, value }: Identifier): Buffer =>
    hash(version, 'onecert identifier v1', [type, value]);
  const reading = (version: KeyVersion, { kind, name, identifiers, acting }: SubjectReading): Buffer =>
    hash(version, 'onecert reading v1', [
      kind,
      name,
      ...identifiers.flatMap(({ type, value }) => [type, value]),
      // An unknown role without a name is what every reading was before there were roles.
      ...(acting === undefined || (acting.role === 'unknown' && acting.name === undefined)
        ? []
        : [['acting', acting.role, acting.name ?? '']]),
    ]);
  const check = (version: KeyVersion): Buffer => hash(version, 'onecert register v1', []);
  const current = (): KeyVersion => inUse(versions(), clock());
  return {
    ofIdentifier: (of) => identifier(current(), of),
    allOfIdentifier: (of) => inUseFirst(versions(), clock()).map((version) => identifier(version, of)),
    ofReading: (of) => reading(current(), of),
    isOfReading: (given, of) =>
      inUseFirst(versions(), clock()).some((version) => Buffer.compare(given, reading(version, of)) === 0),
    isCurrent: (given) => versionOf(given) === current().version,
    get check() {
      return check(current());
    },
    get checks() {
      return new Map(versions().map((version) => [version.version, check(version)]));
    },
  };
};

const numberOf = (version: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(version);
  return bytes;
};

/** -1 for what is no hash: a reading that is to be taken anew. */
const versionOf = (hash: Uint8Array): number => {
  if (hash.length === MAC_BYTES) return 0;
  if (hash.length !== MAC_BYTES + 4) return -1;
  return new DataView(hash.buffer, hash.byteOffset, 4).getUint32(0);
};
