import { openCrlBytes } from '../../../src/revocation/crl-source.ts';
import { loadCrl, type CrlTrust } from '../../../src/revocation/load-crl.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import {
  bitString,
  element,
  integer,
  integerContent,
  sequence,
  tagged,
  taggedPrimitive,
  time,
} from './der-writer.ts';
import { DAY, NOW, type TestCertificate } from './make-certificate.ts';
import { authorityKeyIdentifier, extension, generalName, type TestExtension } from './test-extensions.ts';
import type { Signer } from './test-key.ts';

/** ENUMERATED values of reasonCode (RFC 5280 section 5.3.1). */
export const REASON = {
  keyCompromise: 1,
  cACompromise: 2,
  superseded: 4,
  certificateHold: 6,
  removeFromCRL: 8,
} as const;

export interface TestEntry {
  /** Content octets of the serial number, or a certificate that has it. */
  readonly of: TestCertificate | Uint8Array;
  readonly at?: number;
  readonly reason?: number;
  readonly extensions?: readonly TestExtension[];
}

export interface TestScope {
  /** DistributionPointName, without its [0]: fullName or relativeName. */
  readonly name?: Uint8Array;
  readonly only?: 'user' | 'authority' | 'attribute';
  /** Bits of ReasonFlags that are set. */
  readonly reasons?: readonly number[];
  readonly indirect?: boolean;
}

export interface CrlSpec {
  readonly issuer: TestCertificate;
  /** Signs instead of the issuer's key. */
  readonly signer?: Signer;
  readonly issuerName?: Uint8Array;
  readonly entries?: readonly TestEntry[];
  /** crlNumber; null for none. Default 1. */
  readonly number?: number | null;
  /** BaseCRLNumber: makes it a delta CRL. */
  readonly base?: number;
  readonly scope?: TestScope;
  readonly thisUpdate?: number;
  /** null for none. */
  readonly nextUpdate?: number | null;
  readonly extensions?: readonly TestExtension[];
  /** Version 1 has no extensions unless they are given. */
  readonly version?: 1 | 2;
  /** Puts other octets in place of a part. */
  readonly change?: Partial<
    Record<
      'version' | 'innerAlgorithm' | 'outerAlgorithm' | 'list' | 'extensions' | 'signature' | 'after',
      Uint8Array
    >
  >;
}

export const fullName = (...names: Uint8Array[]): Buffer => tagged(0, ...names);
export const relativeName = (...attributes: Uint8Array[]): Buffer => tagged(1, ...attributes);

const reasonFlags = (number: number, flags: readonly number[]): Buffer => {
  const octets = Buffer.alloc(2);
  for (const flag of flags) octets[flag >> 3] = (octets[flag >> 3] as number) | (0x80 >> (flag & 7));
  const used = Math.max(...flags) < 8 ? octets.subarray(0, 1) : octets;
  let unused = 0;
  while (((used.at(-1) as number) & (1 << unused)) === 0 && unused < 7) unused++;
  return taggedPrimitive(number, Buffer.concat([Buffer.of(unused), used]));
};

const flag = (number: number): Buffer => taggedPrimitive(number, Buffer.of(0xff));

export const issuingDistributionPoint = ({ name, only, reasons, indirect }: TestScope): TestExtension =>
  extension(
    '2.5.29.28',
    sequence(
      ...(name === undefined ? [] : [tagged(0, name)]),
      ...(only === 'user' ? [flag(1)] : []),
      ...(only === 'authority' ? [flag(2)] : []),
      ...(reasons === undefined ? [] : [reasonFlags(3, reasons)]),
      ...(indirect === true ? [flag(4)] : []),
      ...(only === 'attribute' ? [flag(5)] : []),
    ),
    true,
  );

/** A DistributionPoint of a certificate; `reasons` as in TestScope. */
export const distributionPoint = (point: {
  readonly name?: Uint8Array;
  readonly reasons?: readonly number[];
  readonly issuer?: Uint8Array;
}): Buffer =>
  sequence(
    ...(point.name === undefined ? [] : [tagged(0, point.name)]),
    ...(point.reasons === undefined ? [] : [reasonFlags(1, point.reasons)]),
    ...(point.issuer === undefined ? [] : [tagged(2, generalName.directory(point.issuer))]),
  );

export const crlDistributionPoints = (...points: Uint8Array[]): TestExtension =>
  extension('2.5.29.31', sequence(...points));

export const reasonCode = (reason: number): TestExtension =>
  extension('2.5.29.21', element(0x0a, Buffer.of(reason)));

export const certificateIssuer = (...names: Uint8Array[]): TestExtension =>
  extension('2.5.29.29', sequence(...names.map((each) => generalName.directory(each))), true);

export const crlNumber = (number: number): TestExtension => extension('2.5.29.20', integer(number));

export const entry = ({ of, at = NOW - DAY, reason, extensions = [] }: TestEntry): Buffer => {
  const serial = of instanceof Uint8Array ? of : of.parsed.serialNumber;
  const all = [...(reason === undefined ? [] : [reasonCode(reason)]), ...extensions];
  return sequence(element(0x02, serial), time(at), ...(all.length === 0 ? [] : [sequence(...all)]));
};

/** Makes and signs a CRL as `spec` says, with authorityKeyIdentifier and crlNumber. */
export const makeCrl = (spec: CrlSpec): Buffer => {
  const { issuer, entries = [], number = 1, base, scope, version = 2, change = {} } = spec;
  const signer = spec.signer ?? issuer.key;
  const usual = [
    authorityKeyIdentifier(issuer.key.identifier),
    ...(number === null ? [] : [crlNumber(number)]),
    ...(base === undefined ? [] : [extension('2.5.29.27', element(0x02, integerContent(base)), true)]),
    ...(scope === undefined ? [] : [issuingDistributionPoint(scope)]),
  ];
  const extensions = [...(version === 1 ? [] : usual), ...(spec.extensions ?? [])];
  const nextUpdate = spec.nextUpdate === undefined ? NOW + 7 * DAY : spec.nextUpdate;
  const tbs = sequence(
    change.version ?? (version === 1 ? Buffer.alloc(0) : integer(1)),
    change.innerAlgorithm ?? signer.algorithm,
    spec.issuerName ?? issuer.subject,
    time(spec.thisUpdate ?? NOW - DAY),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    change.list ?? (entries.length === 0 ? Buffer.alloc(0) : sequence(...entries.map(entry))),
    change.extensions ?? (extensions.length === 0 ? Buffer.alloc(0) : tagged(0, sequence(...extensions))),
  );
  return sequence(
    tbs,
    change.outerAlgorithm ?? signer.algorithm,
    change.signature ?? bitString(signer.sign(tbs)),
    change.after ?? Buffer.alloc(0),
  );
};

/** Reads a CRL with the product, trusting the key of its issuer (or what `trust` says). Throws CrlError. */
export const readCrl = (spec: CrlSpec, trust: Partial<CrlTrust> = {}): SharedCrl =>
  loadCrl(openCrlBytes(makeCrl(spec)), { issuers: [spec.issuer.parsed], ...trust });
