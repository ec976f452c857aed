import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../../src/configuration/configuration-error.ts';
import { detachedSignatureProblem, signDetached } from '../../../src/trust/detached-signature.ts';
import { importEtsi } from '../../../src/trust/import/import-etsi.ts';
import { importPem } from '../../../src/trust/import/import-pem.ts';
import { readEtsiList } from '../../../src/trust/import/read-etsi-list.ts';
import { XmlError } from '../../../src/trust/import/read-xml.ts';
import { makeAuthority } from '../../conformance/chains/make-certificate.ts';
import { pem } from './written-list.ts';

/** What comes from outside is refused in words or read; nothing else ever comes out. */

const SAMPLE = readFileSync(join(import.meta.dirname, 'trusted-list.xml'));
const BUNDLE = Buffer.from(pem(makeAuthority({ subject: 'Root' }), makeAuthority({ subject: 'Other' })));

/** A few octets of `original` changed, taken out or put in. */
const mutationsOf = (original: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.record({
        at: fc.nat(original.length - 1),
        take: fc.nat(40),
        put: fc.oneof(
          fc.uint8Array({ maxLength: 8 }),
          fc
            .constantFrom('<', '>', '&', '<a>', '</', '<![CDATA[', '<!--', '<?xml ', '&#x0;', '-----BEGIN')
            .map((each) => Buffer.from(each)),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((changes) =>
      changes.reduce<Buffer>(
        (bytes, { at, take, put }) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + take)]),
        original,
      ),
    );

it('a trusted list with octets changed is read or refused with an XmlError', () => {
  fc.assert(
    fc.property(mutationsOf(SAMPLE), (bytes) => {
      try {
        importEtsi(readEtsiList(bytes), 'list.xml', Date.UTC(2026, 10, 1));
      } catch (error) {
        if (!(error instanceof XmlError)) throw error;
      }
    }),
    { numRuns: 1_000 },
  );
});

it('a bundle with octets changed is read or refused with a ConfigurationError', () => {
  fc.assert(
    fc.property(mutationsOf(BUNDLE), (bytes) => {
      try {
        importPem(bytes, 'bundle.pem');
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
      }
    }),
    { numRuns: 1_000 },
  );
});

describe.each([
  ['Ed25519', generateKeyPairSync('ed25519')],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
])('a signature of %s', (_kind, { privateKey, publicKey }) => {
  const payload = Buffer.from('{}');
  const [header = ''] = signDetached(payload, privateKey).split('.');

  it('is never good when it is something else, whatever its length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (signature) => {
        const jws = `${header}..${Buffer.from(signature).toString('base64url')}`;
        expect(detachedSignatureProblem(jws, payload, publicKey)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('is never good when it is any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (text) => {
        expect(detachedSignatureProblem(text, payload, publicKey)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});
