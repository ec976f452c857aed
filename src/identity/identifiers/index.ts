import type { Identifier, IdentifierType, SubjectKind } from '../identity.ts';
import { normaliseCitizenIdNumber } from './citizen-id-number.ts';
import { normaliseOrganisationCode } from './organisation-code.ts';
import { normaliseTaxNumber } from './tax-number.ts';
import { normaliseUnifiedSocialCreditCode, organisationCodeOf } from './unified-social-credit-code.ts';

/** A number typed as it stands: kinds for which no check digit is published. */
const typed =
  (pattern: RegExp) =>
  (text: string): string | undefined => {
    const compact = text.trim().toUpperCase();
    return pattern.test(compact) ? compact : undefined;
  };

interface TypeRules {
  readonly kind: SubjectKind;
  /** The one written form; undefined when the text is no such identifier or its check digit is wrong. */
  readonly normalise: (text: string) => string | undefined;
}

/** Every type of identifier, the strongest first. */
export const IDENTIFIER_TYPES: Readonly<Record<IdentifierType, TypeRules>> = {
  'citizen-id-number': { kind: 'citizen', normalise: normaliseCitizenIdNumber },
  'unified-social-credit-code': { kind: 'enterprise', normalise: normaliseUnifiedSocialCreditCode },
  'organisation-code': { kind: 'enterprise', normalise: normaliseOrganisationCode },
  'tax-number': { kind: 'enterprise', normalise: normaliseTaxNumber },
  'business-registration-number': { kind: 'enterprise', normalise: typed(/^[0-9A-Z]{13,18}$/) },
  'social-insurance-number': { kind: 'citizen', normalise: typed(/^[0-9A-Z]{6,20}$/) },
  passport: { kind: 'citizen', normalise: typed(/^[0-9A-Z]{5,20}$/) },
  'hmt-permit': { kind: 'citizen', normalise: typed(/^[0-9A-Z]{8,18}$/) },
};

/**
 * All identifiers that denote the same subject as this one, itself included: the register knows a subject by any of
 * them. An enterprise's unified social credit code holds its organisation code, and so does its 15-character tax
 * number; its 18-character tax number is the unified code.
 */
export const equivalents = (identifier: Identifier): readonly Identifier[] => {
  const organisation = organisationPart(identifier);
  return organisation === undefined
    ? [identifier]
    : [identifier, ...[organisation].filter(({ type }) => type !== identifier.type)];
};

const organisationPart = ({ type, value }: Identifier): Identifier | undefined => {
  const organisation = (code: string): Identifier => ({ type: 'organisation-code', value: code });
  switch (type) {
    case 'unified-social-credit-code':
      return organisation(organisationCodeOf(value));
    case 'tax-number':
      if (value.length === 15) return organisation(value.slice(6));
      return value.length === 18 ? organisation(organisationCodeOf(value)) : undefined;
    case 'organisation-code':
    case 'citizen-id-number':
    case 'business-registration-number':
    case 'social-insurance-number':
    case 'passport':
    case 'hmt-permit':
      return undefined;
  }
};
