import {
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  randomBytes,
  scryptSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { z } from 'zod';
import { StorageError } from './storage-error.ts';

/** Whom an archive is sealed for. */
export type ArchiveLock =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** X25519 or P-256. */
  | { readonly kind: 'public-key'; readonly key: KeyObject };

/** What opens it: the passphrase, or the private key. */
export type ArchiveOpener = ArchiveLock;

const base64 = z.base64().max(1_024);

/** First line of an archive, in JSON. Everything after it is sealed with a key that depends on all of it. */
const headerSchema = z.strictObject({
  format: z.literal('onecert-archive'),
  version: z.literal(1),
  /** Of the plaintext of each sealed chunk but the last, in bytes. */
  chunk: z.literal(65_536),
  /** First seven octets of every chunk's nonce. */
  nonce: base64,
  lock: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('passphrase'),
      salt: base64,
      /** Of scrypt (RFC 7914): log2 of N; r = 8, p = 1. Bounded: the reader needs 1 KiB × N of memory. */
      logN: z.number().int().min(14).max(20),
    }),
    z.strictObject({
      kind: z.literal('public-key'),
      /** SHA-256 of the recipient's SubjectPublicKeyInfo. */
      recipient: base64,
      /** SubjectPublicKeyInfo. */
      ephemeral: base64,
    }),
  ]),
  /** HMAC-SHA-256: tells a wrong passphrase from a damaged archive. */
  check: base64,
});
type ArchiveHeader = z.infer<typeof headerSchema>;

export const MAX_HEADER_BYTES = 8_192;
const LOG_N = 17;

export interface ArchiveKey {
  /** With its line end. */
  readonly header: Buffer;
  /** 32 bytes */
  readonly key: Buffer;
  readonly noncePrefix: Buffer;
}

/** @throws StorageError for a public key that cannot be used */
export const lockArchive = (lock: ArchiveLock): ArchiveKey => {
  const nonce = randomBytes(7);
  const { fields, secret } =
    lock.kind === 'passphrase' ? byPassphrase(lock.passphrase) : forPublicKey(lock.key);
  const unchecked = {
    format: 'onecert-archive',
    version: 1,
    chunk: 65_536,
    nonce: nonce.toString('base64'),
    lock: fields,
  } as const;
  const check = checkOf(secret, unchecked).toString('base64');
  const header = Buffer.from(`${JSON.stringify({ ...unchecked, check })}\n`);
  return { header, key: streamKey(secret, header), noncePrefix: nonce };
};

/** @throws StorageError for a header that is none, and for another passphrase or key */
export const openArchiveKey = (header: Buffer, opener: ArchiveOpener): ArchiveKey => {
  const { check, ...unchecked } = readHeader(header);
  const secret = secretOf(unchecked.lock, opener);
  const given = Buffer.from(check, 'base64');
  const expected = checkOf(secret, unchecked);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new StorageError(
      opener.kind === 'passphrase'
        ? 'the passphrase is another one, or the head of the archive was changed'
        : 'the head of the archive was changed',
    );
  }
  return { header, key: streamKey(secret, header), noncePrefix: Buffer.from(unchecked.nonce, 'base64') };
};

const readHeader = (header: Buffer): ArchiveHeader => {
  try {
    const read = headerSchema.parse(JSON.parse(header.toString('utf8')));
    if (Buffer.from(read.nonce, 'base64').length !== 7) throw new Error('a nonce of another length');
    return read;
  } catch (cause) {
    throw new StorageError('this is no archive of OneCert, or one of a newer version', { cause });
  }
};

const byPassphrase = (passphrase: string) => {
  const salt = randomBytes(16);
  const fields = { kind: 'passphrase', salt: salt.toString('base64'), logN: LOG_N } as const;
  return { fields, secret: scrypt(passphrase, salt, LOG_N) };
};

const scrypt = (passphrase: string, salt: Uint8Array, logN: number): Buffer =>
  scryptSync(passphrase.normalize('NFKC'), salt, 32, {
    N: 2 ** logN,
    r: 8,
    p: 1,
    maxmem: 2 ** logN * 1_024 * 2,
  });

const forPublicKey = (recipient: KeyObject) => {
  const ephemeral = pairLike(recipient);
  const spki = ephemeral.publicKey.export({ type: 'spki', format: 'der' });
  const fields = {
    kind: 'public-key',
    recipient: fingerprint(recipient).toString('base64'),
    ephemeral: spki.toString('base64'),
  } as const;
  return { fields, secret: agree(ephemeral.privateKey, recipient, spki, fingerprint(recipient)) };
};

const pairLike = (key: KeyObject): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } => {
  if (key.asymmetricKeyType === 'x25519') return generateKeyPairSync('x25519');
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
    return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  throw new StorageError('an archive is sealed for an X25519 or P-256 key');
};

/** Diffie-Hellman with both public keys in the derivation, as in HPKE (RFC 9180 section 4.1). */
const agree = (own: KeyObject, other: KeyObject, ephemeral: Buffer, recipient: Buffer): Buffer =>
  Buffer.from(
    hkdfSync(
      'sha256',
      diffieHellman({ privateKey: own, publicKey: other }),
      Buffer.concat([hash('sha256', ephemeral, 'buffer'), recipient]),
      'onecert archive recipient v1',
      32,
    ),
  );

const fingerprint = (key: KeyObject): Buffer =>
  hash('sha256', key.export({ type: 'spki', format: 'der' }), 'buffer');

const secretOf = (lock: ArchiveHeader['lock'], opener: ArchiveOpener): Buffer => {
  if (lock.kind !== opener.kind) {
    throw new StorageError(
      `the archive is opened with a ${lock.kind === 'passphrase' ? 'passphrase' : 'private key'}`,
    );
  }
  if (lock.kind === 'passphrase') {
    return scrypt((opener as { passphrase: string }).passphrase, Buffer.from(lock.salt, 'base64'), lock.logN);
  }
  const { key } = opener as { key: KeyObject };
  const recipient = fingerprint(createPublicKey(key));
  if (recipient.toString('base64') !== lock.recipient)
    throw new StorageError('the archive is sealed for another key');
  try {
    const spki = Buffer.from(lock.ephemeral, 'base64');
    return agree(key, createPublicKey({ key: spki, type: 'spki', format: 'der' }), spki, recipient);
  } catch (cause) {
    throw new StorageError('the head of the archive was changed', { cause });
  }
};

const checkOf = (secret: Buffer, unchecked: Omit<ArchiveHeader, 'check'>): Buffer =>
  createHmac('sha256', secret)
    .update(`onecert archive check v1 ${JSON.stringify(unchecked)}`)
    .digest();

const streamKey = (secret: Buffer, header: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, hash('sha256', header, 'buffer'), 'onecert archive stream v1', 32));
