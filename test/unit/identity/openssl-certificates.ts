import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { haveTools } from '../../tools.ts';

export const hasOpenssl = (): boolean => haveTools('openssl');

export interface CertificateMaker {
  /**
   * A self-signed certificate. `subject` is openssl's -subj; `extensions` map an OID to a value as openssl's x509v3_config
   * has it: ASN1:UTF8String:…, DER:0c:12:….
   */
  make(subject: string, extensions?: Readonly<Record<string, string>>): Certificate;
  close(): void;
}

export const openCertificateMaker = (): CertificateMaker => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-identity-'));
  const key = join(folder, 'key.pem');
  execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key]);
  return {
    make: (subject, extensions = {}) => {
      const config = join(folder, 'request.cnf');
      const lines = Object.entries(extensions).map(([oid, value]) => `${oid} = ${value}`);
      writeFileSync(config, `[req]\ndistinguished_name = dn\n[dn]\n[ext]\n${lines.join('\n')}\n`);
      const options = ['-x509', '-new', '-key', key, '-config', config, '-extensions', 'ext', '-days', '1'];
      const form = ['-utf8', '-subj', subject, '-outform', 'DER'];
      return parseCertificate(
        execFileSync('openssl', ['req', ...options, ...form], { stdio: ['ignore', 'pipe', 'pipe'] }),
      );
    },
    close: () => {
      rmSync(folder, { recursive: true });
    },
  };
};

/** openssl's notation of an extension's octets as they are. */
export const octets = (...parts: readonly (string | Uint8Array | readonly number[])[]): string =>
  `DER:${Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))).toString('hex')}`;
