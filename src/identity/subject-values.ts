import type { DistinguishedName } from '../certificate/name.ts';

/** Attributes a profile may call by name (RFC 4519, X.520). */
const OIDS: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  title: '2.5.4.12',
  UID: '0.9.2342.19200300.100.1.1',
};

/** All values of one attribute of a subject, the least significant first. `type` is a short name or an OID. */
export const subjectValues = (subject: DistinguishedName, type: string): readonly string[] => {
  const oid = OIDS[type] ?? type;
  return subject.rdns
    .flatMap((attributes) => attributes.filter((attribute) => attribute.oid === oid))
    .map(({ value }) => value)
    .reverse();
};
