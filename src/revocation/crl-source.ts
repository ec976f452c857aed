import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { decodePem } from '../certificate/pem.ts';
import { TAG } from '../certificate/der.ts';
import { CrlError } from './crl-error.ts';

/** Where the bytes of one DER CRL come from: all in memory, or a file read in order. */
export interface CrlSource {
  readonly size: number;
  /** Everything, where it is in memory. */
  readonly bytes?: Uint8Array;
  /** Fills `target` from `position`; how many bytes came. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

/** Bytes of a CRL in PEM, which has to be decoded in memory. Large CRLs are published as DER. */
const PEM_LIMIT = 64 * 1024 * 1024;

/** @throws CrlError malformed, for PEM that holds no CRL or several */
export const openCrlBytes = (bytes: Uint8Array): CrlSource =>
  memorySource(isDer(bytes) ? bytes : fromPem(bytes));

/**
 * A file, DER or PEM.
 *
 * @throws CrlError unreadable, too-large, and as openCrlBytes
 */
export const openCrlFile = (path: string, sizeLimit = Infinity): CrlSource => {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new CrlError('unreadable', (cause as Error).message, { cause });
  }
  const close = (): void => {
    closeSync(file);
  };
  try {
    const { size } = fstatSync(file);
    const first = new Uint8Array(1);
    if (readSync(file, first, 0, 1, 0) === 1 && !isDer(first)) {
      if (size > Math.min(sizeLimit, PEM_LIMIT)) throw new CrlError('too-large', `${size} bytes of PEM`);
      const source = memorySource(fromPem(readFileSync(file)));
      close();
      return source;
    }
    return { size, close, read: (target, position) => readSync(file, target, 0, target.length, position) };
  } catch (cause) {
    close();
    throw cause instanceof CrlError ? cause : new CrlError('unreadable', (cause as Error).message, { cause });
  }
};

const memorySource = (bytes: Uint8Array): CrlSource => ({
  size: bytes.length,
  bytes,
  read: () => 0,
  close: () => undefined,
});

const isDer = (bytes: Uint8Array): boolean => bytes[0] === TAG.sequence;

/** A file of several CRLs must not pass for its first: the others' revocations would be lost without a word. */
const fromPem = (bytes: Uint8Array): Uint8Array => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const [der, ...others] = decodePem(text, 'X509 CRL');
  if (der === undefined) throw new CrlError('malformed', 'neither DER nor PEM of a CRL');
  if (others.length > 0)
    throw new CrlError('malformed', `${others.length + 1} CRLs in one file; one a file is read`);
  return der;
};
