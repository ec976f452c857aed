import type { Certificate } from '../certificate/certificate.ts';
import type { Acting, ActingRole } from './acting.ts';
import { halfWidth } from './identifiers/written-form.ts';
import type { Identifier } from './identity.ts';
import { compiledPattern } from './pattern.ts';
import type { ActingSource, IdentityProfile } from './profile.ts';
import { readName } from './read-name.ts';
import { readText } from './read-text.ts';
import { subjectValues } from './subject-values.ts';

/**
 * In which role a certificate of an enterprise acts, by the profile of its authority; the first place that holds one of
 * the values it names decides. What stands there and is not named says nothing, and refuses nobody.
 */
export const readActing = (
  certificate: Certificate,
  { acting }: Pick<IdentityProfile, 'acting'>,
  enterprise: { readonly name: string; readonly identifiers: readonly Identifier[] },
): Acting => {
  const name =
    acting?.name === undefined ? '' : readName(certificate.subject, acting.name, enterprise.identifiers);
  return {
    role: roleOf(certificate, acting?.sources ?? []),
    // A place that holds a person's name in some certificates holds the enterprise's in others.
    ...(name !== '' && name !== enterprise.name && { name }),
  };
};

const roleOf = (certificate: Certificate, sources: readonly ActingSource[]): ActingRole => {
  for (const source of sources) {
    for (const value of valuesAt(certificate, source)) {
      const role = Object.hasOwn(source.roles, value) ? source.roles[value] : undefined;
      if (role !== undefined) return role;
    }
  }
  return 'unknown';
};

const valuesAt = (certificate: Certificate, { from, pattern, decode }: ActingSource): readonly string[] => {
  if (from === 'policies') return certificate.certificatePolicies?.oids ?? [];
  const texts =
    'extension' in from
      ? [extensionText(certificate, from.extension, decode)]
      : subjectValues(certificate.subject, from.subject);
  return texts.flatMap((text = '') => {
    const trimmed = halfWidth(text).trim();
    if (pattern === undefined) return [trimmed];
    const match = compiledPattern(pattern).exec(trimmed);
    return match === null ? [] : [match[1] ?? match[0]];
  });
};

const extensionText = (
  certificate: Certificate,
  oid: string,
  decode: ActingSource['decode'],
): string | undefined => {
  const extension = certificate.extensions.get(oid);
  return extension && readText(extension.value, decode);
};
