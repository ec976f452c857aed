import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import type { RefusalCode } from '../../../src/refusal/catalogue.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { createChallenge } from '../../../src/signin/challenge.ts';
import type { Credential } from '../../../src/signin/credential.ts';
import {
  verifyResponse,
  type ResponseContext,
  type SignedResponse,
} from '../../../src/signin/verify-response.ts';
import {
  element,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  set,
  tagged,
} from '../../conformance/chains/der-writer.ts';
import { makeAuthority, makeLeaf } from '../../conformance/chains/make-certificate.ts';
import { makeKey, pssSigner } from '../../conformance/chains/test-key.ts';
import {
  algorithm,
  attribute,
  ess,
  essCertId,
  issuerAndSerial,
  keyIdentifier,
  OID,
  sha256,
  usualAttributes,
  writeHostile,
  type Spec,
} from './hostile-signed-data.ts';

const NOW = Date.UTC(2026, 10, 24, 6);
const ORIGIN = 'https://signin.example.gov.cn';
const challenge = createChallenge({ origin: ORIGIN, browserSession: 'browser', at: NOW });
const content = Buffer.from(challenge.text);
const context: ResponseContext = {
  origin: ORIGIN,
  browserSession: 'browser',
  from: '192.0.2.1',
  at: NOW + 1,
};

const authority = makeAuthority();
const signer = makeLeaf({ issuer: authority, subject: '李伟' });
const other = makeLeaf({ issuer: authority, subject: '李伟' });

const answer = (
  response: SignedResponse,
  changed: Partial<ResponseContext> = {},
): Credential | RefusalCode => {
  const result = verifyResponse(response, challenge, { ...context, ...changed });
  if (!(result instanceof Refusal)) return result;
  if (result.code === 'ONECERT_INTERNAL') throw result;
  return result.code;
};
const cms = (signedData: Uint8Array, changed?: Partial<ResponseContext>): Credential | RefusalCode =>
  answer({ form: 'cms', signedData }, changed);
const written = (spec: Partial<Spec>, changed?: Partial<ResponseContext>): Credential | RefusalCode =>
  cms(writeHostile({ signer, content, ...spec }), changed);
const GOOD = expect.objectContaining({ proof: 'signed-challenge' }) as Credential;

describe('where and when a response comes from', () => {
  const signedData = writeHostile({ signer, content });
  it('is accepted in time, from the same site and browser', () => {
    expect(cms(signedData)).toEqual({
      chain: [Uint8Array.from(signer.der)],
      proof: 'signed-challenge',
      provenAt: NOW + 1,
      from: '192.0.2.1',
      claimedSigningTime: Date.UTC(2026, 10, 24),
      namesCertificate: false,
    });
  });
  it.each<[RefusalCode, string, Partial<ResponseContext>]>([
    ['ONECERT_CHALLENGE_EXPIRED', 'at its end', { at: NOW + 120_000 }],
    [
      'ONECERT_CHALLENGE_ORIGIN',
      'from another site',
      { origin: 'https://signin.example.gov.cn.evil.example' },
    ],
    ['ONECERT_CHALLENGE_ORIGIN', 'from another scheme', { origin: 'http://signin.example.gov.cn' }],
    ['ONECERT_CHALLENGE_ORIGIN', 'from another port', { origin: 'https://signin.example.gov.cn:8443' }],
    ['ONECERT_CHALLENGE_ORIGIN', 'from an opaque origin', { origin: 'null' }],
    ['ONECERT_CHALLENGE_ORIGIN', 'without an origin', { origin: undefined }],
    ['ONECERT_CHALLENGE_SESSION', 'from another browser', { browserSession: 'other' }],
  ])('%s: %s', (code, _what, changed) => {
    expect(cms(signedData, changed)).toBe(code);
  });
});

