/**
 * Takes personal data out of what is logged. What it must leave alone: unified and pairwise ids, thumbprints,
 * references, serial numbers, times. Numbers are therefore recognised by the structure their standards give them,
 * on whole words; only where the structure is too weak (organisation codes) by the check digit.
 */

/** 张三丰 → 张**: the first character, and how many there are. */
export const maskName = (name: string): string => {
  const [first = '', ...rest] = name.trim();
  return first + '*'.repeat(Math.min(rest.length, MOST_STARS));
};
const MOST_STARS = 12;

/** 440305199001011234 → 440*************34. */
const maskNumber = (number: string): string => {
  const [head, tail] = number.length >= 8 ? [3, 2] : [1, 1];
  return number.slice(0, head) + '*'.repeat(number.length - head - tail) + number.slice(-tail);
};

/** Masks the personal data in a text. Linear in its length. */
export const maskText = (text: string): string => {
  let masked = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  for (const [pattern, replace] of RULES) masked = masked.replace(pattern, replace);
  return masked;
};
const LONGEST = 16_384;

const WORD_BEGINS = '(?<![0-9A-Za-z_-])';
const WORD_ENDS = '(?![0-9A-Za-z_-])';
const MONTH_AND_DAY = '(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])';
const CREDIT = '0-9A-HJ-NPQRTUWXY';

const RULES: readonly (readonly [RegExp, (found: string, ...groups: string[]) => string])[] = [
  [/-----BEGIN [A-Z ]{1,40}-----[^-]*(?:-----END [A-Z ]{1,40}-----)?/g, () => '[PEM]'],
  // A JWT (RFC 7519): its claims name a person, and it is a credential for its short life.
  [/(?<![\w-])eyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)?/g, () => '[token]'],
  // GB 11643, also with a prefix that an authority writes before it, and the 20-character tax number made of it. As
  // a word by itself: a long hash in hex may well have such digits in its middle.
  [
    new RegExp(
      `(?<=(?<![0-9A-Za-z])(?:\\d{4}[A-Za-z]{1,4}|[A-Za-z]{0,4}))[1-9]\\d{5}(?:1[89]|2[01])\\d{2}${MONTH_AND_DAY}\\d{3}[\\dXx](?:\\d{2})?(?![0-9A-Za-z])`,
      'g',
    ),
    maskNumber,
  ],
  // First generation, 15 digits.
  [
    new RegExp(`${WORD_BEGINS}(?:[A-Z]{2})?[1-9]\\d{5}\\d{2}${MONTH_AND_DAY}\\d{3}${WORD_ENDS}`, 'g'),
    maskNumber,
  ],
  // GB 32100, also with the prefixes authorities write before it: department, category, region, organisation code.
  [
    new RegExp(
      `${WORD_BEGINS}(?:\\d@\\d{4})?(?:[A-Z]{2})?[1-9A-HJ-NPQRTUWXY][1-9]\\d{6}[${CREDIT}]{10}${WORD_ENDS}`,
      'g',
    ),
    maskNumber,
  ],
  // GB 11714 behind a region code is a tax number of 15 characters.
  [
    new RegExp(`${WORD_BEGINS}(\\d{6}|[A-Z]{2})?([0-9A-Z]{8})-?([0-9X])${WORD_ENDS}`, 'g'),
    (found, _prefix, eight = '', check = '') =>
      isOrganisationCode(eight, check) ? maskNumber(found) : found,
  ],
  [new RegExp(`${WORD_BEGINS}(?:\\+?86[ -]?)?1[3-9]\\d{9}${WORD_ENDS}`, 'g'), maskNumber],
  // A name in a distinguished name; authorities and enterprises have longer ones.
  [
    /(?<=\b(?:CN|SN|GN|commonName|surname|givenName) ?= ?)\p{sc=Han}{2,4}(?!\p{sc=Han})/gu,
    (found) => maskName(found),
  ],
];

const WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** GB 11714 section 4. */
const isOrganisationCode = (eight: string, check: string): boolean => {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * parseInt(eight[index] ?? '0', 36), 0);
  return '0X987654321'[sum % 11] === check;
};

/** Fields whose value is a person's name. */
const NAME_FIELDS = new Set(['personname', 'subjectname', 'holder', 'commonname', 'cn']);

/** Fields whose value is never logged: credentials, keys, and whole certificates. */
const WITHHELD_FIELDS = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'onecert-assertion',
  'assertion',
  'token',
  'password',
  'passphrase',
  'secret',
  'key',
  'privatekey',
  'certificate',
  'client-cert',
  'client-cert-chain',
  'der',
  'pem',
  'identifier',
  'identifiers',
]);

const DEEPEST = 8;

/** A copy of a JSON value with personal data masked by the names of its fields and by what stands in its texts. */
export const maskValue = (value: unknown, field = '', depth = 0): unknown => {
  const name = field.toLowerCase();
  if (WITHHELD_FIELDS.has(name) && value !== undefined && value !== null) return '[withheld]';
  if (typeof value === 'string') {
    const isName = NAME_FIELDS.has(name) || (name === 'name' && /\p{sc=Han}/u.test(value));
    return isName ? maskName(value) : maskText(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => maskValue(item, field, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [maskText(key), maskValue(item, key, depth + 1)]),
  );
};
