import type { DistinguishedName } from '../certificate/name.ts';
import { equivalents, IDENTIFIER_TYPES } from './identifiers/index.ts';
import type { Identifier } from './identity.ts';
import { compiledPattern, TEXT_LIMIT } from './pattern.ts';
import type { IdentityProfile } from './profile.ts';
import { subjectValues } from './subject-values.ts';

/**
 * The display name of a subject: what the profile strips is taken out, and so is any of the subject's own numbers,
 * which some authorities write after the name. Empty when the subject has no such attribute.
 */
export const readName = (
  subject: DistinguishedName,
  { from, strip }: IdentityProfile['name'],
  identifiers: readonly Identifier[],
): string => {
  const [value = ''] = subjectValues(subject, from.subject);
  const shown = displayable(value.slice(0, TEXT_LIMIT));
  const stripped = strip === undefined ? shown : shown.replace(compiledPattern(strip, 'g'), ' ');
  return tidy(withoutNumbers(stripped, identifiers));
};

/** Control and formatting characters could make one name look like another on a page. */
const displayable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\ufffd]/gu, ' ');

const withoutNumbers = (text: string, identifiers: readonly Identifier[]): string => {
  const own = identifiers.flatMap(equivalents);
  const isOwn = (run: string): boolean =>
    own.some(({ type, value }) => IDENTIFIER_TYPES[type].normalise(run) === value);
  return text.replace(/[0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a-]{5,}/g, (run) =>
    isOwn(run) ? ' ' : run,
  );
};

const tidy = (text: string): string =>
  text
    .replace(/[(（]\s*[)）]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s,，;；:：@_-]+|[\s,，;；:：@_-]+$/g, '');

/**
 * The form names are compared in: compatibility forms folded (NFKC: full-width letters, digits and brackets), the
 * dots of transliterated names alike, spaces and case aside.
 */
export const comparableName = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/[•‧∙・]/g, '·')
    .replace(/\s/g, '')
    .toLowerCase();
