import { normaliseCitizenIdNumber } from './citizen-id-number.ts';
import { normaliseOrganisationCode } from './organisation-code.ts';
import { writtenForm } from './written-form.ts';

/** GB 32100-2015: without I, O, S, V and Z, which people misread. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** A unified social credit code (GB 32100-2015), 18 characters. Undefined when it is none. */
export const normaliseUnifiedSocialCreditCode = (text: string): string | undefined => {
  const compact = writtenForm(text);
  if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(compact)) return undefined;
  if (creditCheckCharacter(compact.slice(0, 17)) !== compact[17]) return undefined;
  // One citizen ID number in 31 has this check character by chance. What is right as such a number is a credit
  // code only when the organisation code inside is right too.
  const readsAsCitizen = normaliseCitizenIdNumber(compact) !== undefined;
  if (readsAsCitizen && normaliseOrganisationCode(organisationCodeOf(compact)) === undefined)
    return undefined;
  return compact;
};

/** GB 32100 section 4.6: weights are powers of 3 modulo 31. */
export const creditCheckCharacter = (seventeen: string): string => {
  let weight = 1;
  let sum = 0;
  for (const character of seventeen) {
    sum += weight * ALPHABET.indexOf(character);
    weight = (weight * 3) % 31;
  }
  return ALPHABET[(31 - (sum % 31)) % 31] as string;
};

/** Positions 9 to 17: the enterprise's organisation code. */
export const organisationCodeOf = (code: string): string => code.slice(8, 17);
