import { join } from 'node:path';
import { nameOf } from './asn1.ts';
import { ensureCertificate } from './ensure-certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts';
import { openPrivateFolder } from './private-file.ts';
import { ensureKey } from './signing-key.ts';

/** The gateway's own TLS certificate and the authority to trust for it. */
export interface ServerFiles {
  readonly certificate: string;
  readonly key: string;
  /** PEM, for curl --cacert and for browsers. */
  readonly ca: string;
}

/** Makes, or renews, a certificate for localhost in `folder`. */
export const ensureServerCertificate = async (folder: string): Promise<ServerFiles> => {
  await openPrivateFolder(folder);
  const files = {
    certificate: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
    ca: join(folder, 'ca.crt'),
  };
  const [caKey, key] = await Promise.all([
    ensureKey(join(folder, 'ca.key'), 'p-256'),
    ensureKey(files.key, 'p-256'),
  ]);
  const authority = nameOf({ C: 'CN', O: 'OneCert（演示）', CN: 'OneCert Demo Server Authority' });
  await ensureCertificate(files.ca, {
    subject: authority,
    spki: caKey.spki,
    issuer: { name: authority, key: caKey },
    days: { from: -1, to: 3650 },
    extensions: [
      basicConstraints({ ca: true, pathLength: 0 }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectKeyIdentifier(caKey.spki),
      authorityKeyIdentifier(caKey.spki),
    ],
  });
  await ensureCertificate(files.certificate, {
    subject: nameOf({ C: 'CN', O: 'OneCert（演示）', CN: 'localhost' }),
    spki: key.spki,
    issuer: { name: authority, key: caKey },
    // Browsers take no server certificate that runs for over 398 days.
    days: { from: -1, to: 390 },
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage('digitalSignature'),
      extendedKeyUsage('serverAuth'),
      subjectKeyIdentifier(key.spki),
      authorityKeyIdentifier(caKey.spki),
      subjectAltName({ dns: ['localhost'], ip: ['127.0.0.1', '::1'] }),
    ],
  });
  return files;
};
