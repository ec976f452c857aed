import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { decodePem } from '../certificate/pem.ts';
import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import type { ReadDocument } from '../configuration/read-yaml.ts';
import type { AuthoritySettings } from './authority-settings.ts';
import type { TrustFolder } from './trust-folder.ts';

export interface ReadCertificates {
  readonly certificates: readonly Certificate[];
  /** Files that are missing, hold no certificate, or one that is no authority's; each where authority.yaml names it. */
  readonly issues: readonly ConfigurationIssue[];
}

export interface ReadOptions {
  readonly folder: TrustFolder;
  /** Whether files outside the folder may be named: not where a signature has to cover them. */
  readonly outside: boolean;
}

/** Reads the certificate files an authority.yaml lists under `field`: PEM (one or several) or DER. Never throws. */
export const readAuthorityCertificates = (
  document: ReadDocument<AuthoritySettings>,
  field: 'anchors' | 'intermediates',
  options: ReadOptions,
): ReadCertificates => {
  const issues: ConfigurationIssue[] = [];
  const certificates = document.value[field].flatMap((name, index) => {
    const file = resolve(dirname(document.file), name);
    const refuse = (message: string): never[] => {
      issues.push(document.issue([field, index], message));
      return [];
    };
    const bytes = readCertificateFile(file, options);
    if (typeof bytes === 'string') return refuse(bytes);
    const ders = bytes[0] === 0x30 ? [bytes] : decodePem(bytes.toString('latin1'), 'CERTIFICATE');
    if (ders.length === 0) return refuse(`${file} holds no certificate (expected PEM or DER)`);
    return ders.flatMap((der) => {
      try {
        const certificate = parseCertificate(der);
        // RFC 5280 section 4.2.1.9: a certificate without cA must not verify others.
        return certificate.basicConstraints?.ca === true
          ? [certificate]
          : refuse(`${file} is not a certificate of an authority (basicConstraints cA is not set)`);
      } catch (error) {
        return refuse(`${file}: ${(error as Error).message}`);
      }
    });
  });
  return { certificates, issues };
};

/** The content, or what is wrong. */
const readCertificateFile = (file: string, { folder, outside }: ReadOptions): Buffer | string => {
  const path = relative(resolve(folder.folder), file).split(sep).join('/');
  const bytes = folder.files.get(path);
  if (bytes !== undefined) return bytes;
  // A list that is kept elsewhere has no other files within than its own.
  if (folder.beside !== undefined && !path.startsWith('../')) return `no such file: ${file}`;
  if (!outside) {
    return `no such file among those that the signature covers: ${file} (not hidden, not *.crl, inside an authority's folder)`;
  }
  try {
    return readFileSync(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? `no such file: ${file}` : `${file}: ${(error as Error).message}`;
  }
};