describe('CMS', () => {
  it.each<[string, Partial<Spec>]>([
    ['attached content', { attached: content }],
    ['no signed attributes', { signedAttributes: undefined }],
    ['signed attributes in DER order though sent in another', orderedOtherwise()],
    ['a key identifier', { sid: keyIdentifier(signer), signerVersion: 3 }],
    ['other certificates', { certificates: [authority.der, signer.der, other.der] }],
    ['the same certificate twice', { certificates: [signer.der, signer.der] }],
    ['a broken certificate beside', { certificates: [sequence(integer(1)), signer.der] }],
    ['CRLs', { crls: sequence(integer(1)) }],
    [
      'an unsigned attribute that says nothing of the content',
      { unsignedAttributes: [attribute(OID.counterSignature, sequence())] },
    ],
    ['id-ecPublicKey as the signature algorithm', { signatureAlgorithm: sequence(oid('1.2.840.10045.2.1')) }],
    [
      'id-ecPublicKey with its curve',
      { signatureAlgorithm: sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')) },
    ],
    [
      'an unknown signed attribute',
      { signedAttributes: sorted([...usualAttributes(content), attribute('1.2.3.4', nothing())]) },
    ],
    [
      'signingCertificate',
      {
        signedAttributes: sorted([...usualAttributes(content), ess(1, essCertId(signer, { hash: 'sha1' }))]),
      },
    ],
    [
      'algorithm protection',
      { signedAttributes: sorted([...usualAttributes(content), protection(OID.sha256)]) },
    ],
  ])('accepts %s', (_what, spec) => {
    expect(written(spec)).toEqual(GOOD);
  });

  it('the signer comes first in the chain, then the others in the order sent', () => {
    const result = written({ certificates: [authority.der, signer.der, other.der] }) as Credential;
    expect(result.chain.map((der) => Buffer.from(der))).toEqual([signer.der, authority.der, other.der]);
  });
  it('certificates that signingCertificateV2 does not name stay out of the chain', () => {
    const named = ess(2, essCertId(signer), essCertId(authority));
    const result = written({
      signedAttributes: sorted([...usualAttributes(content), named]),
      certificates: [authority.der, signer.der, other.der],
    }) as Credential;
    expect(result.chain.map((der) => Buffer.from(der))).toEqual([signer.der, authority.der]);
  });
  it('keeps nothing of what was sent alive', () => {
    const sent = writeHostile({ signer, content });
    const result = cms(sent) as Credential;
    expect(result.chain[0]?.buffer.byteLength).toBe(signer.der.length);
  });

  const signed = (...attributes: readonly Uint8Array[]): Partial<Spec> => ({
    signedAttributes: sorted(attributes),
  });
  const [typeAttribute, timeAttribute, digestAttribute] = usualAttributes(content) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const wrongDigest = attribute(OID.messageDigest, octetString(sha256(Buffer.from('other'))));

  it.each<[RefusalCode, string, Partial<Spec>]>([
    [
      'ONECERT_CHALLENGE_CONTENT',
      'attached content that differs',
      { attached: Buffer.from(`${challenge.text} `) },
    ],
    [
      'ONECERT_CHALLENGE_CONTENT',
      'attached content that differs, digest of the challenge',
      { attached: Buffer.from('other'), signedAttributes: usualAttributes(content) },
    ],
    ['ONECERT_CHALLENGE_CONTENT', 'a digest that differs', signed(typeAttribute, wrongDigest)],
    [
      'ONECERT_CHALLENGE_CONTENT',
      'an empty digest',
      signed(typeAttribute, attribute(OID.messageDigest, octetString(Buffer.alloc(0)))),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_SIGNATURE',
      'the attributes signed as they are sent, under [0]',
      { signatureOver: tagged(0, ...usualAttributes(content)) },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_SIGNATURE',
      'a signature over the content beside signed attributes',
      { signatureOver: content },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_SIGNATURE',
      'a signature over attributes sent as content',
      { signedAttributes: undefined, signatureOver: set(...usualAttributes(content)) },
    ],
    ['ONECERT_SIGNED_RESPONSE_ATTRIBUTES', 'an unsigned digest', { unsignedAttributes: [digestAttribute] }],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'an unsigned digest that lies, none signed',
      { ...signed(typeAttribute, timeAttribute), unsignedAttributes: [wrongDigest] },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'an unsigned digest without signed attributes',
      { signedAttributes: undefined, unsignedAttributes: [digestAttribute] },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'an unsigned content type',
      { unsignedAttributes: [typeAttribute] },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'an unsigned signing time',
      { unsignedAttributes: [timeAttribute] },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'an unsigned signingCertificateV2',
      { unsignedAttributes: [ess(2, essCertId(signer))] },
    ],
    ['ONECERT_SIGNED_RESPONSE_ATTRIBUTES', 'no digest', signed(typeAttribute)],
    ['ONECERT_SIGNED_RESPONSE_ATTRIBUTES', 'no content type', signed(digestAttribute)],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'two digests',
      signed(typeAttribute, digestAttribute, wrongDigest),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'a digest of two values',
      signed(
        typeAttribute,
        attribute(OID.messageDigest, octetString(sha256(content)), octetString(Buffer.alloc(32))),
      ),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'a digest without a value',
      signed(typeAttribute, attribute(OID.messageDigest)),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ATTRIBUTES',
      'other algorithms signed than used',
      signed(typeAttribute, digestAttribute, protection(OID.sha512)),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CONTENT_TYPE',
      'another content type signed',
      signed(attribute(OID.contentType, oid('1.2.840.113549.1.9.16.1.4')), digestAttribute),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CONTENT_TYPE',
      "the Chinese content type signed, RFC 5652's used",
      signed(attribute(OID.contentType, oid('1.2.156.10197.6.1.4.2.1')), digestAttribute),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CONTENT_TYPE',
      'another content type',
      { contentType: '1.2.840.113549.1.9.16.1.4' },
    ],
    ['ONECERT_SIGNED_RESPONSE_CONTENT_TYPE', 'EnvelopedData', { outerType: '1.2.840.113549.1.7.3' }],
    ['ONECERT_SIGNED_RESPONSE_SIGNERS', 'no signer', { signerCount: 0 }],
    ['ONECERT_SIGNED_RESPONSE_SIGNERS', 'two signers', { signerCount: 2 }],
    ['ONECERT_SIGNED_RESPONSE_CERTIFICATE', 'no certificate', { certificates: [] }],
    [
      'ONECERT_SIGNED_RESPONSE_CERTIFICATE',
      "another's certificate",
      { certificates: [other.der, authority.der] },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_SIGNATURE',
      "another's certificate, named",
      { certificates: [other.der], sid: issuerAndSerial(other) },
    ],
    ['ONECERT_SIGNED_RESPONSE_CERTIFICATE', 'two certificates with the same issuer and number', twins()],
    [
      'ONECERT_SIGNED_RESPONSE_CERTIFICATE',
      'a key identifier of another',
      { sid: keyIdentifier(other), signerVersion: 3 },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CERTIFICATE',
      'signingCertificateV2 of another',
      signed(typeAttribute, digestAttribute, ess(2, essCertId(other))),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CERTIFICATE',
      "signingCertificateV2 with another's number",
      signed(typeAttribute, digestAttribute, ess(2, essCertId(signer, { named: other }))),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CERTIFICATE',
      'signingCertificateV2 with the signer second',
      signed(typeAttribute, digestAttribute, ess(2, essCertId(other), essCertId(signer))),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CERTIFICATE',
      'signingCertificateV2 of an unknown hash',
      signed(typeAttribute, digestAttribute, ess(2, essCertId(signer, { hashOid: '1.2.3.4' }))),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_CERTIFICATE',
      'signingCertificate of another beside a right V2',
      signed(
        typeAttribute,
        digestAttribute,
        ess(2, essCertId(signer)),
        ess(1, essCertId(other, { hash: 'sha1' })),
      ),
    ],
    ['ONECERT_CERTIFICATE_MALFORMED', 'a broken certificate only', { certificates: [sequence(integer(1))] }],
    ['ONECERT_SIGNED_RESPONSE_ALGORITHM', 'SHA-1', { digestAlgorithm: algorithm('1.3.14.3.2.26') }],
    [
      'ONECERT_SIGNED_RESPONSE_ALGORITHM',
      'a digest other than the signature’s',
      { digestAlgorithm: algorithm(OID.sha512) },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ALGORITHM',
      'SM3 with ECDSA',
      {
        digestAlgorithm: algorithm('1.2.156.10197.1.401'),
        signatureAlgorithm: sequence(oid('1.2.840.10045.2.1')),
      },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ALGORITHM',
      'RSA with an EC key',
      { signatureAlgorithm: algorithm('1.2.840.113549.1.1.11') },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ALGORITHM',
      'SM2 with a key of P-256',
      {
        signatureAlgorithm: algorithm('1.2.156.10197.1.501'),
        digestAlgorithm: algorithm('1.2.156.10197.1.401'),
      },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_ALGORITHM',
      'an unknown algorithm',
      { signatureAlgorithm: algorithm('1.2.3.4') },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_MALFORMED',
      'a version that does not go with the signer identifier',
      { signerVersion: 3 },
    ],
    ['ONECERT_SIGNED_RESPONSE_MALFORMED', 'empty signed attributes', { signedAttributes: [] }],
    ['ONECERT_SIGNED_RESPONSE_MALFORMED', 'something after the signers', { after: nothing() }],
    [
      'ONECERT_SIGNED_RESPONSE_MALFORMED',
      'an attribute certificate',
      { certificates: [element(0xa2, integer(1))] },
    ],
    [
      'ONECERT_SIGNED_RESPONSE_MALFORMED',
      'forty attributes',
      signed(
        ...usualAttributes(content),
        ...Array.from({ length: 40 }, (_, index) => attribute(`1.2.3.${index}`, nothing())),
      ),
    ],
    [
      'ONECERT_SIGNED_RESPONSE_TOO_LARGE',
      'eleven certificates',
      { certificates: [signer.der, ...Array.from({ length: 10 }, (_, index) => sequence(integer(index)))] },
    ],
    ['ONECERT_SIGNED_RESPONSE_TOO_LARGE', '64 KiB', { attached: Buffer.alloc(65_536) }],
  ])('%s: %s', (code, _what, spec) => {
    expect(written(spec)).toBe(code);
  });

  it('signingCertificateV2 is required where the policy says so; version 1 does not do', () => {
    const required = { requiresSigningCertificate: () => true };
    const usual = usualAttributes(content);
    expect(written({}, required)).toBe('ONECERT_SIGNING_CERTIFICATE_REQUIRED');
    expect(written(signed(...usual, ess(1, essCertId(signer, { hash: 'sha1' }))), required)).toBe(
      'ONECERT_SIGNING_CERTIFICATE_REQUIRED',
    );
    expect(written(signed(...usual, ess(2, essCertId(signer))), required)).toEqual(GOOD);
    const asked: string[] = [];
    written({}, { requiresSigningCertificate: ({ fingerprint }) => asked.push(fingerprint) > 5 });
    expect(asked).toEqual([signer.parsed.fingerprint]);
  });

  it('RSASSA-PSS with one hash for the message and another for the mask is refused', () => {
    const rsa = makeLeaf({ issuer: authority, key: makeKey('rsa2048') });
    const by = (maskHash: string) => {
      const { algorithm: der, sign } = pssSigner(rsa.key.privateKey, { maskHash });
      return written({
        signer: { ...rsa, key: { ...rsa.key, sign }, parsed: rsa.parsed },
        signatureAlgorithm: der,
      });
    };
    expect(by('sha256')).toEqual(GOOD);
    expect(by('sha512')).toBe('ONECERT_SIGNED_RESPONSE_ALGORITHM');
  });

  it('Ed25519 takes SHA-512 for the attributes and nothing else (RFC 8419)', () => {
    const ed25519 = makeLeaf({ issuer: authority, key: makeKey('ed25519') });
    const digest = createHash('sha512').update(content).digest();
    const attributes = sorted([typeAttribute, attribute(OID.messageDigest, octetString(digest))]);
    expect(
      written({ signer: ed25519, signedAttributes: attributes, digestAlgorithm: algorithm(OID.sha512) }),
    ).toEqual(GOOD);
    expect(written({ signer: ed25519 })).toBe('ONECERT_SIGNED_RESPONSE_ALGORITHM');
  });
});

