import { writtenForm } from './written-form.ts';

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK = '10X98765432';

/** GB/T 2260: provinces, Hong Kong, Macao and Taiwan (81 to 83: residence permits); 9: permanent residents. */
const REGION = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9\d)/;

/**
 * A citizen ID number in its 18-character form (GB 11643): region, birth date, sequence, check character. One of the
 * first generation (15 digits) is converted. Undefined when it is none.
 */
export const normaliseCitizenIdNumber = (text: string): string | undefined => {
  const compact = writtenForm(text);
  if (!REGION.test(compact)) return undefined;
  if (/^\d{15}$/.test(compact)) {
    // First generation: two-digit years, all of the twentieth century.
    const seventeen = `${compact.slice(0, 6)}19${compact.slice(6)}`;
    return isBirthDate(seventeen.slice(6, 14)) ? seventeen + citizenCheckCharacter(seventeen) : undefined;
  }
  if (!/^\d{17}[\dX]$/.test(compact)) return undefined;
  const seventeen = compact.slice(0, 17);
  return citizenCheckCharacter(seventeen) === compact[17] && isBirthDate(compact.slice(6, 14))
    ? compact
    : undefined;
};

/** GB 11643 section 4.4 (ISO 7064 MOD 11-2). `seventeen` are digits. */
export const citizenCheckCharacter = (seventeen: string): string => {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(seventeen[index]), 0);
  return CHECK[sum % 11] as string;
};

const isBirthDate = (yyyymmdd: string): boolean => {
  const year = Number(yyyymmdd.slice(0, 4));
  const month = Number(yyyymmdd.slice(4, 6));
  const day = Number(yyyymmdd.slice(6, 8));
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1850 && year < 2200 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
};
