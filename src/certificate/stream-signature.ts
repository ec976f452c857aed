import { constants, createVerify, type Verify } from 'node:crypto';
import type { SignatureAlgorithm } from './algorithm.ts';
import { keyObjectOf, type PublicKey } from './public-key.ts';
import { startSm2Verification } from './sm2.ts';
import { verifySignature } from './verify-signature.ts';

/** A signature being verified over data that comes in pieces. */
export interface StreamedVerification {
  update(piece: Uint8Array): void;
  /** Ends it. Never throws: whatever verifySignature would call false is false. */
  verify(signature: Uint8Array): boolean;
}

/**
 * Verifies like verifySignature without having the signed data in one piece: a CRL of 350 MB is hashed as it is read.
 * Ed25519 signs the data itself, not a digest of it, so there (alone) the pieces are kept.
 */
export const startVerification = (algorithm: SignatureAlgorithm, key: PublicKey): StreamedVerification => {
  switch (algorithm.name) {
    case 'rsa-pkcs1':
      if (key.type !== 'rsa') return NEVER;
      return hashed(createVerify(algorithm.hash ?? ''), (verify, signature) =>
        verify.verify({ key: keyObjectOf(key), padding: constants.RSA_PKCS1_PADDING }, signature),
      );
    case 'rsa-pss': {
      const { saltLength } = algorithm;
      if (key.type !== 'rsa' || saltLength === undefined) return NEVER;
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return hashed(createVerify(algorithm.hash ?? ''), (verify, signature) =>
        verify.verify({ key: keyObjectOf(key), padding, saltLength }, signature),
      );
    }
    case 'ecdsa':
      if (key.type !== 'ec') return NEVER;
      return hashed(createVerify(algorithm.hash ?? ''), (verify, signature) =>
        verify.verify(keyObjectOf(key), signature),
      );
    case 'sm2': {
      const verification = key.type === 'sm2' ? startSm2Verification(key) : undefined;
      if (verification === undefined) return NEVER;
      return hashed(verification, (verify, signature) => verify.verify(keyObjectOf(key), signature));
    }
    case 'ed25519':
      return collected(algorithm, key);
    case 'unknown':
      return NEVER;
  }
};

const NEVER: StreamedVerification = { update: () => undefined, verify: () => false };

const hashed = (
  verify: Verify,
  finish: (verify: Verify, signature: Uint8Array) => boolean,
): StreamedVerification => ({
  update: (piece) => void verify.update(piece),
  verify: (signature) => {
    try {
      return finish(verify, signature);
    } catch {
      return false;
    }
  },
});

const collected = (algorithm: SignatureAlgorithm, key: PublicKey): StreamedVerification => {
  const pieces: Uint8Array[] = [];
  return {
    update: (piece) => void pieces.push(piece.slice()),
    verify: (signature) => verifySignature(algorithm, key, Buffer.concat(pieces), signature),
  };
};