describe('BER', () => {
  const good = writeHostile({ signer, content, attached: content });
  const indefinite = (tag: number, ...parts: readonly Uint8Array[]): Buffer =>
    Buffer.concat([Uint8Array.of(tag, 0x80), ...parts, Uint8Array.of(0, 0)]);
  const partsOf = (der: Buffer): Buffer[] => {
    const parts: Buffer[] = [];
    for (let at = headerOf(der, 0); at < der.length;) {
      const start = at;
      at = headerOf(der, at) + lengthOf(der, at);
      parts.push(der.subarray(start, at));
    }
    return parts;
  };

  it('indefinite lengths all the way down are the same SignedData', () => {
    // Certificates and attributes too, which are signed in DER.
    const rewrite = (der: Buffer): Buffer =>
      ((der[0] as number) & 0x20) === 0 ? der : indefinite(der[0] as number, ...partsOf(der).map(rewrite));
    expect(cms(rewrite(good))).toEqual(cms(good));
  });
  it('lengths in more octets than needed are the same SignedData', () => {
    const body = partsOf(good);
    const length = Buffer.concat(body).length;
    expect(
      cms(Buffer.concat([Uint8Array.of(0x30, 0x84, 0, 0, length >> 8, length & 0xff), ...body])),
    ).toEqual(cms(good));
  });
  it('content in pieces is the same content', () => {
    const inPieces = (der: Buffer): Buffer => {
      if (der.equals(octetString(content)))
        return indefinite(
          0x24,
          octetString(content.subarray(0, 10)),
          element(0x24, octetString(content.subarray(10, 20)), octetString(content.subarray(20))),
        );
      return ((der[0] as number) & 0x20) === 0
        ? der
        : element(der[0] as number, ...partsOf(der).map(inPieces));
    };
    const pieces = inPieces(good);
    expect(pieces.equals(good)).toBe(false);
    expect(cms(pieces)).toEqual(cms(good));
  });
  it.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['an indefinite length without an end', Buffer.from(good).fill(0x80, 1, 2)],
    ['deep nesting', Buffer.alloc(40_000, '3080', 'hex')],
    [
      'deep nesting of definite lengths',
      Array.from({ length: 60 }).reduce<Buffer>((inner) => sequence(inner), nothing()),
    ],
    ['an indefinite length of a primitive', Buffer.from('3006048001020000', 'hex')],
    ['pieces that are none', Buffer.from('240602010102010100', 'hex').subarray(0, 8)],
    ['a length of 2^32', Buffer.from('3085010000000000', 'hex')],
    ['a tag of several octets', Buffer.from('1f810100', 'hex')],
  ])('%s is refused', (_what, bytes) => {
    expect(cms(bytes)).toBe('ONECERT_SIGNED_RESPONSE_MALFORMED');
  });
});

