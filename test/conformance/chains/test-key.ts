import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { integer, nothing, oid, sequence, tagged } from './der-writer.ts';

export type KeyKind = 'p256' | 'p384' | 'p521' | 'ed25519' | 'rsa2048' | 'rsa1024';

/** How something is signed: an AlgorithmIdentifier and the signature it names. */
export interface Signer {
  readonly algorithm: Uint8Array;
  readonly sign: (data: Uint8Array) => Uint8Array;
}

export interface TestKey extends Signer {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** RFC 5280 section 4.2.1.2 would hash the BIT STRING; any stable octets do. */
  readonly identifier: Buffer;
}

const generate = (kind: KeyKind): KeyObject => {
  switch (kind) {
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'rsa2048':
    case 'rsa1024':
      return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) }).privateKey;
    case 'p256':
    case 'p384':
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: `P-${kind.slice(1)}` }).privateKey;
  }
};

const IDENTIFIER: Readonly<Record<string, string>> = {
  'rsa-sha1': '1.2.840.113549.1.1.5',
  'rsa-sha256': '1.2.840.113549.1.1.11',
  'rsa-sha384': '1.2.840.113549.1.1.12',
  'ec-sha1': '1.2.840.10045.4.1',
  'ec-sha256': '1.2.840.10045.4.3.2',
  'ec-sha384': '1.2.840.10045.4.3.3',
  'ec-sha512': '1.2.840.10045.4.3.4',
};

/** Signs with PKCS #1 v1.5 or ECDSA and this hash, or Ed25519. */
export const signerOf = (privateKey: KeyObject, hash = 'sha256'): Signer => {
  const type = privateKey.asymmetricKeyType;
  if (type === 'rsa-pss') return pssSigner(privateKey);
  if (type === 'ed25519') {
    return { algorithm: sequence(oid('1.3.101.112')), sign: (data) => sign(null, data, privateKey) };
  }
  const identifier = oid(IDENTIFIER[`${type}-${hash}`] as string);
  return {
    algorithm: type === 'rsa' ? sequence(identifier, nothing()) : sequence(identifier),
    sign: (data) => sign(hash, data, privateKey),
  };
};

const HASH_OID: Readonly<Record<string, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

interface PssParameters {
  readonly hash?: string;
  readonly maskHash?: string;
  readonly saltLength?: number;
  readonly trailer?: number;
}

/** RSASSA-PSS; `maskHash` and `trailer` may differ from what the signature really uses. */
export const pssSigner = (
  privateKey: KeyObject,
  { hash = 'sha256', maskHash, saltLength = 32, trailer = 1 }: PssParameters = {},
): Signer => {
  const identifier = (name: string): Buffer => sequence(oid(HASH_OID[name] as string), nothing());
  return {
    algorithm: sequence(
      oid('1.2.840.113549.1.1.10'),
      sequence(
        tagged(0, identifier(hash)),
        tagged(1, sequence(oid('1.2.840.113549.1.1.8'), identifier(maskHash ?? hash))),
        tagged(2, integer(saltLength)),
        ...(trailer === 1 ? [] : [tagged(3, integer(trailer))]),
      ),
    ),
    sign: (data) =>
      sign(hash, data, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  };
};

export const makeKey = (kind: KeyKind = 'p256'): TestKey => keyOf(generate(kind));

export const keyOf = (privateKey: KeyObject, hash = 'sha256'): TestKey => {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    privateKey,
    spki,
    identifier: createHash('sha1').update(spki).digest(),
    ...signerOf(privateKey, hash),
  };
};
