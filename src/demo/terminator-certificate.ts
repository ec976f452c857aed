import { readFile } from 'node:fs/promises';
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
import { openPrivateFolder, writePrivateFile } from './private-file.ts';
import { ensureKey } from './signing-key.ts';

/** What a terminator in front connects to the gateway with, and the authority that makes it one. All PEM. */
export interface TerminatorFiles {
  readonly certificate: string;
  readonly key: string;
  /** Certificate and key in one file, as HAProxy wants them. */
  readonly both: string;
  /** `terminator.authority` of gateway.yaml. */
  readonly ca: string;
}

/** Makes, or renews, the authority for terminators and a client certificate of it in `folder`. */
export const ensureTerminatorCertificate = async (folder: string): Promise<TerminatorFiles> => {
  await openPrivateFolder(folder);
  const files = {
    certificate: join(folder, 'terminator.crt'),
    key: join(folder, 'terminator.key'),
    both: join(folder, 'terminator.pem'),
    ca: join(folder, 'ca.crt'),
  };
  const [caKey, key] = await Promise.all([
    ensureKey(join(folder, 'ca.key'), 'p-256'),
    ensureKey(files.key, 'p-256'),
  ]);
  const authority = nameOf({ C: 'CN', O: 'OneCert（演示）', CN: 'OneCert Demo Terminator Authority' });
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
    subject: nameOf({ C: 'CN', O: 'OneCert（演示）', CN: 'terminator' }),
    spki: key.spki,
    issuer: { name: authority, key: caKey },
    days: { from: -1, to: 390 },
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage('digitalSignature'),
      extendedKeyUsage('clientAuth'),
      subjectKeyIdentifier(key.spki),
      authorityKeyIdentifier(caKey.spki),
    ],
  });
  const pair = await Promise.all([readFile(files.certificate), readFile(files.key)]);
  await writePrivateFile(files.both, Buffer.concat(pair));
  return files;
};
