import { children, contentOf, elementsOf, integerOf, NotDer, oidOf, type Element } from './der-walk.ts';
import { Pkcs12Failure } from './pkcs12-failure.ts';

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const AES_CBC_BITS: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.1.2': 128,
  '2.16.840.1.101.3.4.1.42': 256,
};
const PRF: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'SHA-1',
  '1.2.840.113549.2.9': 'SHA-256',
  '1.2.840.113549.2.10': 'SHA-384',
  '1.2.840.113549.2.11': 'SHA-512',
};
/** OpenSSL makes 2,048, careful files a million; more would only keep the browser busy. */
const ITERATION_LIMIT = 10_000_000;

/**
 * Decrypts what PBES2 with PBKDF2 and AES-CBC encrypted (RFC 8018 section 6.2), by WebCrypto.
 *
 * @param algorithm the AlgorithmIdentifier
 * @throws Pkcs12Failure "wrong-pin"; "old-encryption" for the schemes of PKCS #12 itself (RC2, 3DES)
 */
export const decryptPbes2 = async (
  algorithm: Element | undefined,
  encrypted: Uint8Array<ArrayBuffer>,
  pin: string,
): Promise<Uint8Array<ArrayBuffer>> => {
  const [scheme, parameters] = children(algorithm);
  if (oidOf(scheme) !== PBES2) throw new Pkcs12Failure('old-encryption');
  const [derivation, cipher] = children(parameters);
  const [kdf, kdfParameters] = children(derivation);
  const [cipherName, iv] = children(cipher);
  const bits = AES_CBC_BITS[oidOf(cipherName)];
  if (oidOf(kdf) !== PBKDF2 || bits === undefined) throw new Pkcs12Failure('old-encryption');
  const [salt, iterations, ...optional] = children(kdfParameters);
  const prf = optional.find(({ tag }) => tag === 0x30);
  const hash = prf === undefined ? 'SHA-1' : PRF[oidOf(children(prf)[0])];
  const count = integerOf(iterations);
  if (hash === undefined || count > ITERATION_LIMIT) throw new Pkcs12Failure('old-encryption');

  const { subtle } = crypto;
  const password = await subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, [
    'deriveKey',
  ]);
  const key = await subtle.deriveKey(
    { name: 'PBKDF2', salt: contentOf(salt, 0x04), iterations: count, hash },
    password,
    { name: 'AES-CBC', length: bits },
    false,
    ['decrypt'],
  );
  try {
    const clear = new Uint8Array(
      await subtle.decrypt({ name: 'AES-CBC', iv: contentOf(iv, 0x04) }, key, encrypted),
    );
    // One wrong key in 256 has padding come out all the same, but not one whole element.
    if (elementsOf(clear).length !== 1) throw new NotDer();
    return clear;
  } catch {
    // Another key, so another PIN.
    throw new Pkcs12Failure('wrong-pin');
  }
};
