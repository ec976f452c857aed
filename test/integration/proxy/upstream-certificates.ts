import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A department's own authority and what it issued; made by the openssl command. */
export interface UpstreamCertificates {
  readonly folder: string;
  /** PEM of the authority. */
  readonly authority: string;
  /** For localhost and 127.0.0.1. */
  readonly server: Pair;
  /** The same names, of the same authority, with another key. */
  readonly other: Pair;
  /** For tax.internal alone. */
  readonly named: Pair;
  /** What the gateway presents. */
  readonly client: Pair;
  /** SHA-256 of SubjectPublicKeyInfo, base64, as `openssl` computes it. */
  pinOf(pair: Pair): string;
  remove(): void;
}

export const createUpstreamCertificates = (): UpstreamCertificates => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-upstream-'));
  const run = (input: string, ...args: string[]): Buffer =>
    execFileSync('openssl', args, { cwd: folder, input, stdio: ['pipe', 'pipe', 'pipe'] });
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const newKey = (name: string): Buffer =>
    run('', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  newKey('ca');
  const selfSigned = ['req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=Tax Internal', '-days', '30'];
  run('', ...selfSigned, '-addext', 'basicConstraints=critical,CA:TRUE', '-out', 'ca.pem');
  const issue = (name: string, extension: string): Pair => {
    newKey(name);
    writeFileSync(join(folder, `${name}.ext`), extension);
    run('', 'req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '20'];
    run(
      '',
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signing,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
  };
  const local = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  return {
    folder,
    authority: read('ca.pem'),
    server: issue('server', local),
    other: issue('other', local),
    named: issue('named', 'subjectAltName=DNS:tax.internal'),
    client: issue('client', 'extendedKeyUsage=clientAuth'),
    pinOf: ({ cert }) => {
      const spki = run(cert, 'x509', '-pubkey', '-noout');
      const der = run(spki.toString(), 'pkey', '-pubin', '-outform', 'DER');
      return execFileSync('openssl', ['dgst', '-sha256', '-binary'], { input: der }).toString('base64');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
