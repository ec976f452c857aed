import { children, oidOf, type Element } from './der-walk.ts';
import { Pkcs12Failure } from './pkcs12-failure.ts';

/** How WebCrypto signs with a kind of key, and what the gateway calls that (raw-signature.ts). */
interface Scheme {
  readonly algorithm: 'rsa-pkcs1-sha256' | 'ecdsa-sha256' | 'ecdsa-sha384' | 'ecdsa-sha512' | 'ed25519';
  readonly encoding: 'der' | 'fixed';
  readonly importing: { readonly name: string; readonly hash?: string; readonly namedCurve?: string };
  readonly signing: { readonly name: string; readonly hash?: string };
}

const ecdsa = (namedCurve: string, hash: string, algorithm: Scheme['algorithm']): Scheme => ({
  algorithm,
  // WebCrypto gives r and s one after the other (IEEE P1363).
  encoding: 'fixed',
  importing: { name: 'ECDSA', namedCurve },
  signing: { name: 'ECDSA', hash },
});
const CURVES: Readonly<Record<string, Scheme>> = {
  '1.2.840.10045.3.1.7': ecdsa('P-256', 'SHA-256', 'ecdsa-sha256'),
  '1.3.132.0.34': ecdsa('P-384', 'SHA-384', 'ecdsa-sha384'),
  '1.3.132.0.35': ecdsa('P-521', 'SHA-512', 'ecdsa-sha512'),
};
const RSA: Scheme = {
  algorithm: 'rsa-pkcs1-sha256',
  encoding: 'der',
  importing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  signing: { name: 'RSASSA-PKCS1-v1_5' },
};
const ED25519: Scheme = {
  algorithm: 'ed25519',
  encoding: 'der',
  importing: { name: 'Ed25519' },
  signing: { name: 'Ed25519' },
};

/** The scheme for an AlgorithmIdentifier of a key. Throws Pkcs12Failure "unsupported-key". */
const schemeOf = (algorithm: Element | undefined): Scheme => {
  const [name, parameters] = children(algorithm);
  const oid = oidOf(name);
  const scheme =
    oid === '1.2.840.113549.1.1.1'
      ? RSA
      : oid === '1.3.101.112'
        ? ED25519
        : oid === '1.2.840.10045.2.1' && parameters?.tag === 0x06
          ? CURVES[oidOf(parameters)]
          : undefined;
  if (scheme === undefined) throw new Pkcs12Failure('unsupported-key');
  return scheme;
};

/** A private key that signs and cannot be taken out again. */
export interface WebKey {
  readonly algorithm: Scheme['algorithm'];
  readonly encoding: Scheme['encoding'];
  sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether a certificate (DER) is of this key. */
  isOf(certificate: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

/** @param privateKeyInfo PKCS #8: an element; its octets are zero afterwards */
export const importWebKey = async (privateKeyInfo: Element): Promise<WebKey> => {
  const scheme = schemeOf(children(privateKeyInfo)[1]);
  const { subtle } = crypto;
  const key = await subtle
    .importKey('pkcs8', privateKeyInfo.whole, scheme.importing, false, ['sign'])
    .catch(() => {
      throw new Pkcs12Failure('unsupported-key');
    })
    .finally(() => privateKeyInfo.whole.fill(0));
  const sign: WebKey['sign'] = async (data) => new Uint8Array(await subtle.sign(scheme.signing, key, data));
  return {
    algorithm: scheme.algorithm,
    encoding: scheme.encoding,
    sign,
    isOf: async (certificate) => {
      try {
        const spki = subjectPublicKeyInfoOf(certificate);
        const publicKey = await subtle.importKey('spki', spki, scheme.importing, false, ['verify']);
        const probe = crypto.getRandomValues(new Uint8Array(16));
        return await subtle.verify(scheme.signing, publicKey, await sign(probe), probe);
      } catch {
        // Another kind of key.
        return false;
      }
    },
  };
};

/** RFC 5280 section 4.1: version, serial number, algorithm, issuer, validity, subject, then the key. */
const subjectPublicKeyInfoOf = (certificate: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const [tbs] = children({ tag: 0x30, content: contentAfterHeader(certificate), whole: certificate });
  const fields = children(tbs);
  const key = fields[fields[0]?.tag === 0xa0 ? 6 : 5];
  if (key === undefined) throw new Pkcs12Failure('not-a-certificate-file');
  return key.whole;
};

const contentAfterHeader = (der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const first = der[1] ?? 0;
  return der.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
};
