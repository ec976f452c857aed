import { encodePem } from '../certificate/pem.ts';
import { parseCertificate } from '../certificate/parse.ts';

const SEQUENCE = 0x30;

/** One DER element with a definite, minimal length (X.690 section 10.1). */
const element = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array => {
  const content = Buffer.concat(contents);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | length.length, ...length];
  return Buffer.concat([Uint8Array.from(header), content]);
};

const SERIAL = Uint8Array.of(0x02, 0x01, 0x01);
/** id-Ed25519 (RFC 8410 section 3). */
const ALGORITHM = element(SEQUENCE, Uint8Array.of(0x06, 0x03, 0x2b, 0x65, 0x70));
const VALIDITY = element(
  SEQUENCE,
  element(0x17, Buffer.from('000101000000Z')),
  element(0x17, Buffer.from('490101000000Z')),
);
const PUBLIC_KEY = element(SEQUENCE, ALGORITHM, element(0x03, new Uint8Array(33)));
const SIGNATURE = element(0x03, new Uint8Array(65));

/**
 * PEM certificates that carry the authorities' names and nothing else, for the `ca` option of node:tls, which sends
 * the names to clients (RFC 8446 section 4.2.4). Real certificates there would have OpenSSL validate every client's
 * path beside us, in the handshake; and where it succeeds Node keeps no chain but the leaf, so that an intermediate
 * only the client has would be lost.
 *
 * @param authorities DER; one that cannot be read is left out
 */
export const clientAuthorityNames = (authorities: readonly Uint8Array[]): string[] => {
  const names = new Map<string, Uint8Array>();
  for (const der of authorities) {
    try {
      const { subject } = parseCertificate(der);
      names.set(subject.key, subject.der);
    } catch {
      // A name that cannot be read cannot be offered; the trust list has its own opinion of the certificate.
    }
  }
  return [...names.values()].map((name) => {
    const tbs = element(SEQUENCE, SERIAL, ALGORITHM, name, VALIDITY, name, PUBLIC_KEY);
    return encodePem('CERTIFICATE', element(SEQUENCE, tbs, ALGORITHM, SIGNATURE));
  });
};
