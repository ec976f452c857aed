import { createPrivateKey, X509Certificate } from 'node:crypto';

const DAY_MS = 86_400_000;
/** The same as for certificates of the trust list. */
const SOON_MS = 30 * DAY_MS;

/** Whether a key (PEM) is that of a server certificate (PEM, the first one). @throws Error where one cannot be read */
export const isKeyOf = ({
  certificate,
  key,
}: {
  readonly certificate: string;
  readonly key: string;
}): boolean => new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));

/** When the gateway's own certificate (PEM, the first one) is over, ms since the epoch. */
export const endOfServerCertificate = (certificate: string): number =>
  new X509Certificate(certificate).validToDate.getTime();

/** What an operator should see to; undefined where there is nothing. */
export const serverCertificateWarning = (certificate: string, now: number): string | undefined => {
  const end = endOfServerCertificate(certificate);
  if (end - now > SOON_MS) return undefined;
  const when = new Date(end).toISOString();
  return end <= now
    ? `tls.certificate has run out at ${when}: nobody can connect; put a new one there, with its key`
    : `tls.certificate runs out at ${when}: put a new one there, with its key`;
};
