import { randomBytes } from 'node:crypto';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { bitString, element, integer, oid, sequence, set, tagged, time, utf8String } from './der-writer.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyUsage,
  subjectKeyIdentifier,
  type TestExtension,
} from './test-extensions.ts';
import { makeKey, type Signer, type TestKey } from './test-key.ts';

/** The moment the tests' certificates are judged at, unless they say otherwise. */
export const NOW = Date.UTC(2026, 5, 1, 12);
export const DAY = 86_400_000;

/** A certificate with the key it is about, so that it can issue others. */
export interface TestCertificate {
  readonly der: Buffer;
  /** Name with its header. */
  readonly subject: Buffer;
  readonly key: TestKey;
  /** Parsed by the product. Throws Refusal where the certificate is wrong on purpose. */
  readonly parsed: Certificate;
}

export interface CertificateSpec {
  /** Common name, or a whole Name with its header. */
  readonly subject: string | Uint8Array;
  /** Who issues it; itself where left out. */
  readonly issuer?: TestCertificate | undefined;
  /** A Name other than the issuer's own. */
  readonly issuerName?: Uint8Array;
  readonly key?: TestKey;
  /** Signs instead of the issuer's key. */
  readonly signer?: Signer;
  readonly extensions?: readonly TestExtension[];
  readonly serialNumber?: Uint8Array;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** As written: 0 is version 1, which is left out, and 2 version 3. */
  readonly version?: 0 | 1 | 2;
  /** Changes the certificate's parts before it is put together. */
  readonly change?: Partial<
    Record<'validity' | 'innerAlgorithm' | 'outerAlgorithm' | 'spki' | 'after', Uint8Array>
  >;
}

export type NamePart = readonly [type: string, text: string, write?: (text: string) => Uint8Array];

/** A Name of one attribute a part, most significant first: `name(['2.5.4.6', 'CN'], ['2.5.4.3', '张三'])`. */
export const name = (...attributes: readonly NamePart[]): Buffer =>
  sequence(...attributes.map(([type, text, write = utf8String]) => set(sequence(oid(type), write(text)))));

export const commonName = (text: string): Buffer => name(['2.5.4.3', text]);

/** Makes and signs a certificate exactly as `spec` says: no extension is added. */
export const makeCertificate = (spec: CertificateSpec): TestCertificate => {
  const { issuer, extensions = [], version = 2, change = {} } = spec;
  const key = spec.key ?? makeKey();
  const subject = typeof spec.subject === 'string' ? commonName(spec.subject) : Buffer.from(spec.subject);
  const signer = spec.signer ?? issuer?.key ?? key;
  const tbs = sequence(
    ...(version === 0 ? [] : [tagged(0, integer(version))]),
    element(0x02, spec.serialNumber ?? Buffer.concat([Uint8Array.of(0x40), randomBytes(15)])),
    change.innerAlgorithm ?? signer.algorithm,
    spec.issuerName ?? issuer?.subject ?? subject,
    change.validity ??
      sequence(time(spec.notBefore ?? NOW - 30 * DAY), time(spec.notAfter ?? NOW + 365 * DAY)),
    subject,
    change.spki ?? key.spki,
    ...(extensions.length === 0 ? [] : [tagged(3, sequence(...extensions))]),
    ...(change.after === undefined ? [] : [change.after]),
  );
  const der = sequence(tbs, change.outerAlgorithm ?? signer.algorithm, bitString(signer.sign(tbs)));
  let parsed: Certificate | undefined;
  return {
    der,
    subject,
    key,
    get parsed() {
      return (parsed ??= parseCertificate(der));
    },
  };
};

type Usual = Omit<CertificateSpec, 'subject'> & { readonly subject?: string | Uint8Array };

/** Extensions of `usual` that `extra` has too (by object identifier) are left out. */
const merge = (usual: readonly TestExtension[], extra: readonly TestExtension[]): TestExtension[] => {
  const type = (each: TestExtension): string => {
    const at = each[1] === undefined || each[1] < 0x80 ? 2 : 2 + (each[1] & 0x7f);
    return each.subarray(at, at + 2 + (each[at + 1] as number)).toString('hex');
  };
  const given = new Set(extra.map(type));
  return [...usual.filter((each) => !given.has(type(each))), ...extra];
};

/** A certificate of an authority, with the usual extensions; those in `spec` take the usual ones' place. */
export const makeAuthority = (spec: Usual & { readonly pathLength?: number } = {}): TestCertificate => {
  const key = spec.key ?? makeKey();
  return makeCertificate({
    ...spec,
    subject: spec.subject ?? 'Test Authority',
    key,
    extensions: merge(
      [
        basicConstraints(true, spec.pathLength),
        keyUsage('keyCertSign', 'cRLSign'),
        subjectKeyIdentifier(key.identifier),
        ...(spec.issuer === undefined ? [] : [authorityKeyIdentifier(spec.issuer.key.identifier)]),
      ],
      spec.extensions ?? [],
    ),
  });
};

/** A person's signing certificate, with the usual extensions; those in `spec` take the usual ones' place. */
export const makeLeaf = (spec: Usual & { readonly issuer: TestCertificate }): TestCertificate => {
  const key = spec.key ?? makeKey();
  return makeCertificate({
    ...spec,
    subject: spec.subject ?? 'Test Person',
    key,
    extensions: merge(
      [
        keyUsage('digitalSignature', 'nonRepudiation'),
        subjectKeyIdentifier(key.identifier),
        authorityKeyIdentifier(spec.issuer.key.identifier),
      ],
      spec.extensions ?? [],
    ),
  });
};
