import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { decodePem } from '../../../src/certificate/pem.ts';
import type { City } from '../city.ts';

export type Granted = Readonly<
  Record<
    string,
    { readonly role: 'operator' | 'auditor' } | { readonly role: 'officer'; readonly department: string }
  >
>;

/** Writes roles.yaml of a running city, as an operator at the machine does: `<person>-<authority>` → role, by certificate. */
export const grantRoles = (city: City, granted: Granted): void => {
  const roles = Object.entries(granted).map(([person, role]) => ({
    ...role,
    certificate: createHash('sha256')
      .update(decodePem(readFileSync(city.person(person).certificate, 'latin1'))[0] as Uint8Array)
      .digest('hex'),
    note: person,
  }));
  writeFileSync(join(city.configuration, 'roles.yaml'), stringify({ roles }));
};
