import { createPrivateKey } from 'node:crypto';
import forge from 'node-forge';
import { PKCS12_PASSWORD } from './pkcs12-password.ts';

const { asn1, pkcs12, hmac, md, random } = forge;
type Node = forge.asn1.Asn1;

const ITERATIONS = 2048;
const OID = {
  data: '1.2.840.113549.1.7.1',
  keyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha256: '2.16.840.1.101.3.4.2.1',
};

/**
 * A PKCS#12 file (RFC 7292) to import into a browser. node-forge makes them for RSA keys only; its ASN.1 takes any, so
 * the bags are put together here. The key is encrypted with AES-256 (PBES2), the MAC is over SHA-256.
 *
 * @param content `key` is PKCS#8 PEM; `certificates` are DER, the one that belongs to the key first
 */
export const makePkcs12 = (content: {
  readonly friendlyName: string;
  readonly key: string;
  readonly certificates: readonly Uint8Array[];
}): Buffer => {
  const attributes = set(
    sequence(oid(OID.friendlyName), set(bmpString(content.friendlyName))),
    sequence(oid(OID.localKeyId), set(octetString('\x01'))),
  );
  const certificates = content.certificates.map((certificate, index) =>
    sequence(
      oid(OID.certificateBag),
      tagged(sequence(oid(OID.x509Certificate), tagged(octetString(binary(certificate))))),
      ...(index === 0 ? [attributes] : []),
    ),
  );
  const shrouded = createPrivateKey(content.key).export({
    type: 'pkcs8',
    format: 'der',
    cipher: 'aes-256-cbc',
    passphrase: PKCS12_PASSWORD,
  });
  const key = sequence(oid(OID.keyBag), tagged(asn1.fromDer(binary(shrouded))), attributes);
  const safes = toDer(
    sequence(...[sequence(...certificates), sequence(key)].map((bags) => data(toDer(bags)))),
  );
  const pfx = sequence(integer(3), data(safes), macData(safes));
  return Buffer.from(toDer(pfx), 'latin1');
};

/** RFC 7292 section 4: integrity by password. */
const macData = (safes: string): Node => {
  const salt = random.getBytesSync(16);
  const key = pkcs12.generateKey(
    PKCS12_PASSWORD,
    forge.util.createBuffer(salt),
    3,
    ITERATIONS,
    32,
    md.sha256.create(),
  );
  const mac = hmac.create();
  mac.start('sha256', key);
  mac.update(safes);
  return sequence(
    sequence(sequence(oid(OID.sha256), nothing()), octetString(mac.digest().getBytes())),
    octetString(salt),
    integer(ITERATIONS),
  );
};

const { Class, Type } = asn1;
const universal = (type: forge.asn1.Type, value: string | Node[]): Node =>
  asn1.create(Class.UNIVERSAL, type, Array.isArray(value), value);
const sequence = (...items: Node[]): Node => universal(Type.SEQUENCE, items);
const set = (...items: Node[]): Node => universal(Type.SET, items);
const octetString = (bytes: string): Node => universal(Type.OCTETSTRING, bytes);
const nothing = (): Node => universal(Type.NULL, '');
const oid = (dotted: string): Node => universal(Type.OID, asn1.oidToDer(dotted).getBytes());
const integer = (value: number): Node => universal(Type.INTEGER, asn1.integerToDer(value).getBytes());
/** forge writes the characters of a BMPString as two octets each. */
const bmpString = (text: string): Node => universal(Type.BMPSTRING, text);
const tagged = (content: Node): Node => asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [content]);
const data = (bytes: string): Node => sequence(oid(OID.data), tagged(octetString(bytes)));
const toDer = (node: Node): string => asn1.toDer(node).getBytes();
/** forge counts octets in the characters of a string. */
const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
