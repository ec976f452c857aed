import { writtenForm } from './written-form.ts';

const WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/**
 * An organisation code without hyphen (GB 11714): eight characters and a check character. Undefined when it is none.
 */
export const normaliseOrganisationCode = (text: string): string | undefined => {
  const compact = writtenForm(text).replace(/^([0-9A-Z]{8})-([0-9X])$/, '$1$2');
  if (!/^[0-9A-Z]{8}[0-9X]$/.test(compact)) return undefined;
  return organisationCheckCharacter(compact.slice(0, 8)) === compact[8] ? compact : undefined;
};

/** GB 11714 section 4: letters count from 10 (A) to 35 (Z); 10 is written X, 11 is written 0. */
export const organisationCheckCharacter = (eight: string): string => {
  const sum = WEIGHTS.reduce(
    (total, weight, index) => total + weight * parseInt(eight[index] as string, 36),
    0,
  );
  const check = 11 - (sum % 11);
  return check === 10 ? 'X' : check === 11 ? '0' : String(check);
};
