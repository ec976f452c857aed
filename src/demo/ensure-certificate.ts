import type { Extension, Name } from '@peculiar/asn1-x509';
import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { decodePem, encodePem } from '../certificate/pem.ts';
import { der } from './asn1.ts';
import { issueCertificate, randomSerialNumber } from './certificate.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';
import type { SignatureHash, SigningKey } from './signing-key.ts';

export const DAY_MS = 86_400_000;

/** A certificate as the demo wants it. What stands in its file is kept while it is that, and replaced when not. */
export interface WantedCertificate {
  readonly subject: Name;
  readonly spki: Uint8Array;
  readonly issuer: { readonly name: Name; readonly key: SigningKey };
  readonly extensions: readonly Extension[];
  readonly hash?: SignatureHash;
  /** Days from now; the past is negative. */
  readonly days: { readonly from: number; readonly to: number };
}

/** Certificates are renewed this many days before they expire (and the ones not yet valid, before they start). */
const RENEW_DAYS = 30;

/**
 * The certificate in `file` (PEM, followed by `chain`), made anew where there is none yet, where it has nearly
 * expired, or where it does not say what is wanted. `onIssue` runs before the file is written.
 */
export const ensureCertificate = async (
  file: string,
  wanted: WantedCertificate,
  chain: readonly Uint8Array[] = [],
  onIssue: (serial: string, certificate: Buffer) => Promise<void> = async () => undefined,
): Promise<Certificate> => {
  const content = (await readIfThere(file))?.toString('latin1') ?? '';
  const [known, ...knownChain] = decodePem(content);
  if (known !== undefined && isWanted(known, wanted) && sameChain(knownChain, chain)) {
    return parseCertificate(known);
  }
  const serialNumber = randomSerialNumber();
  const now = Date.now();
  const certificate = issueCertificate({
    ...wanted,
    serialNumber,
    notBefore: now + wanted.days.from * DAY_MS,
    notAfter: now + wanted.days.to * DAY_MS,
  });
  await onIssue(serialNumber.toString('hex'), certificate);
  await writePrivateFile(
    file,
    [certificate, ...chain].map((each) => encodePem('CERTIFICATE', each)).join(''),
  );
  return parseCertificate(certificate);
};

const isWanted = (
  known: Uint8Array,
  { subject, spki, issuer, extensions, days }: WantedCertificate,
): boolean => {
  let certificate: Certificate;
  try {
    certificate = parseCertificate(known);
  } catch {
    return false;
  }
  return (
    isTimely(certificate, days) &&
    der(subject).equals(certificate.subject.der) &&
    der(issuer.name).equals(certificate.issuer.der) &&
    Buffer.from(spki).equals(certificate.publicKey.spki) &&
    certificate.extensions.size === extensions.length &&
    // The authority key identifier among them says by which key it was signed.
    extensions.every(({ extnID, extnValue }) =>
      Buffer.from(extnValue.buffer).equals(certificate.extensions.get(extnID)?.value ?? Buffer.alloc(0)),
    )
  );
};

const isTimely = ({ notBefore, notAfter }: Certificate, days: WantedCertificate['days']): boolean => {
  const now = Date.now();
  const soon = now + RENEW_DAYS * DAY_MS;
  return (
    (days.from <= 0 ? notBefore <= now : notBefore > soon) &&
    (days.to <= 0 ? notAfter < now : notAfter > soon)
  );
};

const sameChain = (known: readonly Uint8Array[], chain: readonly Uint8Array[]): boolean =>
  known.length === chain.length &&
  known.every((each, index) => Buffer.from(each).equals(chain[index] as Uint8Array));
