import type { Extension } from '@peculiar/asn1-x509';
import { join } from 'node:path';
import { nameOf } from './asn1.ts';
import { ensureCertificate } from './ensure-certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from './extensions.ts';
import { openPrivateFolder } from './private-file.ts';
import { ensureKey } from './signing-key.ts';

/** A certificate that is no person's, under an authority made for it alone. */
export interface OwnCertificate {
  /** Of the files. */
  readonly name: string;
  /** Of the subject, and of the authority that is made for it. */
  readonly commonName: string;
  readonly authority: string;
  readonly purpose: 'serverAuth' | 'clientAuth';
  readonly more?: readonly Extension[];
}

/** PEM files. */
export interface OwnCertificateFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** Makes, or renews, both in `folder`; keys are P-256. */
export const ensureOwnCertificate = async (
  folder: string,
  { name, commonName, authority, purpose, more = [] }: OwnCertificate,
): Promise<OwnCertificateFiles> => {
  await openPrivateFolder(folder);
  const files = {
    certificate: join(folder, `${name}.crt`),
    key: join(folder, `${name}.key`),
    ca: join(folder, 'ca.crt'),
  };
  const [caKey, key] = await Promise.all([
    ensureKey(join(folder, 'ca.key'), 'p-256'),
    ensureKey(files.key, 'p-256'),
  ]);
  const called = (CN: string) => nameOf({ C: 'CN', O: 'OneCert（演示）', CN });
  const issuer = { name: called(authority), key: caKey };
  await ensureCertificate(files.ca, {
    subject: issuer.name,
    spki: caKey.spki,
    issuer,
    days: { from: -1, to: 3650 },
    extensions: [
      basicConstraints({ ca: true, pathLength: 0 }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectKeyIdentifier(caKey.spki),
      authorityKeyIdentifier(caKey.spki),
    ],
  });
  await ensureCertificate(files.certificate, {
    subject: called(commonName),
    spki: key.spki,
    issuer,
    // Browsers take no server certificate that runs for over 398 days.
    days: { from: -1, to: 390 },
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage('digitalSignature'),
      extendedKeyUsage(purpose),
      subjectKeyIdentifier(key.spki),
      authorityKeyIdentifier(caKey.spki),
      ...more,
    ],
  });
  return files;
};
