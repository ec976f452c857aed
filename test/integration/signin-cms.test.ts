import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSignedData } from '../../examples/key-agent/cms-writer.ts';
import { readSoftKey } from '../../examples/key-agent/soft-key.ts';
import type { RefusalCode } from '../../src/refusal/catalogue.ts';
import { Refusal } from '../../src/refusal/refusal.ts';
import { createChallenge } from '../../src/signin/challenge.ts';
import type { Credential } from '../../src/signin/credential.ts';
import type { RawAlgorithm } from '../../src/signin/raw-signature.ts';
import {
  verifyResponse,
  type ResponseContext,
  type SignedResponse,
} from '../../src/signin/verify-response.ts';
import {
  createAuthority,
  haveOpenssl,
  openssl,
  type Issued,
  type KeyKind,
  type OpensslAuthority,
} from '../unit/revocation/openssl-authority.ts';

const withOpenssl = haveOpenssl ? describe : describe.skip;

const NOW = Date.UTC(2026, 10, 24, 6, 30);
const ORIGIN = 'https://signin.example.gov.cn';
const challenge = createChallenge({ origin: ORIGIN, browserSession: 'browser', at: NOW });
const context: ResponseContext = {
  origin: ORIGIN,
  browserSession: 'browser',
  from: '192.0.2.1',
  at: NOW + 1000,
};

const answer = (
  response: SignedResponse,
  changed: Partial<ResponseContext> = {},
): Credential | RefusalCode => {
  const result = verifyResponse(response, challenge, { ...context, ...changed });
  if (!(result instanceof Refusal)) return result;
  if (result.code === 'ONECERT_INTERNAL') throw result;
  return result.code;
};
const answerCms = (signedData: Uint8Array, changed?: Partial<ResponseContext>): Credential | RefusalCode =>
  answer({ form: 'cms', signedData }, changed);

const chainOf = (result: Credential | RefusalCode): string[] => {
  if (typeof result === 'string') throw new Error(result);
  return result.chain.map((der) => Buffer.from(der).toString('hex'));
};
const hexOf = ({ certificate }: { certificate: Issued['certificate'] }): string =>
  Buffer.from(certificate.der).toString('hex');

