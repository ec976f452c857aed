import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { sm2Sign } from '../../src/certificate/sm2.ts';
import { algorithm } from './cms-writer.ts';
import { oid, sequence } from './der.ts';

/** A private key in memory: what a real agent has in a device, behind a PIN. */
export interface SoftKey {
  readonly kind: 'rsa' | 'ec' | 'ed25519' | 'sm2';
  readonly digest: { readonly name: 'sha256' | 'sha384' | 'sha512' | 'sm3'; readonly oid: string };
  /** AlgorithmIdentifier of what `sign` makes, DER. */
  readonly signatureAlgorithm: Buffer;
  /** ECDSA and SM2 signatures are DER. */
  sign(data: Uint8Array): Buffer;
}

const DIGEST = {
  sha256: { name: 'sha256', oid: '2.16.840.1.101.3.4.2.1' },
  sha384: { name: 'sha384', oid: '2.16.840.1.101.3.4.2.2' },
  sha512: { name: 'sha512', oid: '2.16.840.1.101.3.4.2.3' },
  sm3: { name: 'sm3', oid: '1.2.156.10197.1.401' },
} as const;

/** @param pem PKCS#8, or SEC 1 for EC and SM2 keys */
export const readSoftKey = (pem: string): SoftKey => softKey(createPrivateKey(pem));

/** By curve size: FIPS 186-5 pairs a curve with a digest no stronger than itself. */
const ECDSA = {
  prime256v1: { digest: DIGEST.sha256, oid: '1.2.840.10045.4.3.2' },
  secp384r1: { digest: DIGEST.sha384, oid: '1.2.840.10045.4.3.3' },
  secp521r1: { digest: DIGEST.sha512, oid: '1.2.840.10045.4.3.4' },
} as const;

const softKey = (key: KeyObject): SoftKey => {
  const type: string | undefined = key.asymmetricKeyType;
  switch (type) {
    case 'rsa':
      return {
        kind: 'rsa',
        digest: DIGEST.sha256,
        signatureAlgorithm: algorithm('1.2.840.113549.1.1.11'),
        sign: (data) => sign('sha256', data, key),
      };
    case 'ec': {
      const curve = ECDSA[key.asymmetricKeyDetails?.namedCurve as keyof typeof ECDSA];
      return {
        kind: 'ec',
        digest: curve.digest,
        signatureAlgorithm: sequence(oid(curve.oid)),
        sign: (data) => sign(curve.digest.name, data, key),
      };
    }
    case 'ed25519':
      return {
        kind: 'ed25519',
        digest: DIGEST.sha512,
        signatureAlgorithm: sequence(oid('1.3.101.112')),
        sign: (data) => sign(null, data, key),
      };
    // Node has no name for SM2.
    case undefined:
      return {
        kind: 'sm2',
        digest: DIGEST.sm3,
        signatureAlgorithm: sequence(oid('1.2.156.10197.1.301.1')),
        sign: (data) => Buffer.from(sm2Sign(key, data)),
      };
    default:
      throw new Error(`a key of type ${type} cannot sign in`);
  }
};
