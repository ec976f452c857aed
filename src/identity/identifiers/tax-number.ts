import { normaliseOrganisationCode } from './organisation-code.ts';
import { normaliseUnifiedSocialCreditCode } from './unified-social-credit-code.ts';
import { writtenForm } from './written-form.ts';

/**
 * A taxpayer's number: 15 characters (region code and organisation code), 18 (the unified social credit code, since
 * 2015) or 20 (of individuals in business; no check digit is published). Undefined when it is none. The 18-character
 * one that individuals in business had before 2015 is their citizen ID number: it names the person, not an
 * enterprise, and is none here.
 */
export const normaliseTaxNumber = (text: string): string | undefined => {
  const compact = writtenForm(text);
  switch (compact.length) {
    case 15:
      return /^\d{6}/.test(compact) && normaliseOrganisationCode(compact.slice(6)) !== undefined
        ? compact
        : undefined;
    case 18:
      return normaliseUnifiedSocialCreditCode(compact);
    case 20:
      return /^[0-9A-Z]{20}$/.test(compact) ? compact : undefined;
    default:
      return undefined;
  }
};
