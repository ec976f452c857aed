import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureOwnCertificate, type OwnCertificateFiles } from './own-certificate.ts';
import { writePrivateFile } from './private-file.ts';

/** What a terminator in front connects to the gateway with; `ca` is `terminator.authority` of gateway.yaml. */
export interface TerminatorFiles extends OwnCertificateFiles {
  /** Certificate and key in one PEM file, as HAProxy wants them. */
  readonly both: string;
}

/** Makes, or renews, the authority for terminators and a client certificate of it in `folder`. */
export const ensureTerminatorCertificate = async (folder: string): Promise<TerminatorFiles> => {
  const files = await ensureOwnCertificate(folder, {
    name: 'terminator',
    commonName: 'terminator',
    authority: 'OneCert Demo Terminator Authority',
    purpose: 'clientAuth',
  });
  const both = join(folder, 'terminator.pem');
  const pair = await Promise.all([readFile(files.certificate), readFile(files.key)]);
  await writePrivateFile(both, Buffer.concat(pair));
  return { ...files, both };
};
