import type { Identifier, IdentifierType, SubjectKind } from '../identity.ts';
import { normaliseCitizenIdNumber } from './citizen-id-number.ts';
import { normaliseOrganisationCode } from './organisation-code.ts';
import { normaliseTaxNumber } from './tax-number.ts';
import { normaliseUnifiedSocialCreditCode, organisationCodeOf } from './unified-social-credit-code.ts';
import { writtenForm } from './written-form.ts';

/** A number typed as it stands: kinds for which no check digit is published. */
const typed =
  (pattern: RegExp) =>
  (text: string): string | undefined => {
    const compact = writtenForm(text);
    return pattern.test(compact) ? compact : undefined;
  };

interface TypeRules {
  readonly kind: SubjectKind;
  /** The one written form; undefined when the text is no such identifier or its check digit is wrong. */
  readonly normalise: (text: string) => string | undefined;
  /** Whether the number's own form says what it is: a national standard gives its structure and check digit. */
  readonly checked: boolean;
  /** Whether a subject has one for life: another value is then another subject. */
  readonly unique: boolean;
}

/**
 * Every type of identifier, the strongest first. Types without check digit exclude the lengths of those that have
 * one, so that a wrong citizen ID number or credit code never passes for something else.
 */
export const IDENTIFIER_TYPES: Readonly<Record<IdentifierType, TypeRules>> = {
  'citizen-id-number': {
    kind: 'citizen',
    normalise: normaliseCitizenIdNumber,
    checked: true,
    unique: true,
  },
  'unified-social-credit-code': {
    kind: 'enterprise',
    normalise: normaliseUnifiedSocialCreditCode,
    checked: true,
    unique: true,
  },
  'organisation-code': {
    kind: 'enterprise',
    normalise: normaliseOrganisationCode,
    checked: true,
    unique: true,
  },
  'tax-number': { kind: 'enterprise', normalise: normaliseTaxNumber, checked: true, unique: false },
  'business-registration-number': {
    kind: 'enterprise',
    normalise: typed(/^[0-9A-Z]{13,15}$/),
    checked: false,
    unique: false,
  },
  'social-insurance-number': {
    kind: 'citizen',
    normalise: typed(/^(?!.{18}$)[0-9A-Z]{6,20}$/),
    checked: false,
    unique: false,
  },
  passport: { kind: 'citizen', normalise: typed(/^[0-9A-Z]{5,12}$/), checked: false, unique: false },
  'hmt-permit': { kind: 'citizen', normalise: typed(/^[0-9A-Z]{8,12}$/), checked: false, unique: false },
};

/** Position in the list above: the strongest first. */
export const strength = (type: IdentifierType): number => ORDER.indexOf(type);
const ORDER = Object.keys(IDENTIFIER_TYPES);

/**
 * All identifiers that denote the same subject as this one, itself included: the register knows a subject by any of
 * them. An enterprise's unified social credit code holds its organisation code, and so does its 15-character tax
 * number; its 18-character tax number is the unified code.
 */
export const equivalents = (identifier: Identifier): readonly Identifier[] => {
  const { type, value } = identifier;
  switch (type) {
    case 'unified-social-credit-code':
      return [identifier, organisation(organisationCodeOf(value))];
    case 'tax-number':
      if (value.length === 15) return [identifier, organisation(value.slice(6))];
      if (value.length !== 18) return [identifier];
      return [
        identifier,
        { type: 'unified-social-credit-code', value },
        organisation(organisationCodeOf(value)),
      ];
    case 'organisation-code':
    case 'citizen-id-number':
    case 'business-registration-number':
    case 'social-insurance-number':
    case 'passport':
    case 'hmt-permit':
      return [identifier];
  }
};

const organisation = (value: string): Identifier => ({ type: 'organisation-code', value });
