import type { Certificate } from '../certificate/certificate.ts';
import { Refusal } from '../refusal/refusal.ts';
import { equivalents, IDENTIFIER_TYPES, strength } from './identifiers/index.ts';
import type { Identifier, SubjectReading } from './identity.ts';
import type { IdentifierSource, IdentityProfile } from './profile.ts';
import { readActing } from './read-acting.ts';
import { readName } from './read-name.ts';
import { readNumber } from './read-number.ts';
import { readPlace } from './read-place.ts';

/**
 * Whom a certificate is of, read by the identity profile of its authority. All places are read. A number that
 * stands in one and is wrong refuses the certificate even beside a right one: whoever issued it made a mistake.
 *
 * @throws Refusal ONECERT_IDENTIFIER_INVALID, ONECERT_IDENTIFIER_MISSING, or ONECERT_IDENTITY_CONFLICT when the
 * numbers cannot all be one subject's; never anything else
 */
export const readSubject = (certificate: Certificate, profile: IdentityProfile): SubjectReading => {
  const identifiers = ofOneKind(distinct(readIdentifiers(certificate, profile.sources)), profile.bothKinds);
  refuseContradiction(identifiers);
  const { kind } = IDENTIFIER_TYPES[identifiers[0].type];
  const name = readName(certificate.subject, profile.name, identifiers);
  return {
    kind,
    identifiers,
    name,
    ...(kind === 'enterprise' && { acting: readActing(certificate, profile, { name, identifiers }) }),
  };
};

type AtLeastOne = readonly [Identifier, ...Identifier[]];

const readIdentifiers = (certificate: Certificate, sources: readonly IdentifierSource[]): AtLeastOne => {
  const found: Identifier[] = [];
  let unmatched: IdentifierSource | undefined;
  for (const source of sources) {
    const place = readPlace(certificate, source);
    if (place.unreadable) throw invalid(source, 'holds no readable text');
    if (place.unmatched) unmatched ??= source;
    for (const text of place.numbers) {
      const identifiers = readNumber(text, source);
      if (identifiers.length === 0) throw invalid(source, 'holds no identifier of the types expected there');
      found.push(...identifiers);
    }
  }
  const [first, ...others] = found;
  if (first !== undefined) return [first, ...others];
  if (unmatched !== undefined) throw invalid(unmatched, 'holds a text that its pattern does not match');
  throw new Refusal('ONECERT_IDENTIFIER_MISSING', 'no place in the identity profile holds a number');
};

const invalid = ({ from }: IdentifierSource, what: string): Refusal => {
  const place = 'extension' in from ? `extension ${from.extension}` : `subject attribute ${from.subject}`;
  return new Refusal('ONECERT_IDENTIFIER_INVALID', `${place} ${what}`);
};

/** Each once, the strongest first. */
const distinct = (found: AtLeastOne): AtLeastOne => {
  const byKey = new Map(found.map((identifier) => [`${identifier.type} ${identifier.value}`, identifier]));
  const sorted = [...byKey.values()].sort((a, b) => strength(a.type) - strength(b.type));
  return sorted as unknown as AtLeastOne;
};

const ofOneKind = (identifiers: AtLeastOne, rule: IdentityProfile['bothKinds']): AtLeastOne => {
  const kinds = new Set(identifiers.map(({ type }) => IDENTIFIER_TYPES[type].kind));
  if (kinds.size === 1) return identifiers;
  if (rule === 'refuse') throw conflict('it names both a citizen and an enterprise');
  return identifiers.filter(({ type }) => IDENTIFIER_TYPES[type].kind === rule) as unknown as AtLeastOne;
};

/** Two values of one type are two subjects, unless one follows from the other (a tax number, old and new). */
const refuseContradiction = (identifiers: AtLeastOne): void => {
  const values = new Map<string, string>();
  for (const { type, value } of identifiers.flatMap(equivalents)) {
    const other = values.get(type) ?? value;
    if (IDENTIFIER_TYPES[type].unique && other !== value) throw conflict(`it holds two of ${type}`);
    values.set(type, value);
  }
  for (const [index, one] of identifiers.entries()) {
    for (const other of identifiers.slice(index + 1)) {
      if (one.type === other.type && !sameSubject(one, other)) throw conflict(`it holds two of ${one.type}`);
    }
  }
};

const sameSubject = (one: Identifier, other: Identifier): boolean => {
  const known = equivalents(other);
  return equivalents(one).some(({ type, value }) =>
    known.some((each) => each.type === type && each.value === value),
  );
};

const conflict = (detail: string): Refusal =>
  new Refusal('ONECERT_IDENTITY_CONFLICT', `the certificate contradicts itself: ${detail}`);
