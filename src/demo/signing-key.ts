import { createPrivateKey, createPublicKey, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { sm2KeyPair, sm2Sign } from '../certificate/sm2.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';

/** rsa-1024 is for the certificate that has to be refused for it. */
export type KeyKind = 'rsa-2048' | 'rsa-1024' | 'p-256' | 'sm2';
export type SignatureHash = 'sha256' | 'sha1';

/** A key of the demo city: of an authority, a person or a server. */
export interface SigningKey {
  readonly kind: KeyKind;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** PKCS#8 private key, PEM. */
  readonly pem: string;
  /** Object identifier of what `sign` makes, and whether its parameters are NULL (RFC 4055) or absent (RFC 5758). */
  algorithm(hash?: SignatureHash): { readonly oid: string; readonly nullParameters: boolean };
  sign(data: Uint8Array, hash?: SignatureHash): Buffer;
}

type Pair = Promise<{ privateKey: KeyObject }>;
const generateRsa = promisify(generateKeyPair) as (type: 'rsa', options: { modulusLength: number }) => Pair;
const generateEc = promisify(generateKeyPair) as (type: 'ec', options: { namedCurve: string }) => Pair;

/** The key in `file`, made where there is none yet or the file holds no whole key of this kind. */
export const ensureKey = async (file: string, kind: KeyKind): Promise<SigningKey> => {
  const found = await readIfThere(file);
  const known = found === undefined ? undefined : readKey(found.toString('latin1'), kind);
  if (known !== undefined) return known;
  const key = await newKey(kind);
  await writePrivateFile(file, key.pem);
  return key;
};

const newKey = async (kind: KeyKind): Promise<SigningKey> => {
  if (kind === 'sm2') return signingKey(sm2KeyPair().privateKey, kind);
  // In libuv's pool: keys of several people are made at the same time.
  const { privateKey } =
    kind === 'p-256'
      ? await generateEc('ec', { namedCurve: 'P-256' })
      : await generateRsa('rsa', { modulusLength: kind === 'rsa-2048' ? 2048 : 1024 });
  return signingKey(privateKey, kind);
};

const readKey = (pem: string, kind: KeyKind): SigningKey | undefined => {
  try {
    const key = createPrivateKey(pem);
    return kindOf(key) === kind ? signingKey(key, kind) : undefined;
  } catch {
    return undefined;
  }
};

/** Node has no name for SM2: it says neither type nor curve. */
const kindOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string =>
  asymmetricKeyType === undefined
    ? 'sm2'
    : asymmetricKeyType === 'rsa'
      ? `rsa-${asymmetricKeyDetails?.modulusLength}`
      : 'p-256';

const signingKey = (key: KeyObject, kind: KeyKind): SigningKey => ({
  kind,
  spki: createPublicKey(key).export({ type: 'spki', format: 'der' }),
  pem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  algorithm: (hash = 'sha256') => {
    if (kind === 'sm2') return { oid: '1.2.156.10197.1.501', nullParameters: false };
    if (kind === 'p-256') return { oid: '1.2.840.10045.4.3.2', nullParameters: false };
    return {
      oid: hash === 'sha1' ? '1.2.840.113549.1.1.5' : '1.2.840.113549.1.1.11',
      nullParameters: true,
    };
  },
  sign: (data, hash = 'sha256') => (kind === 'sm2' ? Buffer.from(sm2Sign(key, data)) : sign(hash, data, key)),
});
