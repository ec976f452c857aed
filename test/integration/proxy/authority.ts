import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { decodePem } from '../../../src/certificate/pem.ts';
import { authoritySettingsSchema } from '../../../src/trust/authority-settings.ts';
import { createTrustList, type TrustList } from '../../../src/trust/trust-list.ts';
import { haveTools } from '../../tools.ts';

export const haveOpenssl = haveTools('openssl');

export interface KeyPair {
  /** PEM: the certificate, then its issuer where it has one. */
  readonly cert: string;
  readonly key: string;
}

/** Root → issuing authority → people, and the gateway's own certificate; made by the openssl command. */
export interface TestAuthority {
  /** Presents the leaf and the issuing certificate. */
  readonly citizen: KeyPair;
  readonly enterprise: KeyPair;
  /** The citizen's leaf alone. */
  readonly leafOnly: KeyPair;
  /** Of an authority nobody trusts. */
  readonly stranger: KeyPair;
  readonly gateway: KeyPair;
  /** @param withIntermediate whether the list knows the issuing certificate, or only who presents it does */
  trustList(epoch: number, withIntermediate?: boolean): TrustList;
  readonly clientAuthorities: readonly Uint8Array[];
  remove(): void;
}

export const createTestAuthority = (): TestAuthority => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-proxy-'));
  const file = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const newKey = (name: string): void =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  const selfSigned = (name: string, subject: string, ...extensions: string[]): void => {
    newKey(name);
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      `${name}.key`,
      '-subj',
      subject,
      '-days',
      '365',
      '-out',
      `${name}.pem`,
      ...added,
    );
  };
  const issue = (name: string, subject: string, issuer: string, ...extensions: string[]): void => {
    newKey(name);
    writeFileSync(file(`${name}.ext`), extensions.join('\n'));
    openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    openssl(
      ...[
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        `${issuer}.pem`,
        '-CAkey',
        `${issuer}.key`,
        '-CAcreateserial',
      ],
      ...['-days', '300', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
    );
  };
  const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const PERSON = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=clientAuth',
  ];
  selfSigned('root', '/C=CN/O=Test Authority/CN=Test Root', ...CA);
  issue('issuing', '/C=CN/O=Test Authority/CN=Test Issuing', 'root', ...CA);
  issue('citizen', '/C=CN/CN=Wang Xiaoming', 'issuing', ...PERSON);
  issue('enterprise', '/C=CN/O=Lucky Trading/CN=Lucky Trading', 'issuing', ...PERSON);
  selfSigned('stranger', '/C=CN/CN=Nobody Knows', ...PERSON);
  selfSigned('gateway', '/CN=localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1');

  const pair = (name: string, ...chain: string[]): KeyPair => ({
    cert: [name, ...chain].map((each) => read(`${each}.pem`)).join(''),
    key: read(`${name}.key`),
  });
  const der = (name: string): Uint8Array => decodePem(read(`${name}.pem`))[0] as Uint8Array;
  const settings = authoritySettingsSchema.parse({
    authority: 'test-authority',
    name: { zh: '测试机构', en: 'Test Authority' },
    anchors: ['root.pem'],
    identity: { sources: [{ from: { subject: 'serialNumber' }, types: ['citizen-id-number'] }] },
  });
  return {
    citizen: pair('citizen', 'issuing'),
    enterprise: pair('enterprise', 'issuing'),
    leafOnly: pair('citizen'),
    stranger: pair('stranger'),
    gateway: pair('gateway'),
    clientAuthorities: [der('root'), der('issuing')],
    trustList: (epoch, withIntermediate = true) =>
      createTrustList(epoch, [
        {
          settings,
          anchors: [parseCertificate(der('root'))],
          intermediates: withIntermediate ? [parseCertificate(der('issuing'))] : [],
        },
      ]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
