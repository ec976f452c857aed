import fc from 'fast-check';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DerError } from '../../../src/certificate/der.ts';
import { answerFromOcsp, isAnswered } from '../../../src/revocation/ocsp-answer.ts';
import { newOcspNonce, writeOcspRequest } from '../../../src/revocation/ocsp-request.ts';
import { parseOcspResponse } from '../../../src/revocation/ocsp-response.ts';
import type { RevocationAnswer } from '../../../src/revocation/types.ts';
import {
  verifyOcspResponse,
  type OcspExpectation,
  type VerifiedOcspResponse,
} from '../../../src/revocation/verify-ocsp.ts';
import {
  createAuthority,
  haveOpenssl,
  openssl,
  OCSP_SIGNING,
  type Issued,
  type KeyKind,
  type OpensslAuthority,
  type ResponseOptions,
} from './openssl-authority.ts';

const HOUR = 3_600_000;
const maximumAge = 10 * 60_000;
const asked = (of: Issued, issuer: Issued) => ({ certificate: of.certificate, issuer: issuer.certificate });

interface City {
  readonly authority: OpensslAuthority;
  readonly good: Issued;
  readonly revoked: Issued;
  readonly held: Issued;
  readonly missing: Issued;
}

const createCity = (kind: KeyKind): City => {
  const authority = createAuthority(kind);
  const [good, revoked, held, missing] = ['good', 'revoked', 'held', 'missing'].map((name) =>
    authority.issue(name, { kind: kind === 'rsa' ? 'ecdsa' : kind }),
  ) as [Issued, Issued, Issued, Issued];
  authority.writeIndex([
    { of: good },
    { of: revoked, revoked: '260102030405Z', reason: 'keyCompromise' },
    { of: held, revoked: '260203040506Z', reason: 'certificateHold' },
  ]);
  return { authority, good, revoked, held, missing };
};

const verifyOk = async (der: Uint8Array, expectation: OcspExpectation): Promise<VerifiedOcspResponse> => {
  const result = await verifyOcspResponse(der, expectation);
  if (!result.ok) throw new Error(`refused: ${result.problem} ${result.steps.at(-1)?.en}`);
  return result.response;
};

const statusOf = (answer: RevocationAnswer): unknown =>
  answer.status === 'good' || answer.status === 'unknown'
    ? answer.status
    : { status: answer.status, reason: answer.reason, revokedAt: new Date(answer.revokedAt).toISOString() };

