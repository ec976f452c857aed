import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePem } from '../../src/certificate/pem.ts';
import { elementsOf } from './elements.ts';

/** What mutations begin from: the certificates, CRLs and OCSP responses of the demo city, and all of PKITS. */
export interface Seeds {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocspResponses: readonly Uint8Array[];
  /** CMS: made by openssl, and in the GM/T 0010 form by the reference key agent. */
  readonly signedData: readonly Uint8Array[];
  /** Names of certificates, with their headers. */
  readonly names: readonly Uint8Array[];
  readonly pems: readonly Uint8Array[];
}

const CITY = join(import.meta.dirname, 'seeds');
const PKITS = join(import.meta.dirname, '../conformance/pkits');

const filesOf = (folder: string, extension: string): Uint8Array[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => readFileSync(join(folder, name)));

/** One file of the demo city's: "zhujiang-root.crt". */
export const citySeed = (name: string): Uint8Array => readFileSync(join(CITY, name));

export const readSeeds = (): Seeds => {
  const certificates = [...filesOf(CITY, '.crt'), ...filesOf(join(PKITS, 'certs'), '.crt')];
  const crls = [...filesOf(CITY, '.crl'), ...filesOf(join(PKITS, 'crls'), '.crl')];
  return {
    certificates,
    crls,
    ocspResponses: filesOf(CITY, '.ocsp'),
    signedData: filesOf(CITY, '.cms'),
    names: certificates.flatMap(namesOf),
    pems: [
      ...certificates.slice(0, 12).map((der) => encodePem('CERTIFICATE', der)),
      ...crls.slice(0, 6).map((der) => encodePem('X509 CRL', der)),
    ].map((text) => Buffer.from(text, 'latin1')),
  };
};

/** Issuer and subject: the SEQUENCEs of SETs. */
const namesOf = (der: Uint8Array): Uint8Array[] => {
  const elements = elementsOf(der);
  return elements
    .filter(({ tag }, number) => tag === 0x30 && elements[number + 1]?.tag === 0x31)
    .filter(({ start, content }) => der[content] === 0x31 && start > 0)
    .map(({ start, end }) => der.subarray(start, end));
};