withOpenssl('A challenge signed by the openssl command', () => {
  const authorities = {} as Record<KeyKind, OpensslAuthority>;
  const people = {} as Record<KeyKind, Issued>;
  let message: string;
  let out: string;

  beforeAll(() => {
    for (const kind of ['rsa', 'ecdsa', 'ed25519', 'sm2'] as const) {
      authorities[kind] = createAuthority(kind);
      people[kind] = authorities[kind].issue('Li Wei', {
        extensions: ['keyUsage=critical,digitalSignature,nonRepudiation', 'subjectKeyIdentifier=hash'],
      });
    }
    message = join(authorities.rsa.folder, 'message');
    out = join(authorities.rsa.folder, 'signed.der');
    writeFileSync(message, challenge.text);
  });
  afterAll(() => {
    for (const { folder } of Object.values(authorities)) rmSync(folder, { recursive: true });
  });

  const signer = ({ file, key }: Issued): string[] => ['-signer', file, '-inkey', key];
  const cms = (person: Issued, ...args: readonly string[]): Buffer => {
    openssl(
      ...['cms', '-sign', '-binary', '-in', message, ...signer(person), '-outform', 'DER', '-out', out],
      ...args,
    );
    return readFileSync(out);
  };

  describe('is accepted', () => {
    it.each<[string, KeyKind, readonly string[]]>([
      ['RSA, detached', 'rsa', []],
      ['RSA, attached', 'rsa', ['-nodetach']],
      ['RSA with SHA-384', 'rsa', ['-md', 'sha384']],
      ['RSA with SHA-512', 'rsa', ['-md', 'sha512']],
      ['RSASSA-PSS', 'rsa', ['-md', 'sha256', '-keyopt', 'rsa_padding_mode:pss']],
      [
        'RSASSA-PSS, short salt',
        'rsa',
        ['-md', 'sha384', '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:48'],
      ],
      ['ECDSA', 'ecdsa', ['-md', 'sha256']],
      ['ECDSA, attached', 'ecdsa', ['-md', 'sha512', '-nodetach']],
      ['RSA without signed attributes', 'rsa', ['-noattr']],
      ['ECDSA without signed attributes, attached', 'ecdsa', ['-md', 'sha256', '-noattr', '-nodetach']],
      ['with signingCertificateV2 (CAdES)', 'rsa', ['-cades']],
      ['with signingCertificateV2 over SHA-512', 'ecdsa', ['-cades', '-md', 'sha512']],
      ['signer named by key identifier', 'rsa', ['-keyid']],
      ['streamed: BER of indefinite lengths', 'rsa', ['-stream', '-nodetach']],
      ['streamed, detached', 'ecdsa', ['-stream', '-md', 'sha256']],
    ])('%s', (_what, kind, args) => {
      const result = answerCms(cms(people[kind], ...args));
      expect(chainOf(result)).toEqual([hexOf(people[kind])]);
      expect(result).toMatchObject({ proof: 'signed-challenge', provenAt: NOW + 1000, from: '192.0.2.1' });
    });

    it('with its issuer, which becomes part of the presented chain', () => {
      const result = answerCms(cms(people.rsa, '-certfile', authorities.rsa.file));
      expect(chainOf(result)[0]).toBe(hexOf(people.rsa));
      expect(chainOf(result).slice(1)).toEqual([hexOf(authorities.rsa)]);
    });

    it('the signing time is recorded', () => {
      const before = Math.floor(Date.now() / 1000) * 1000;
      const result = answerCms(cms(people.rsa)) as Credential;
      expect(result.claimedSigningTime).toBeGreaterThanOrEqual(before);
      expect((answerCms(cms(people.rsa, '-noattr')) as Credential).claimedSigningTime).toBeUndefined();
    });

    it('when signingCertificateV2 is required and there', () => {
      const required = { requiresSigningCertificate: () => true };
      expect(chainOf(answerCms(cms(people.ecdsa, '-cades', '-md', 'sha256'), required))).toHaveLength(1);
      expect(answerCms(cms(people.ecdsa, '-md', 'sha256'), required)).toBe(
        'ONECERT_SIGNING_CERTIFICATE_REQUIRED',
      );
      expect(answerCms(cms(people.ecdsa, '-noattr', '-md', 'sha256'), required)).toBe(
        'ONECERT_SIGNING_CERTIFICATE_REQUIRED',
      );
    });
  });

  describe('is refused', () => {
    it('with several signers', () => {
      expect(answerCms(cms(people.rsa, ...signer(people.ecdsa)))).toBe('ONECERT_SIGNED_RESPONSE_SIGNERS');
    });
    it('without the certificate', () => {
      expect(answerCms(cms(people.rsa, '-nocerts'))).toBe('ONECERT_SIGNED_RESPONSE_CERTIFICATE');
    });
    it("with another's certificate only", () => {
      const signed = cms(people.rsa, '-nocerts', '-certfile', people.ecdsa.file);
      expect(answerCms(signed)).toBe('ONECERT_SIGNED_RESPONSE_CERTIFICATE');
    });
    it.each(['sha1', 'md5', 'sha224'])('with %s', (md) => {
      expect(answerCms(cms(people.rsa, '-md', md))).toBe('ONECERT_SIGNED_RESPONSE_ALGORITHM');
    });
    it('as other content type', () => {
      const signed = cms(people.rsa, '-econtent_type', '1.2.840.113549.1.9.16.1.4', '-nodetach');
      expect(answerCms(signed)).toBe('ONECERT_SIGNED_RESPONSE_CONTENT_TYPE');
    });
    it('when it is no SignedData', () => {
      openssl('cms', '-data_create', '-in', message, '-outform', 'DER', '-out', out);
      expect(answerCms(readFileSync(out))).toBe('ONECERT_SIGNED_RESPONSE_CONTENT_TYPE');
      openssl('cms', '-encrypt', '-aes256', '-in', message, '-outform', 'DER', '-out', out, people.rsa.file);
      expect(answerCms(readFileSync(out))).toBe('ONECERT_SIGNED_RESPONSE_CONTENT_TYPE');
    });
    it('over text in the form of e-mail, with CRLF', () => {
      openssl('cms', '-sign', '-in', message, ...signer(people.rsa), '-outform', 'DER', '-out', out);
      expect(answerCms(readFileSync(out))).toBe('ONECERT_CHALLENGE_CONTENT');
    });
    it.each([
      ['detached', [], 'ONECERT_CHALLENGE_CONTENT'],
      ['attached', ['-nodetach'], 'ONECERT_CHALLENGE_CONTENT'],
      ['attached without signed attributes', ['-nodetach', '-noattr'], 'ONECERT_CHALLENGE_CONTENT'],
      ['detached without signed attributes', ['-noattr'], 'ONECERT_SIGNED_RESPONSE_SIGNATURE'],
    ] as const)('over other text, %s', (_what, args, code) => {
      const other = join(authorities.rsa.folder, 'other');
      writeFileSync(other, challenge.text.replace('signin', 'signln'));
      openssl(
        'cms',
        '-sign',
        '-binary',
        '-in',
        other,
        ...signer(people.rsa),
        '-outform',
        'DER',
        '-out',
        out,
        ...args,
      );
      expect(answerCms(readFileSync(out))).toBe(code);
    });
    it("with the certificate's twin of another key: same issuer, same number", () => {
      const twin = authorities.rsa.issue('Li Wei');
      const signed = cms(people.rsa, '-nocerts', '-certfile', twin.file);
      const renumbered = Buffer.from(
        signed.toString('hex').replace(twin.certificate.serialHex, people.rsa.certificate.serialHex),
        'hex',
      );
      expect(answerCms(renumbered)).toBe('ONECERT_SIGNED_RESPONSE_SIGNATURE');
    });
  });

  describe('as a raw signature', () => {
    const pkeyutl = (person: Issued, ...args: readonly string[]): Buffer => {
      openssl('pkeyutl', '-sign', '-rawin', '-inkey', person.key, '-in', message, '-out', out, ...args);
      return readFileSync(out);
    };
    const raw = (
      person: Issued,
      algorithm: RawAlgorithm,
      signature: Uint8Array,
      encoding: 'der' | 'fixed' = 'der',
    ) => answer({ form: 'raw', algorithm, encoding, signature, chain: [person.certificate.der] });
    const PSS = ['-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', 'rsa_pss_saltlen:digest'];
    const SM2 = ['-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'];

    it.each<[RawAlgorithm, KeyKind, readonly string[]]>([
      ['rsa-pkcs1-sha256', 'rsa', ['-digest', 'sha256']],
      ['rsa-pkcs1-sha512', 'rsa', ['-digest', 'sha512']],
      ['rsa-pss-sha256', 'rsa', ['-digest', 'sha256', ...PSS]],
      ['rsa-pss-sha384', 'rsa', ['-digest', 'sha384', ...PSS]],
      ['ecdsa-sha256', 'ecdsa', ['-digest', 'sha256']],
      ['ed25519', 'ed25519', []],
      ['sm2-sm3', 'sm2', SM2],
    ])('%s is accepted, and refused under another key or algorithm', (algorithm, kind, args) => {
      const signature = pkeyutl(people[kind], ...args);
      expect(chainOf(raw(people[kind], algorithm, signature))).toEqual([hexOf(people[kind])]);
      expect(raw(authorities[kind], algorithm, signature)).toBe('ONECERT_SIGNED_RESPONSE_SIGNATURE');
      const wrong = algorithm === 'ed25519' ? 'ecdsa-sha256' : 'ed25519';
      expect(raw(people[kind], wrong, signature)).toBe('ONECERT_SIGNED_RESPONSE_ALGORITHM');
      signature[signature.length - 1]! ^= 1;
      expect(raw(people[kind], algorithm, signature)).toBe('ONECERT_SIGNED_RESPONSE_SIGNATURE');
    });

    it.each<['ecdsa-sha256' | 'sm2-sm3', KeyKind, readonly string[]]>([
      ['ecdsa-sha256', 'ecdsa', ['-digest', 'sha256']],
      ['sm2-sm3', 'sm2', SM2],
    ])('%s as r and s of fixed length', (algorithm, kind, args) => {
      const fixed = fixedForm(pkeyutl(people[kind], ...args));
      expect(chainOf(raw(people[kind], algorithm, fixed, 'fixed'))).toHaveLength(1);
      expect(raw(people[kind], algorithm, fixed)).toBe('ONECERT_SIGNED_RESPONSE_SIGNATURE');
      expect(raw(people[kind], algorithm, fixed.subarray(1), 'fixed')).toBe(
        'ONECERT_SIGNED_RESPONSE_SIGNATURE',
      );
    });
  });

  describe('as CMS by the reference agent', () => {
    const sign = (
      kind: KeyKind,
      options: { attached?: boolean; dialect?: 'cms' | 'gmt-0010' } = {},
    ): Buffer =>
      writeSignedData({
        key: readSoftKey(readFileSync(people[kind].key, 'utf8')),
        certificates: [people[kind].certificate.der, authorities[kind].certificate.der],
        content: Buffer.from(challenge.text),
        ...options,
      });

    it.each<KeyKind>(['rsa', 'ecdsa'])('openssl verifies what the agent writes (%s)', (kind) => {
      writeFileSync(out, sign(kind));
      openssl(
        ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', out, '-content', message, '-cades'],
        ...['-CAfile', authorities[kind].file, '-purpose', 'any'],
      );
    });

    it.each<[KeyKind, { attached?: boolean; dialect?: 'cms' | 'gmt-0010' }]>([
      ['rsa', {}],
      ['ecdsa', { attached: true }],
      ['ed25519', {}],
      ['ed25519', { attached: true }],
      ['sm2', {}],
      ['sm2', { attached: true }],
      ['sm2', { dialect: 'cms' }],
    ])('%s is accepted (%p)', (kind, options) => {
      const signed = sign(kind, options);
      expect(chainOf(answerCms(signed, { requiresSigningCertificate: () => true }))).toEqual([
        hexOf(people[kind]),
        hexOf(authorities[kind]),
      ]);
    });

    // openssl 3.0 makes no CMS with these keys, but it makes the signature inside.
    it.each<[KeyKind, readonly string[]]>([
      ['sm2', ['-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678']],
      ['ed25519', []],
    ])('%s is accepted when openssl signs the attributes', (kind, args) => {
      const key = readSoftKey(readFileSync(people[kind].key, 'utf8'));
      const attributes = join(authorities[kind].folder, 'attributes');
      const signed = writeSignedData({
        key: {
          ...key,
          sign: (data) => {
            writeFileSync(attributes, data);
            openssl(
              'pkeyutl',
              '-sign',
              '-rawin',
              '-inkey',
              people[kind].key,
              '-in',
              attributes,
              '-out',
              out,
              ...args,
            );
            return readFileSync(out);
          },
        },
        certificates: [people[kind].certificate.der],
        content: Buffer.from(challenge.text),
      });
      expect(chainOf(answerCms(signed))).toEqual([hexOf(people[kind])]);
      expect(answer({ form: 'cms', signedData: signed }, { at: challenge.expiresAt })).toBe(
        'ONECERT_CHALLENGE_EXPIRED',
      );
    });

    it('the Chinese form has the object identifiers of GM/T 0010', () => {
      const dump = opensslDump(sign('sm2', { attached: true }));
      for (const oid of [
        '1.2.156.10197.6.1.4.2.2',
        '1.2.156.10197.6.1.4.2.1',
        '1.2.156.10197.1.301.1',
        'sm3',
      ])
        expect(dump).toContain(oid);
    });
  });

  const opensslDump = (der: Uint8Array): string => {
    writeFileSync(out, der);
    return openssl('asn1parse', '-inform', 'DER', '-in', out).toString('latin1');
  };
});

/** r and s, each of 32 octets, of their DER. */
const fixedForm = (der: Uint8Array): Buffer => {
  const r = der.subarray(4, 4 + (der[3] as number));
  const s = der.subarray(4 + r.length + 2);
  return Buffer.concat([r, s].map((integer) => Buffer.concat([Buffer.alloc(32), integer]).subarray(-32)));
};