(haveOpenssl ? describe : describe.skip)('OCSP responses made by openssl', () => {
  const cities = new Map<KeyKind, City>();
  beforeAll(() => {
    for (const kind of ['rsa', 'ecdsa', 'ed25519', 'sm2'] as const) cities.set(kind, createCity(kind));
  });
  const city = (kind: KeyKind): City => cities.get(kind) as City;

  describe.each(['rsa', 'ecdsa', 'ed25519', 'sm2'] as const)('%s', (kind) => {
    it.each(['sha1', 'sha256'] as const)(
      'answers about several certificates in one response (CertIDs by %s)',
      async (hash) => {
        const { authority, good, revoked, held, missing } = city(kind);
        const all = [good, revoked, held, missing];
        const nonce = newOcspNonce();
        const request = writeOcspRequest(
          all.map((each) => asked(each, authority)),
          hash,
          nonce,
        );
        const at = Date.now();
        const response = await verifyOk(authority.respond(request), {
          issuer: authority.certificate,
          at,
          nonce: { sent: nonce, required: true },
        });
        const answers = all.map(({ certificate }) =>
          answerFromOcsp(response, certificate, { at, maximumAge }),
        );
        expect(answers.map(statusOf)).toEqual([
          'good',
          { status: 'revoked', reason: 'keyCompromise', revokedAt: '2026-01-02T03:04:05.000Z' },
          { status: 'on-hold', reason: 'certificateHold', revokedAt: '2026-02-03T04:05:06.000Z' },
          'unknown',
        ]);
        expect(answers[0]).toMatchObject({ validUntil: at + maximumAge });
        expect(answers[0]?.steps.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
          'ocsp-response passed',
          'ocsp-nonce passed',
          'ocsp-responder passed',
          'ocsp-certificate passed',
          'ocsp-time passed',
          'ocsp-status passed',
        ]);
        expect(answers.slice(1).map(({ steps }) => steps.at(-1)?.code)).toEqual([
          'ONECERT_CERTIFICATE_REVOKED',
          'ONECERT_CERTIFICATE_ON_HOLD',
          'ONECERT_REVOCATION_UNKNOWN',
        ]);
      },
    );

    it('takes the answer of a delegated responder, by name or by key', async () => {
      const { authority, good } = city(kind);
      const signer = authority.issue('responder', { extensions: [...OCSP_SIGNING, 'noCheck=ignored'] });
      const request = writeOcspRequest([asked(good, authority)], 'sha256');
      for (const args of [[], ['-resp_key_id']]) {
        const at = Date.now();
        const response = await verifyOk(authority.respond(request, { signer, args }), {
          issuer: authority.certificate,
          at,
        });
        expect(answerFromOcsp(response, good.certificate, { at, maximumAge }).status).toBe('good');
        expect(response.steps.at(-1)?.on).toBe('CN=responder,C=CN');
      }
    });

    it('refuses every response with one bit changed, or says the same', async () => {
      const { authority, revoked } = city(kind);
      const signer = authority.issue('responder', { extensions: [...OCSP_SIGNING, 'noCheck=ignored'] });
      const der = authority.respond(writeOcspRequest([asked(revoked, authority)], 'sha256'), { signer });
      const at = Date.now();
      await fc.assert(
        fc.asyncProperty(fc.nat(der.length * 8 - 1), async (bit) => {
          const flipped = Buffer.from(der);
          flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
          const result = await verifyOcspResponse(flipped, { issuer: authority.certificate, at });
          // Nothing is signed about, or by, what a change outside signed bytes touches: then the answer stands.
          const answer = result.ok
            ? answerFromOcsp(result.response, revoked.certificate, { at, maximumAge })
            : undefined;
          expect(answer?.status ?? 'refused').toMatch(/^(?:refused|revoked)$/);
          if (!result.ok) expect(result.steps.at(-1)?.code).toBe('ONECERT_REVOCATION_UNKNOWN');
        }),
        { numRuns: kind === 'sm2' ? 60 : 300 },
      );
    });
  });

  it('refuses responses cut, doubled in part or mixed, without throwing', async () => {
    const { authority, good, revoked } = city('ecdsa');
    const [a, b] = [good, revoked].map((each) =>
      authority.respond(writeOcspRequest([asked(each, authority)], 'sha256')),
    ) as [Buffer, Buffer];
    const at = Date.now();
    await fc.assert(
      fc.asyncProperty(fc.nat(a.length), fc.nat(b.length), fc.nat(a.length), async (cut, from, to) => {
        for (const bytes of [
          a.subarray(0, cut),
          Buffer.concat([a.subarray(0, cut), b.subarray(from)]),
          Buffer.concat([a.subarray(0, cut), a.subarray(to)]),
        ]) {
          const result = await verifyOcspResponse(bytes, { issuer: authority.certificate, at });
          if (!result.ok) continue;
          // Only a response that is whole verifies: then it says of this certificate what it said before.
          const { status } = answerFromOcsp(result.response, good.certificate, { at, maximumAge });
          expect(status).toBe(bytes.equals(a) ? 'good' : 'unknown');
        }
      }),
      { numRuns: 500 },
    );
  });

  const ask = async (
    options: ResponseOptions = {},
    expectation: Partial<OcspExpectation> = {},
  ): Promise<string> => {
    const { authority, good } = city('ecdsa');
    const nonce = expectation.nonce?.sent;
    const der = authority.respond(writeOcspRequest([asked(good, authority)], 'sha256', nonce), options);
    const at = expectation.at ?? Date.now();
    const result = await verifyOcspResponse(der, { issuer: authority.certificate, at, ...expectation });
    if (!result.ok) return result.problem;
    const answer = answerFromOcsp(result.response, good.certificate, { at, maximumAge });
    return answer.status === 'unknown' ? (answer.steps.at(-1)?.check ?? '') : answer.status;
  };

  describe('who may answer', () => {
    const delegate = (extensions: readonly string[], days = 365): Issued =>
      city('ecdsa').authority.issue('delegate', { extensions, days });

    it('refuses a certificate of the authority without the purpose', async () => {
      expect(await ask({ signer: delegate(['keyUsage=digitalSignature']) })).toBe('responder');
      expect(await ask({ signer: delegate(['extendedKeyUsage=anyExtendedKeyUsage']) })).toBe('responder');
      expect(await ask({ signer: delegate(['extendedKeyUsage=clientAuth']) })).toBe('responder');
    });

    it('refuses a delegate that may not sign, has expired, or has an unknown critical extension', async () => {
      const purpose = 'extendedKeyUsage=OCSPSigning';
      expect(await ask({ signer: delegate([purpose, 'keyUsage=keyEncipherment']) })).toBe('responder');
      const signer = delegate([...OCSP_SIGNING, 'noCheck=ignored'], 1);
      expect(await ask({ signer })).toBe('good');
      const afterwards = { at: Date.now() + 48 * HOUR };
      expect(await ask({ signer, args: ['-nmin', '10000'] }, afterwards)).toBe('responder');
      const critical = '1.2.3.4=critical,DER:0500';
      expect(await ask({ signer: delegate([...OCSP_SIGNING, 'noCheck=ignored', critical]) })).toBe(
        'responder',
      );
    });

    it('refuses a delegate of another authority of the same name', async () => {
      const impostor = createAuthority('ecdsa');
      const signer = impostor.issue('delegate', { extensions: [...OCSP_SIGNING, 'noCheck=ignored'] });
      expect(impostor.certificate.subject.key).toBe(city('ecdsa').authority.certificate.subject.key);
      expect(await ask({ signer })).toBe('responder');
      expect(await ask({ signer: impostor })).toBe('responder');
      expect(await ask({ signer: impostor, args: ['-resp_no_certs'] })).toBe('signature');
    });

    it('asks whether a delegate without nocheck is revoked', async () => {
      const named = [...OCSP_SIGNING, 'crlDistributionPoints=URI:http://crl.example/ca.crl'];
      const signer = delegate(named);
      expect(await ask({ signer })).toBe('responder');
      for (const [status, outcome] of [
        ['good', 'good'],
        ['revoked', 'responder'],
        ['unknown', 'responder'],
      ] as const) {
        expect(await ask({ signer }, { delegateStatus: () => Promise.resolve(status) })).toBe(outcome);
      }
      // RFC 6960 section 4.2.2.2.1: no way of checking is named at all.
      expect(await ask({ signer: delegate(OCSP_SIGNING) })).toBe('good');
      expect(await ask({ signer: delegate(OCSP_SIGNING) }, { delegateStatus: () => 'revoked' })).toBe(
        'responder',
      );
    });

    it('refuses a response whose signer sent no certificate', async () => {
      const signer = delegate([...OCSP_SIGNING, 'noCheck=ignored']);
      expect(await ask({ signer, args: ['-resp_no_certs'] })).toBe('responder');
    });

    it('refuses SHA-1 and MD5 signatures', async () => {
      expect(await ask({ args: ['-rmd', 'sha1'] })).toBe('responder');
      const { authority, good } = city('rsa');
      const request = writeOcspRequest([asked(good, authority)], 'sha256');
      for (const hash of ['sha1', 'md5']) {
        const der = authority.respond(request, { args: ['-rmd', hash] });
        const result = await verifyOcspResponse(der, { issuer: authority.certificate, at: Date.now() });
        expect(result).toMatchObject({ ok: false, problem: 'responder' });
      }
    });

    it('takes RSASSA-PSS', async () => {
      const { authority, good } = city('rsa');
      const request = writeOcspRequest([asked(good, authority)], 'sha256');
      const args = ['-rsigopt', 'rsa_padding_mode:pss', '-rsigopt', 'rsa_pss_saltlen:32'];
      const at = Date.now();
      const response = await verifyOk(authority.respond(request, { args }), {
        issuer: authority.certificate,
        at,
      });
      expect(answerFromOcsp(response, good.certificate, { at, maximumAge }).status).toBe('good');
    });
  });

  describe('what it is about', () => {
    it('says nothing of a certificate that was not asked about', async () => {
      const { authority, good, revoked } = city('ecdsa');
      const der = authority.respond(writeOcspRequest([asked(good, authority)], 'sha256'));
      const at = Date.now();
      const response = await verifyOk(der, { issuer: authority.certificate, at });
      expect(isAnswered(response, good.certificate)).toBe(true);
      expect(isAnswered(response, revoked.certificate)).toBe(false);
      const answer = answerFromOcsp(response, revoked.certificate, { at, maximumAge });
      expect(answer.status).toBe('unknown');
      expect(answer.steps.at(-1)).toMatchObject({ check: 'ocsp-certificate', outcome: 'failed' });
    });

    it('does not take an answer about the same serial number of another issuer', async () => {
      const { authority, good } = city('ecdsa');
      const other = city('rsa').authority;
      other.writeIndex([{ of: good }]);
      const der = other.respond(writeOcspRequest([asked(good, other)], 'sha256'));
      const at = Date.now();
      expect(await verifyOcspResponse(der, { issuer: authority.certificate, at })).toMatchObject({
        ok: false,
      });
      const response = await verifyOk(der, { issuer: other.certificate, at });
      // The certificate's own issuer name is hashed, and this response was made for that name: only the key differs.
      const forged = { ...good.certificate, issuer: authority.certificate.subject };
      expect(isAnswered({ ...response, issuer: authority.certificate }, forged)).toBe(false);
    });
  });

  describe('when', () => {
    it('refuses one from the future and one past its nextUpdate, and allows for clocks a little off', async () => {
      const now = Date.now();
      expect(await ask({}, { at: now - 30_000 })).toBe('good');
      expect(await ask({}, { at: now - 10 * 60_000 })).toBe('time');
      expect(await ask({}, { at: now + HOUR - 30_000 })).toBe('good');
      expect(await ask({}, { at: now + HOUR + 30_000 })).toBe('good');
      expect(await ask({}, { at: now + HOUR + 10 * 60_000 })).toBe('ocsp-time');
    });

    it('refuses one without nextUpdate that is older than answers may be', async () => {
      const { authority, good } = city('ecdsa');
      const request = writeOcspRequest([asked(good, authority)], 'sha256');
      const file = join(authority.folder, 'no-next.der');
      const requestFile = join(authority.folder, 'no-next-request.der');
      writeFileSync(requestFile, request);
      openssl(
        ...['ocsp', '-index', authority.index, '-CA', authority.file, '-rsigner', authority.file],
        ...['-rkey', authority.key, '-reqin', requestFile, '-respout', file],
      );
      const at = Date.now();
      const response = await verifyOk(readFileSync(file), { issuer: authority.certificate, at });
      const answer = (later: number): string =>
        answerFromOcsp(response, good.certificate, { at: at + later, maximumAge }).status;
      expect(answer(0)).toBe('good');
      expect(answer(maximumAge)).toBe('good');
      expect(answer(maximumAge + 2 * 60_000)).toBe('unknown');
    });
  });

  describe('the nonce', () => {
    it('must be the one sent, and there when required', async () => {
      const sent = newOcspNonce();
      expect(await ask({}, { nonce: { sent, required: true } })).toBe('good');
      expect(await ask({ args: ['-no_nonce'] }, { nonce: { sent, required: false } })).toBe('good');
      const { authority, good } = city('ecdsa');
      const withoutNonce = authority.respond(writeOcspRequest([asked(good, authority)], 'sha256'));
      const withOther = authority.respond(
        writeOcspRequest([asked(good, authority)], 'sha256', newOcspNonce()),
      );
      const verify = (der: Uint8Array, required: boolean) =>
        verifyOcspResponse(der, {
          issuer: authority.certificate,
          at: Date.now(),
          nonce: { sent, required },
        });
      expect(await verify(withoutNonce, false)).toMatchObject({ ok: true });
      expect(await verify(withoutNonce, true)).toMatchObject({ ok: false, problem: 'nonce' });
      expect(await verify(withOther, false)).toMatchObject({ ok: false, problem: 'nonce' });
    });
  });

  it('makes requests that openssl reads', () => {
    const { authority, good, revoked } = city('ecdsa');
    const nonce = newOcspNonce();
    const file = join(authority.folder, 'ours.der');
    writeFileSync(
      file,
      writeOcspRequest([asked(good, authority), asked(revoked, authority)], 'sha256', nonce),
    );
    const text = openssl('ocsp', '-reqin', file, '-req_text').toString();
    expect(text.match(/Hash Algorithm: sha256/g)).toHaveLength(2);
    expect(text).toContain(`Serial Number: ${revoked.certificate.serialHex.toUpperCase()}`);
    expect(text.replaceAll(/\s/g, '')).toContain(`0420${Buffer.from(nonce).toString('hex').toUpperCase()}`);
  });
});

describe('bytes that are no OCSP response', () => {
  it.each([
    ['nothing', ''],
    ['a responder that asks to try later', '30030a0103', 'tryLater'],
    ['a status that does not exist', '30030a0104'],
    ['success without an answer', '30030a0100'],
    ['an answer beside a failure', '300b0a0101a006300406022a03'],
    ['bytes after the end', '30030a010300'],
    ['a length that is too long a form', '3081030a0103'],
  ])('%s', async (_name, hex, status = 'malformed') => {
    const der = Buffer.from(hex, 'hex');
    if (status === 'malformed') expect(() => parseOcspResponse(der)).toThrow(DerError);
    else expect(parseOcspResponse(der)).toEqual({ status });
  });

  it('never throws anything but DerError for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          parseOcspResponse(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
