import type { KeySignature } from '../key-middleware.ts';
import { toBase64 } from './base64.ts';
import { children, contentOf, elementsOf, NotDer, oidOf, type Element } from './der-walk.ts';
import { decryptPbes2 } from './pbes2.ts';
import { Pkcs12Failure } from './pkcs12-failure.ts';
import { importWebKey, type WebKey } from './web-key.ts';

/** A certificate with its key, opened in the page. The key cannot be taken out and is gone with the page. */
export interface OpenedIdentity {
  /** DER. */
  readonly certificate: Uint8Array<ArrayBuffer>;
  readonly chain: readonly Uint8Array<ArrayBuffer>[];
  /** Signs a challenge's text: what is sent to /signin/response besides the challenge's id. */
  sign(text: string): Promise<KeySignature>;
}

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
};
const FILE_LIMIT = 1_048_576;
const CERTIFICATE_LIMIT = 20;

interface Bags {
  readonly keys: WebKey[];
  readonly certificates: Uint8Array<ArrayBuffer>[];
  /** Keys of kinds that browsers cannot sign with. */
  unsupported: number;
}

/**
 * Opens a PKCS #12 file (RFC 7292) with its PIN, in the page, by WebCrypto: PBES2 with AES, which OpenSSL 3, current
 * Windows and the authorities' download pages write. Gives each key whose certificate is there. The file's MAC is not
 * looked at: that a key and a certificate belong together is tried out instead.
 *
 * @throws Pkcs12Failure
 */
export const openPkcs12 = async (file: Uint8Array<ArrayBuffer>, pin: string): Promise<OpenedIdentity[]> => {
  if (file.length > FILE_LIMIT) throw new Pkcs12Failure('not-a-certificate-file');
  const bags: Bags = { keys: [], certificates: [], unsupported: 0 };
  try {
    await readFile(file, pin, bags);
  } catch (error) {
    throw error instanceof NotDer ? new Pkcs12Failure('not-a-certificate-file') : error;
  }
  const opened: OpenedIdentity[] = [];
  for (const key of bags.keys) {
    const identity = await identityOf(key, bags.certificates);
    if (identity !== undefined) opened.push(identity);
  }
  if (opened.length > 0) return opened;
  throw new Pkcs12Failure(bags.unsupported > 0 ? 'unsupported-key' : 'no-key');
};

const readFile = async (file: Uint8Array<ArrayBuffer>, pin: string, bags: Bags): Promise<void> => {
  const [pfx] = elementsOf(file);
  const [, authSafe] = children(pfx);
  for (const safe of children(elementsOf(dataOf(authSafe))[0])) {
    const [type, explicit] = children(safe);
    const contents = oidOf(type) === OID.encryptedData ? await decrypted(explicit, pin) : dataOf(safe);
    for (const bag of children(elementsOf(contents)[0])) await readBag(bag, pin, bags);
  }
};

/** The octets of a ContentInfo of type data. */
const dataOf = (contentInfo: Element | undefined): Uint8Array<ArrayBuffer> => {
  const [type, explicit] = children(contentInfo);
  if (oidOf(type) !== OID.data) throw new Pkcs12Failure('not-a-certificate-file');
  return contentOf(children(explicit, 0xa0)[0], 0x04);
};

const decrypted = async (explicit: Element | undefined, pin: string): Promise<Uint8Array<ArrayBuffer>> => {
  const [, info] = children(children(explicit, 0xa0)[0]);
  const [, algorithm, encrypted] = children(info);
  return decryptPbes2(algorithm, contentOf(encrypted, 0x80), pin);
};

const readBag = async (bag: Element, pin: string, bags: Bags): Promise<void> => {
  const [type, explicit] = children(bag);
  const [value] = children(explicit, 0xa0);
  switch (oidOf(type)) {
    case OID.certificateBag: {
      const [kind, certificate] = children(value);
      if (oidOf(kind) === OID.x509Certificate && bags.certificates.length < CERTIFICATE_LIMIT)
        bags.certificates.push(contentOf(children(certificate, 0xa0)[0], 0x04).slice());
      return;
    }
    case OID.shroudedKeyBag: {
      const [algorithm, encrypted] = children(value);
      const clear = await decryptPbes2(algorithm, contentOf(encrypted, 0x04), pin);
      return importKey(elementsOf(clear)[0], bags);
    }
    case OID.keyBag:
      return importKey(value, bags);
  }
};

const importKey = async (privateKeyInfo: Element | undefined, bags: Bags): Promise<void> => {
  if (privateKeyInfo === undefined) throw new NotDer();
  try {
    bags.keys.push(await importWebKey(privateKeyInfo));
  } catch (error) {
    if (!(error instanceof Pkcs12Failure) || error.code !== 'unsupported-key') throw error;
    bags.unsupported++;
  }
};

const identityOf = async (
  key: WebKey,
  certificates: readonly Uint8Array<ArrayBuffer>[],
): Promise<OpenedIdentity | undefined> => {
  for (const certificate of certificates) {
    if (!(await key.isOf(certificate))) continue;
    const chain = certificates.filter((each) => each !== certificate);
    return {
      certificate,
      chain,
      sign: async (text) => ({
        form: 'raw',
        algorithm: key.algorithm,
        encoding: key.encoding,
        signature: toBase64(await key.sign(new TextEncoder().encode(text))),
        certificate: toBase64(certificate),
        chain: chain.slice(0, 9).map(toBase64),
      }),
    };
  }
  return undefined;
};
