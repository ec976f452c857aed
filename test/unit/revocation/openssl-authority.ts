import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { decodePem } from '../../../src/certificate/pem.ts';
import { haveTools } from '../../tools.ts';

/** An authority whose certificates, CRLs and OCSP responses the openssl command makes. */

export const haveOpenssl = haveTools('openssl');

export const openssl = (...args: string[]): Buffer =>
  execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

export type KeyKind = 'rsa' | 'ecdsa' | 'ed25519' | 'sm2';

const GENERATE: Readonly<Record<KeyKind, readonly string[]>> = {
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ecdsa: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ed25519: ['-algorithm', 'ED25519'],
  sm2: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2'],
};
const DISTID = 'distid:1234567812345678';
/** How x509 and req are told to sign with the authority's key. */
const SIGN: Readonly<Record<KeyKind, readonly string[]>> = {
  rsa: ['-sha256'],
  ecdsa: ['-sha256'],
  ed25519: [],
  sm2: ['-sm3', '-sigopt', DISTID],
};
/** The same, for `openssl ocsp`. */
const RESPOND: Readonly<Record<KeyKind, readonly string[]>> = {
  rsa: ['-rmd', 'sha256'],
  ecdsa: ['-rmd', 'sha256'],
  ed25519: [],
  sm2: ['-rmd', 'sm3', '-rsigopt', DISTID],
};

/** The same, for `openssl ca`. */
const CRL_SIGN: Readonly<Record<KeyKind, readonly string[]>> = {
  rsa: ['-md', 'sha256'],
  ecdsa: ['-md', 'sha256'],
  ed25519: ['-md', 'null'],
  sm2: ['-md', 'sm3', '-sigopt', DISTID],
};

const asn1Time = (at: number): string => new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '');

export interface Issued {
  readonly certificate: Certificate;
  readonly file: string;
  readonly key: string;
}

export interface ResponseOptions {
  readonly signer?: Issued;
  /** As `openssl ocsp` takes them; later ones win. */
  readonly args?: readonly string[];
}

export interface OpensslAuthority extends Issued {
  readonly folder: string;
  /** Folder of `openssl ca`'s own files. */
  readonly index: string;
  issue(name: string, options?: { days?: number; extensions?: readonly string[]; kind?: KeyKind }): Issued;
  /** Sets down what the authority's index says: V, or R with time (YYMMDDHHMMSSZ) and reason. */
  writeIndex(entries: readonly { of: Issued; revoked?: string; reason?: string }[]): void;
  /** The responder's answer to a request (DER). */
  respond(request: Uint8Array, options?: ResponseOptions): Buffer;
  /** A CRL of what the index says (DER), made by `openssl ca`. Times are ms since the epoch. */
  crl(options: { number: number; thisUpdate: number; nextUpdate: number }): Buffer;
}

export const readPemCertificate = (file: string): Certificate =>
  parseCertificate(decodePem(readFileSync(file, 'utf8'))[0] as Uint8Array);

let serial = 0x10a0;

export const createAuthority = (kind: KeyKind, name = `Test ${kind} authority`): OpensslAuthority => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-authority-'));
  const file = (of: string): string => join(folder, of);
  const generate = (key: string, of: KeyKind): void => {
    openssl('genpkey', ...GENERATE[of], '-out', key);
  };
  const caKey = file('ca.key');
  const caFile = file('ca.pem');
  generate(caKey, kind);
  openssl(
    ...['req', '-x509', '-new', '-key', caKey, ...SIGN[kind], '-subj', `/C=CN/O=${name}`, '-days', '3650'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature', '-out', caFile],
  );
  const index = file('index.txt');
  writeFileSync(index, '');

  const issue: OpensslAuthority['issue'] = (
    subject,
    { days = 365, extensions = [], kind: of = kind } = {},
  ) => {
    const id = (serial++).toString(16);
    const key = file(`${id}.key`);
    const request = file(`${id}.csr`);
    const out = file(`${id}.pem`);
    const extensionFile = file(`${id}.cnf`);
    generate(key, of);
    openssl('req', '-new', '-key', key, ...SIGN[of], '-subj', `/C=CN/CN=${subject}`, '-out', request);
    writeFileSync(extensionFile, ['authorityKeyIdentifier=keyid', ...extensions].join('\n'));
    openssl(
      ...['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-set_serial', `0x${id}`],
      ...['-days', String(days), '-extfile', extensionFile, '-out', out, ...SIGN[kind]],
      ...(of === 'sm2' ? ['-vfyopt', DISTID] : []),
    );
    return { certificate: readPemCertificate(out), file: out, key };
  };

  const writeIndex: OpensslAuthority['writeIndex'] = (entries) => {
    const lines = entries.map(({ of, revoked, reason }) => {
      const when = revoked === undefined ? '' : `${revoked}${reason === undefined ? '' : `,${reason}`}`;
      const number = of.certificate.serialHex.toUpperCase();
      return [
        revoked === undefined ? 'V' : 'R',
        '491231235959Z',
        when,
        number,
        'unknown',
        `/CN=${number}`,
      ].join('\t');
    });
    writeFileSync(index, lines.map((line) => `${line}\n`).join(''));
  };

  const respond: OpensslAuthority['respond'] = (request, { signer, args = [] } = {}) => {
    const reqFile = file('request.der');
    const out = file('response.der');
    writeFileSync(reqFile, request);
    openssl(
      ...['ocsp', '-index', index, '-CA', caFile, '-rsigner', signer?.file ?? caFile],
      ...['-rkey', signer?.key ?? caKey, '-reqin', reqFile, '-respout', out, '-nmin', '60'],
      ...RESPOND[kind],
      ...args,
    );
    return readFileSync(out);
  };

  const crl: OpensslAuthority['crl'] = ({ number, thisUpdate, nextUpdate }) => {
    const hex = number.toString(16);
    writeFileSync(file('crlnumber'), `${hex.length % 2 === 0 ? hex : `0${hex}`}\n`);
    writeFileSync(
      file('ca.cnf'),
      [
        '[ca]\ndefault_ca = authority\n[authority]',
        `database = ${index}\ncrlnumber = ${file('crlnumber')}\nprivate_key = ${caKey}\ncertificate = ${caFile}`,
        'default_md = sha256\ncrl_extensions = extensions\n[extensions]\nauthorityKeyIdentifier = keyid',
      ].join('\n'),
    );
    const out = file('ca.crl');
    openssl(
      ...['ca', '-gencrl', '-config', file('ca.cnf'), '-out', out, ...CRL_SIGN[kind]],
      ...['-crl_lastupdate', asn1Time(thisUpdate), '-crl_nextupdate', asn1Time(nextUpdate)],
    );
    return openssl('crl', '-in', out, '-outform', 'DER');
  };

  return {
    folder,
    index,
    crl,
    certificate: readPemCertificate(caFile),
    file: caFile,
    key: caKey,
    issue,
    writeIndex,
    respond,
  };
};

export const OCSP_SIGNING = ['extendedKeyUsage=OCSPSigning', 'keyUsage=digitalSignature'];