describe('Whatever is done to a response', () => {
  const originals = [
    writeHostile({ signer, content, certificates: [signer.der, authority.der] }),
    writeHostile({
      signer,
      content,
      attached: content,
      signedAttributes: sorted([...usualAttributes(content), ess(2, essCertId(signer))]),
    }),
    writeHostile({ signer, content, signedAttributes: undefined }),
  ];
  const change = fc.record({
    kind: fc.constantFrom('set' as const, 'flip' as const, 'remove' as const, 'repeat' as const),
    at: fc.nat(),
    value: fc.integer({ min: 0, max: 255 }),
  });
  type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
  const apply = (der: Buffer, { kind, at, value }: Change): Buffer => {
    const where = at % Math.max(der.length, 1);
    const copy = Buffer.from(der);
    if (kind === 'set') copy[where] = value;
    if (kind === 'flip') copy[where] = (copy[where] ?? 0) ^ (1 << (value & 7));
    if (kind === 'remove')
      return Buffer.concat([copy.subarray(0, where), copy.subarray(where + (value % 40) + 1)]);
    if (kind === 'repeat')
      return Buffer.concat([copy.subarray(0, where + (value % 40) + 1), copy.subarray(where)]);
    return copy;
  };

  it.each([0, 1, 2])('nothing but a Credential of the signer or a Refusal comes out (%i)', (which) => {
    const original = originals[which] as Buffer;
    const counted = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const result = cms(changes.reduce(apply, original));
        counted[typeof result === 'string' ? 'refused' : 'accepted']++;
        // The certificate is not signed by its holder (the verdict checks who did); whose key it is does not change.
        if (typeof result !== 'string') {
          const { publicKey } = parseCertificate(result.chain[0] as Uint8Array);
          expect(Buffer.from(publicKey.spki)).toEqual(signer.key.spki);
        }
      }),
      { numRuns: 1500 },
    );
    expect(counted.refused).toBeGreaterThan(counted.accepted / 3);
  });

  it('a key written as a hybrid point, which OpenSSL would take, is no certificate of the signer', () => {
    const der = Buffer.from(signer.der);
    const at = der.indexOf(signer.key.spki.subarray(-65));
    // 6 or 7 by the parity of y (SEC 1 section 2.3.3 has no such form).
    der[at] = 6 | ((der[at + 64] as number) & 1);
    expect(() => parseCertificate(der)).toThrow(/hybrid/);
  });

  it('bytes that are no CMS at all are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof cms(bytes)).toBe('string');
      }),
    );
  });
});

/** In DER's order, as they have to be signed. */
function sorted(attributes: readonly Uint8Array[]): Uint8Array[] {
  return [...attributes].sort((a, b) => Buffer.compare(a, b));
}
function orderedOtherwise(): Partial<Spec> {
  const attributes = sorted(usualAttributes(content));
  return { signedAttributes: attributes.toReversed(), signatureOver: set(...attributes) };
}
function protection(digestOid: string): Buffer {
  const inner = Buffer.from(signer.key.algorithm);
  return attribute(
    OID.algorithmProtection,
    sequence(algorithm(digestOid), Buffer.concat([Uint8Array.of(0xa1), inner.subarray(1)])),
  );
}
function twins(): Partial<Spec> {
  const twin = makeLeaf({ issuer: authority, subject: '李伟', serialNumber: signer.parsed.serialNumber });
  return { certificates: [twin.der, signer.der] };
}
function headerOf(der: Buffer, at: number): number {
  const first = der[at + 1] as number;
  return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}
function lengthOf(der: Buffer, at: number): number {
  const first = der[at + 1] as number;
  return first < 0x80 ? first : der.readUIntBE(at + 2, first & 0x7f);
}
