import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openssl } from '../city-command.ts';
import type { City } from '../city.ts';

/** The authority 珠江 writes passports too, from now on. */
export const readPassports = (city: City): void =>
  city.edit(
    'ca-trust/zhujiang/authority.yaml',
    '    # A number in the subject counts',
    `    - from: { extension: 1.3.6.1.4.1.32473.2.12 }
      types: [passport]
    # A number in the subject counts`,
  );

/**
 * A certificate of the authority 珠江 for a name, with a citizen ID number and a passport where they are given; `as` is what
 * it is called in the city.
 */
export const issueCertificate = async (
  city: City,
  as: string,
  name: string,
  { id, passport }: { readonly id?: string; readonly passport?: string },
): Promise<string> => {
  const at = (file: string): string => join(city.data, 'city/authorities/zhujiang', file);
  const { certificate, key } = city.person(as);
  const [request, extensions] = [join(city.folder, `${as}.csr`), join(city.folder, `${as}.cnf`)];
  writeFileSync(
    extensions,
    [
      'keyUsage=digitalSignature',
      ...(id === undefined ? [] : [`1.3.6.1.4.1.32473.2.11=ASN1:PRINTABLESTRING:SF${id}`]),
      ...(passport === undefined ? [] : [`1.3.6.1.4.1.32473.2.12=ASN1:PRINTABLESTRING:${passport}`]),
    ].join('\n'),
  );
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  await openssl('req', '-new', '-utf8', '-key', key, '-subj', `/C=CN/CN=${name}`, '-out', request);
  await openssl(
    ...['x509', '-req', '-in', request, '-days', '30', '-extfile', extensions, '-out', certificate],
    ...['-CA', at('issuing.crt'), '-CAkey', at('issuing.key')],
    ...['-set_serial', `0x41${randomBytes(15).toString('hex')}`],
  );
  return as;
};
