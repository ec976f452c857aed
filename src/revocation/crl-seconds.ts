/** ms since the epoch as the 32-bit seconds of a record: 1970 to 2106, what lies outside at their ends. */
export const toSeconds = (ms: number): number => Math.min(Math.max(Math.floor(ms / 1000), 0), 0xffffffff);

const DAYS_BEFORE_MONTH = Uint16Array.of(0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334);
const DAYS_OF_MONTH = Uint8Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** The UTCTime "YYMMDDHHMMSSZ" at `at` as seconds since the epoch (0 before 1970); -1 where it is none. */
export const utcSeconds = (bytes: Uint8Array, at: number): number => {
  const twoDigits = two(bytes, at);
  const month = two(bytes, at + 2);
  const day = two(bytes, at + 4);
  const hour = two(bytes, at + 6);
  const minute = two(bytes, at + 8);
  const second = two(bytes, at + 10);
  if (bytes[at + 12] !== 0x5a || twoDigits > 99 || month < 1 || month > 12 || day < 1) return -1;
  // RFC 5280 section 4.1.2.5.1: two-digit years from 50 on are of the twentieth century.
  const year = twoDigits >= 50 ? 1900 + twoDigits : 2000 + twoDigits;
  // Every fourth year from 1950 to 2049 is a leap year.
  const leap = (year & 3) === 0 ? 1 : 0;
  const days = (DAYS_OF_MONTH[month] as number) + (month === 2 ? leap : 0);
  if (day > days || hour > 23 || minute > 59 || second > 59) return -1;
  if (year < 1970) return 0;
  const sinceEpoch =
    (year - 1970) * 365 +
    ((year - 1969) >> 2) +
    (DAYS_BEFORE_MONTH[month] as number) +
    (month > 2 ? leap : 0) +
    (day - 1);
  return sinceEpoch * 86_400 + hour * 3600 + minute * 60 + second;
};

/** Two decimal digits; over 99 where they are none. */
const two = (bytes: Uint8Array, at: number): number => {
  const tens = (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? 1000 : tens * 10 + ones;
};
