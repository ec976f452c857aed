import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** The JWS algorithm of a key that may sign a trust list (RFC 7518, RFC 8037). */
export type OperatorAlgorithm = 'EdDSA' | 'ES256';

const EXPECTED = 'expected an Ed25519 or P-256 key';

/** @throws Error saying what is wrong, when the PEM is no public key that may sign a trust list */
export const readOperatorKey = (pem: string): KeyObject => {
  // createPublicKey would take it; but a private key has no business on the machine that only checks.
  if (pem.includes('PRIVATE KEY'))
    throw new Error('this is a private key; expected the public key (openssl pkey -pubout)');
  return fit(attempt(() => createPublicKey(pem)));
};

/** @throws Error saying what is wrong */
export const readSigningKey = (pem: string, passphrase?: string): KeyObject => {
  if (!pem.includes('PRIVATE KEY')) throw new Error('not a PEM private key');
  const input = { key: pem, ...(passphrase === undefined ? {} : { passphrase }) };
  return fit(attempt(() => createPrivateKey(input), pem.includes('ENCRYPTED')));
};

/** undefined when the key is of no kind that may sign. */
export const operatorAlgorithm = (key: KeyObject): OperatorAlgorithm | undefined => {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    ? 'ES256'
    : undefined;
};

/** JWK thumbprint (RFC 7638): SHA-256, base64url. Names the key in signatures and to people. */
export const operatorKeyId = (key: KeyObject): string => {
  const { crv, kty, x, y } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  // The members in this order, and no others, are what RFC 7638 section 3.2 hashes.
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
};

const fit = (key: KeyObject): KeyObject => {
  if (operatorAlgorithm(key) === undefined)
    throw new Error(`${EXPECTED}; this one is ${key.asymmetricKeyType}`);
  return key;
};

const attempt = (read: () => KeyObject, locked = false): KeyObject => {
  try {
    return read();
  } catch (cause) {
    throw new Error(
      locked
        ? 'the key needs its passphrase in ONECERT_OPERATOR_PASSPHRASE, and what is there is not it'
        : `cannot be read: ${EXPECTED} as PEM`,
      { cause },
    );
  }
};
