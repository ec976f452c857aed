import { constants, verify } from 'node:crypto';
import type { SignatureAlgorithm } from './algorithm.ts';
import { keyObjectOf, type PublicKey } from './public-key.ts';
import { verifySm2 } from './sm2.ts';

/**
 * Whether `signature` over `data` verifies under `key`. Never throws: a key or signature that cannot be read, an
 * algorithm that is not of the key's kind, and an unknown algorithm are all false.
 */
export const verifySignature = (
  algorithm: SignatureAlgorithm,
  key: PublicKey,
  data: Uint8Array,
  signature: Uint8Array,
): boolean => {
  try {
    switch (algorithm.name) {
      case 'rsa-pkcs1':
        return (
          key.type === 'rsa' &&
          verify(
            algorithm.hash,
            data,
            { key: keyObjectOf(key), padding: constants.RSA_PKCS1_PADDING },
            signature,
          )
        );
      case 'rsa-pss':
        return (
          key.type === 'rsa' &&
          algorithm.saltLength !== undefined &&
          verify(
            algorithm.hash,
            data,
            {
              key: keyObjectOf(key),
              padding: constants.RSA_PKCS1_PSS_PADDING,
              saltLength: algorithm.saltLength,
            },
            signature,
          )
        );
      case 'ecdsa':
        return key.type === 'ec' && verify(algorithm.hash, data, keyObjectOf(key), signature);
      case 'ed25519':
        return key.type === 'ed25519' && verify(null, data, keyObjectOf(key), signature);
      case 'sm2':
        return key.type === 'sm2' && verifySm2(key, data, signature);
      case 'unknown':
        return false;
    }
  } catch {
    return false;
  }
};
