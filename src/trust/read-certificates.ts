import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { decodePem } from '../certificate/pem.ts';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import type { ReadDocument } from '../configuration/read-yaml.ts';
import type { AuthoritySettings } from './authority-settings.ts';

/**
 * Reads the certificate files an authority.yaml lists under `field`: PEM (one or several) or DER.
 *
 * @throws ConfigurationError for a file that is missing, is no certificate, or holds one that is no authority's
 */
export const readAuthorityCertificates = (
  document: ReadDocument<AuthoritySettings>,
  field: 'anchors' | 'intermediates',
): Certificate[] =>
  document.value[field].flatMap((name, index) => {
    const file = resolve(dirname(document.file), name);
    const fail = (message: string, cause?: unknown): never => {
      throw new ConfigurationError([document.issue([field, index], message)], { cause });
    };
    let ders: Uint8Array[];
    try {
      ders = decodeFile(readFileSync(file));
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      return fail(missing ? `no such file: ${file}` : `${file}: ${(cause as Error).message}`, cause);
    }
    if (ders.length === 0) return fail(`${file} holds no certificate (expected PEM or DER)`);
    return ders.map((der) => {
      let certificate: Certificate;
      try {
        certificate = parseCertificate(der);
      } catch (cause) {
        return fail(`${file}: ${(cause as Error).message}`, cause);
      }
      // RFC 5280 section 4.2.1.9: a certificate without cA must not verify others.
      if (certificate.basicConstraints?.ca !== true) {
        return fail(`${file} is not a certificate of an authority (basicConstraints cA is not set)`);
      }
      return certificate;
    });
  });

const decodeFile = (bytes: Buffer): Uint8Array[] =>
  bytes[0] === 0x30 ? [bytes] : decodePem(bytes.toString('latin1'), 'CERTIFICATE');
