import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem, encodePem } from '../../src/certificate/pem.ts';
import { element, nothing, octetString, oid, sequence } from '../conformance/chains/der-writer.ts';
import {
  DAY,
  makeCertificate,
  type CertificateSpec,
  type TestCertificate,
} from '../conformance/chains/make-certificate.ts';
import { openssl } from './city-command.ts';
import type { City } from './city.ts';

/** A certificate that an authority of the city issues by the openssl command: 李伟's number, other extensions. */
export const issueByOpenssl = async (
  city: City,
  name: string,
  extensions: readonly string[],
  authority = 'zhujiang',
): Promise<string> => {
  const { certificate, key } = city.person(name);
  const at = (file: string): string => join(city.data, 'city/authorities', authority, file);
  const request = join(city.folder, `${name}.csr`);
  const extensionFile = join(city.folder, `${name}.cnf`);
  writeFileSync(extensionFile, extensions.join('\n'));
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  await openssl('req', '-new', '-utf8', '-key', key, '-subj', '/C=CN/CN=李伟', '-out', request);
  await openssl(
    ...['x509', '-req', '-in', request, '-days', '30', '-extfile', extensionFile, '-out', certificate],
    ...['-CA', at('issuing.crt'), '-CAkey', at('issuing.key'), '-set_serial', `0x${randomSerial()}`],
  );
  return name;
};

const randomSerial = (): string => `40${randomBytes(15).toString('hex')}`;

const store = (city: City, name: string, { der, key }: Pick<TestCertificate, 'der' | 'key'>): string => {
  const files = city.person(name);
  writeFileSync(files.certificate, encodePem('CERTIFICATE', der));
  writeFileSync(files.key, key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return name;
};

/** Certificates that TLS carries, openssl reading them more kindly than X.690 and RFC 5280 do. */
export const makeMalformed = (city: City): Readonly<Record<string, string>> => {
  const make = (name: string, spec: Partial<CertificateSpec>): string =>
    store(
      city,
      name,
      makeCertificate({ subject: 'Odd', notBefore: Date.now() - DAY, notAfter: Date.now() + DAY, ...spec }),
    );
  const extension = sequence(oid('1.2.3.4'), octetString(nothing()));
  return {
    'the same extension twice': make('odd-twice', { extensions: [extension, extension] }),
    'a BOOLEAN that is neither 0 nor 0xFF': make('odd-boolean', {
      extensions: [sequence(oid('1.2.3.4'), element(0x01, Buffer.of(1)), octetString(nothing()))],
    }),
    'another algorithm inside than outside': make('odd-algorithm', {
      change: { innerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) },
    }),
  };
};

/** A certificate whose signature has one bit changed. */
export const tamper = (city: City, name: string, as: string): string => {
  const [leaf, ...chain] = decodePem(city.pair(name).cert) as [Uint8Array, ...Uint8Array[]];
  const changed = Buffer.from(leaf);
  changed[changed.length - 5] = (changed[changed.length - 5] as number) ^ 1;
  const files = city.person(as);
  writeFileSync(files.certificate, [changed, ...chain].map((der) => encodePem('CERTIFICATE', der)).join(''));
  writeFileSync(files.key, city.pair(name).key);
  return as;
};
