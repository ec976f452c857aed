/** Remembers what was made of some bytes, so that it need not be made again when they come again. */
export interface ByteMemo<T> {
  get(bytes: Uint8Array): T | undefined;
  /** Keeps a copy of the bytes. What stood in their place is forgotten. */
  set(bytes: Uint8Array, value: T): void;
}

/** Octets at the end that choose the place: of names the last part, of certificates the signature. */
const HASHED = 16;

/**
 * A memo of a fixed number of places (a power of two), for bytes up to `longest`: whatever strangers send, it never
 * grows, and at worst what is remembered is forgotten. Only equal bytes are taken for equal.
 */
export const createByteMemo = <T>(places: number, longest: number): ByteMemo<T> => {
  const table: ({ readonly bytes: Uint8Array; readonly value: T } | undefined)[] = Array.from(
    { length: places },
    () => undefined,
  );
  // FNV-1a
  const placeOf = (bytes: Uint8Array): number => {
    const { length } = bytes;
    let hash = 0x811c9dc5 ^ length;
    for (let at = length > HASHED ? length - HASHED : 0; at < length; at++)
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    return (hash ^ (hash >>> 15)) & (places - 1);
  };
  return {
    get: (bytes) => {
      if (bytes.length > longest) return undefined;
      const found = table[placeOf(bytes)];
      return found !== undefined && isEqual(found.bytes, bytes) ? found.value : undefined;
    },
    set: (bytes, value) => {
      if (bytes.length <= longest) table[placeOf(bytes)] = { bytes: Uint8Array.from(bytes), value };
    },
  };
};

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  const { length } = a;
  if (length !== b.length) return false;
  if (length > HASHED) return Buffer.compare(a, b) === 0;
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
};
