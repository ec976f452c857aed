import { subjectAltName } from './extensions.ts';
import { ensureOwnCertificate, type OwnCertificateFiles } from './own-certificate.ts';

/** The gateway's own TLS certificate and the authority to trust for it: for curl --cacert and for browsers. */
export type ServerFiles = OwnCertificateFiles;

/** Makes, or renews, a certificate for localhost in `folder`. */
export const ensureServerCertificate = (folder: string): Promise<ServerFiles> =>
  ensureOwnCertificate(folder, {
    name: 'server',
    commonName: 'localhost',
    authority: 'OneCert Demo Server Authority',
    purpose: 'serverAuth',
    more: [subjectAltName({ dns: ['localhost'], ip: ['127.0.0.1', '::1'] })],
  });
