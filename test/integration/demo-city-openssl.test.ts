import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { DerReader, TAG } from '../../src/certificate/der.ts';
import { decodePem } from '../../src/certificate/pem.ts';
import { openDemoCity, type DemoCertificate } from '../../src/demo/index.ts';
import { openCity, TRUSTED, type OpenedCity } from './opened-demo-city.ts';
import { describeWith } from '../tools.ts';

const DISTID = 'distid:1234567812345678';
/** What the openssl command can verify from end to end; for SM2 it has to be led. */
const WITHOUT_SM2 = ['yuean', 'zhujiang'] as const;

const withOpenssl = describeWith('openssl');

/** Both streams: openssl says its verdicts now on one, now on the other. */
const openssl = async (...args: string[]): Promise<{ code: number | null; output: string }> => {
  const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
};

withOpenssl('openssl on the demo city', () => {
  let opened: OpenedCity;
  const file = (name: string): string => join(opened.folder, name);
  const authorityFile = (authority: string, name: string): string => opened.authorityFile(authority, name);

  beforeAll(async () => {
    opened = await openCity();
  });
  afterAll(async () => opened.close());

  /** openssl gives the signer's id to the certificate it is asked about, not to those above: one step at a time. */
  const verify = async (certificate: DemoCertificate): Promise<string> => {
    const { authority } = certificate;
    const root = authorityFile(authority, 'root.crt');
    const issuing = authorityFile(authority, 'issuing.crt');
    const args =
      authority === 'pengcheng'
        ? ['-vfyopt', DISTID, '-partial_chain', '-trusted', issuing]
        : ['-CAfile', root, '-untrusted', issuing];
    return (await openssl('verify', '-x509_strict', ...args, certificate.certificate)).output;
  };

  it('verifies every chain, and finds what is wrong with time alone', async () => {
    for (const certificate of opened.certificates) {
      const expected =
        certificate.refusal === 'ONECERT_CERTIFICATE_EXPIRED'
          ? 'certificate has expired'
          : certificate.refusal === 'ONECERT_CERTIFICATE_NOT_YET_VALID'
            ? 'certificate is not yet valid'
            : `${certificate.certificate}: OK`;
      expect(await verify(certificate)).toContain(expected);
    }
  });

  it('verifies the issuing authorities and the delegated responders', async () => {
    for (const authority of TRUSTED) {
      const distid = authority === 'pengcheng' ? ['-vfyopt', DISTID] : [];
      const root = authorityFile(authority, 'root.crt');
      const issuing = authorityFile(authority, 'issuing.crt');
      expect((await openssl('verify', '-x509_strict', ...distid, '-CAfile', root, issuing)).output).toBe(
        `${issuing}: OK\n`,
      );
      if (authority === 'zhujiang') continue;
      const responder = authorityFile(authority, 'ocsp.crt');
      const trusted = ['-partial_chain', '-trusted', issuing];
      expect((await openssl('verify', '-x509_strict', ...distid, ...trusted, responder)).output).toBe(
        `${responder}: OK\n`,
      );
    }
    const { certificate, ca } = opened.city.files.tls;
    const server = await openssl(
      'verify',
      '-x509_strict',
      '-verify_hostname',
      'localhost',
      '-CAfile',
      ca,
      certificate,
    );
    expect(server.code).toBe(0);
  });

  const download = async (url: string): Promise<Buffer> => {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };

  it.each(WITHOUT_SM2)('verifies the CRLs of %s', async (authority) => {
    for (const name of ['root', 'issuing']) {
      const crlFile = file(`${authority}-${name}.crl`);
      writeFileSync(
        crlFile,
        await download(`http://127.0.0.1:${opened.city.cityPort}/${authority}/${name}.crl`),
      );
      const args = ['-inform', 'DER', '-in', crlFile, '-CAfile', authorityFile(authority, `${name}.crt`)];
      const { output } = await openssl('crl', ...args, '-noout', '-text');
      expect(output).toContain('verify OK');
      expect(output).toContain('X509v3 CRL Number');
    }
  });

  /** Parts of Certificate, CertificateList or BasicOCSPResponse: all are what is signed, algorithm, signature. */
  const signedParts = (signed: Uint8Array): { tbs: Uint8Array; signature: Uint8Array } => {
    const whole = new DerReader(signed).enter(TAG.sequence);
    const tbs = whole.element(TAG.sequence);
    whole.element(TAG.sequence);
    return { tbs, signature: whole.bitString().octets };
  };

  /** The openssl command takes no signer's id for CRLs and OCSP answers: it verifies their signatures as such. */
  const verifySm2 = async (signed: Uint8Array, signerFile: string): Promise<string> => {
    const { tbs, signature } = signedParts(signed);
    writeFileSync(file('tbs'), tbs);
    writeFileSync(file('signature'), signature);
    writeFileSync(file('key'), (await openssl('x509', '-in', signerFile, '-pubkey', '-noout')).output);
    const args = ['-sm3', '-verify', file('key'), '-sigopt', DISTID, '-signature', file('signature')];
    return (await openssl('dgst', ...args, file('tbs'))).output;
  };

  it('verifies the CRLs and the root of the SM2 authority', async () => {
    for (const name of ['root', 'issuing']) {
      const crl = await download(`http://127.0.0.1:${opened.city.cityPort}/pengcheng/${name}.crl`);
      expect(await verifySm2(crl, authorityFile('pengcheng', `${name}.crt`))).toBe('Verified OK\n');
      const damaged = Buffer.from(crl);
      damaged[40] = (damaged[40] as number) ^ 1;
      expect(await verifySm2(damaged, authorityFile('pengcheng', `${name}.crt`))).not.toContain(
        'Verified OK',
      );
    }
    const root = decodePem(readFileSync(authorityFile('pengcheng', 'root.crt'), 'latin1'))[0] as Uint8Array;
    expect(await verifySm2(root, authorityFile('pengcheng', 'root.crt'))).toBe('Verified OK\n');
  });

  const askOcsp = (authority: string, person: string, ...more: string[]) =>
    openssl(
      'ocsp',
      ...['-issuer', authorityFile(authority, 'issuing.crt')],
      ...['-cert', opened.city.certificate(person, authority).certificate],
      ...['-url', `http://127.0.0.1:${opened.city.cityPort}/${authority}/ocsp`],
      ...['-CAfile', authorityFile(authority, 'root.crt')],
      ...['-verify_other', authorityFile(authority, 'issuing.crt')],
      ...more,
    );

  it.each(WITHOUT_SM2)('believes the OCSP answers of %s', async (authority) => {
    for (const [person, status] of [
      ['li-wei', 'good'],
      ['revoked', 'revoked'],
      ['on-hold', 'revoked'],
    ] as const) {
      const { output } = await askOcsp(authority, person);
      expect(output).toContain('Response verify OK');
      expect(output).toMatch(new RegExp(`\\.crt: ${status}`));
      // The client compares the nonce; without an echo it would warn.
      expect(output).not.toContain('WARNING');
      if (person === 'on-hold') expect(output).toContain('certificateHold');
    }
  });

  it('believes the OCSP answers of the SM2 authority, signed by its delegate', async () => {
    const answer = file('sm2-answer');
    const { output } = await askOcsp('pengcheng', 'revoked', '-noverify', '-respout', answer);
    expect(output).toMatch(/\.crt: revoked/);
    expect(output).toContain('keyCompromise');
    const response = new DerReader(readFileSync(answer)).enter(TAG.sequence);
    response.element(0x0a);
    const bytes = response.enter(0xa0).enter(TAG.sequence);
    bytes.oid();
    const basic = bytes.content(TAG.octetString);
    expect(await verifySm2(basic, authorityFile('pengcheng', 'ocsp.crt'))).toBe('Verified OK\n');
  });

  it('gets no answer about what another authority issued, and "unknown" about a number never issued', async () => {
    const url = `http://127.0.0.1:${opened.city.cityPort}/zhujiang/ocsp`;
    const issuer = ['-issuer', authorityFile('yuean', 'issuing.crt')];
    expect((await openssl('ocsp', ...issuer, '-serial', '0x77', '-url', url)).output).toContain(
      'unauthorized',
    );
    const own = ['-issuer', authorityFile('zhujiang', 'issuing.crt')];
    const unknown = await openssl('ocsp', ...own, '-serial', '0x77', '-url', url, '-noverify');
    expect(unknown.output).toContain('0x77: unknown');
  });

  it('gets OCSP by GET as well, and malformedRequest for what is no request', async () => {
    const request = file('request');
    const { certificate } = opened.city.certificate('li-wei', 'zhujiang');
    const issuer = authorityFile('zhujiang', 'issuing.crt');
    await openssl('ocsp', '-issuer', issuer, '-cert', certificate, '-reqout', request);
    const url = `http://127.0.0.1:${opened.city.cityPort}/zhujiang/ocsp`;
    const answer = await download(`${url}/${encodeURIComponent(readFileSync(request).toString('base64'))}`);
    const answerFile = file('answer');
    writeFileSync(answerFile, answer);
    const { output } = await openssl(
      'ocsp',
      '-respin',
      answerFile,
      '-CAfile',
      authorityFile('zhujiang', 'root.crt'),
      '-verify_other',
      issuer,
    );
    expect(output).toContain('Response verify OK');
    const bad = await fetch(url, { method: 'POST', body: 'hello' });
    expect(Buffer.from(await bad.arrayBuffer()).toString('hex')).toBe('30030a0101');
  });

  it('opens every PKCS#12 file: AES-256 for the key, SHA-256 for the MAC', async () => {
    const files = opened.certificates.flatMap(({ pkcs12 }) => pkcs12 ?? []);
    expect(files.length).toBe(
      opened.certificates.filter(({ authority }) => authority !== 'pengcheng').length,
    );
    for (const each of files) {
      const { code, output } = await openssl(
        'pkcs12',
        '-info',
        '-in',
        each,
        '-passin',
        'pass:onecert',
        '-nodes',
      );
      expect(code).toBe(0);
      expect(output).toContain('MAC: sha256');
      expect(output).toContain('PBES2, PBKDF2, AES-256-CBC');
      expect(output).toContain('BEGIN PRIVATE KEY');
      expect(output.match(/BEGIN CERTIFICATE/g)?.length).toBe(2);
      const wrong = await openssl('pkcs12', '-in', each, '-passin', 'pass:wrong', '-nodes');
      expect(wrong.code).not.toBe(0);
    }
    // Another reader: the OpenSSL inside Node, which a browser's import is nearer to.
    const pfx = readFileSync(opened.city.certificate('li-wei', 'zhujiang').pkcs12 as string);
    expect(() => createSecureContext({ pfx, passphrase: 'onecert' })).not.toThrow();
  });

  it('sees a revocation at once, in the CRL and by OCSP, and a hold that was lifted', async () => {
    const { serial } = opened.city.certificate('lianhua-trade', 'zhujiang');
    const crlSerials = async (): Promise<string> => {
      const crlFile = file('live.crl');
      writeFileSync(crlFile, await download(`http://127.0.0.1:${opened.city.cityPort}/zhujiang/issuing.crl`));
      return (await openssl('crl', '-inform', 'DER', '-in', crlFile, '-noout', '-text')).output.toLowerCase();
    };
    expect(await crlSerials()).not.toContain(serial);
    await opened.city.revoke('zhujiang', serial, 'certificateHold');
    expect(await crlSerials()).toContain(serial);
    expect((await askOcsp('zhujiang', 'lianhua-trade')).output).toContain('.crt: revoked');
    await opened.city.release('zhujiang', serial);
    expect(await crlSerials()).not.toContain(serial);
    expect((await askOcsp('zhujiang', 'lianhua-trade')).output).toContain('.crt: good');
    await opened.city.revoke('zhujiang', serial, 'keyCompromise');
    await expect(opened.city.release('zhujiang', serial)).rejects.toThrow('revoked for good');
    // Remembered, also by a city that is opened anew.
    const again = await openDemoCity({ folder: opened.folder });
    expect(again.authorities.get('zhujiang')?.ledger.statusOf(serial)).toMatchObject({
      reason: 'keyCompromise',
    });
  });
});
