import {
  bitString,
  boolean,
  ia5String,
  integer,
  integerContent,
  octetString,
  oid,
  oidContent,
  sequence,
  tagged,
  taggedPrimitive,
  utf8String,
} from './der-writer.ts';

/** An Extension with its header. */
export type TestExtension = Buffer;

export const extension = (dotted: string, value: Uint8Array, critical = false): TestExtension =>
  sequence(oid(dotted), ...(critical ? [boolean(true)] : []), octetString(value));

export const basicConstraints = (ca: boolean, pathLength?: number, critical = true): TestExtension =>
  extension(
    '2.5.29.19',
    sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
    critical,
  );

const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
] as const;

export const keyUsage = (...usages: (typeof USAGES)[number][]): TestExtension => {
  const octet = usages.reduce((bits, usage) => bits | (0x80 >> USAGES.indexOf(usage)), 0);
  let unused = 0;
  while (octet !== 0 && ((octet >> unused) & 1) === 0) unused++;
  return extension(
    '2.5.29.15',
    octet === 0 ? bitString(Buffer.alloc(0)) : bitString(Buffer.of(octet), unused),
    true,
  );
};

export const PURPOSE = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

export const extendedKeyUsage = (...purposes: (keyof typeof PURPOSE)[]): TestExtension =>
  extension('2.5.29.37', sequence(...purposes.map((purpose) => oid(PURPOSE[purpose]))));

export const subjectKeyIdentifier = (identifier: Uint8Array): TestExtension =>
  extension('2.5.29.14', octetString(identifier));

export const authorityKeyIdentifier = (identifier: Uint8Array): TestExtension =>
  extension('2.5.29.35', sequence(taggedPrimitive(0, identifier)));

export const ANY_POLICY = '2.5.29.32.0';

export const certificatePolicies = (...policies: string[]): TestExtension =>
  extension('2.5.29.32', sequence(...policies.map((policy) => sequence(oid(policy)))));

export const policyMappings = (...pairs: [issuerDomain: string, subjectDomain: string][]): TestExtension =>
  extension('2.5.29.33', sequence(...pairs.map(([above, below]) => sequence(oid(above), oid(below)))), true);

export const policyConstraints = (
  requireExplicitPolicy: number | undefined,
  inhibitPolicyMapping?: number,
): TestExtension => {
  const field = (number: number, value: number | undefined): Buffer[] =>
    value === undefined ? [] : [taggedPrimitive(number, integerContent(value))];
  return extension(
    '2.5.29.36',
    sequence(...field(0, requireExplicitPolicy), ...field(1, inhibitPolicyMapping)),
    true,
  );
};

export const inhibitAnyPolicy = (skipCerts: number): TestExtension =>
  extension('2.5.29.54', integer(skipCerts), true);

/** GeneralNames, each with its header. */
export const generalName = {
  email: (text: string): Buffer => taggedPrimitive(1, Buffer.from(text, 'latin1')),
  dns: (text: string): Buffer => taggedPrimitive(2, Buffer.from(text, 'latin1')),
  directory: (name: Uint8Array): Buffer => tagged(4, name),
  uri: (text: string): Buffer => taggedPrimitive(6, Buffer.from(text, 'latin1')),
  /** Address, or address and mask in a constraint. */
  ip: (...octets: number[]): Buffer => taggedPrimitive(7, Buffer.from(octets)),
  registeredId: (dotted: string): Buffer => taggedPrimitive(8, oidContent(dotted)),
  other: (type: string, value: Uint8Array): Buffer => tagged(0, oid(type), tagged(0, value)),
  upn: (text: string): Buffer => generalName.other('1.3.6.1.4.1.311.20.2.3', utf8String(text)),
  smtpUtf8: (text: string): Buffer => generalName.other('1.3.6.1.5.5.7.8.9', utf8String(text)),
  xmpp: (text: string): Buffer => generalName.other('1.3.6.1.5.5.7.8.5', utf8String(text)),
};

export const subjectAltName = (...names: Uint8Array[]): TestExtension =>
  extension('2.5.29.17', sequence(...names));
export const criticalSubjectAltName = (...names: Uint8Array[]): TestExtension =>
  extension('2.5.29.17', sequence(...names), true);

export const nameConstraints = (
  { permitted = [], excluded = [] }: { permitted?: Uint8Array[]; excluded?: Uint8Array[] },
  critical = true,
): TestExtension => {
  const list = (number: number, names: Uint8Array[]): Buffer[] =>
    names.length === 0 ? [] : [tagged(number, ...names.map((name) => sequence(name)))];
  return extension('2.5.29.30', sequence(...list(0, permitted), ...list(1, excluded)), critical);
};

export const ocspResponder = (url: string): TestExtension =>
  extension('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), generalName.uri(url))));

export const crlDistributionPoint = (url: string): TestExtension =>
  extension('2.5.29.31', sequence(sequence(tagged(0, tagged(0, generalName.uri(url))))));

/** An extension nobody knows. */
export const unknownExtension = (critical: boolean): TestExtension =>
  extension('1.3.6.1.4.1.99999.1', ia5String('?'), critical);
