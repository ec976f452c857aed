/**
 * Numbers of people and enterprises that do not exist, with right check characters. The rules are written in another
 * form than in src/identity, so that one mistake is not made twice.
 */

/** ISO 7064 MOD 11-2, digit by digit: the whole number leaves 1. */
export const citizenIdNumber = (seventeen: string): string => {
  let state = 0;
  for (const digit of seventeen) state = ((state + Number(digit)) * 2) % 11;
  const check = (12 - state) % 11;
  return seventeen + (check === 10 ? 'X' : String(check));
};

/** GB 11714: the weights are powers of two modulo 11, and the whole leaves 0. */
export const organisationCode = (eight: string): string => {
  let state = 0;
  for (const character of eight) state = (state * 2 + Number.parseInt(character, 36)) % 11;
  const check = (11 - ((state * 2) % 11)) % 11;
  return eight + (check === 10 ? 'X' : String(check));
};

/** GB 32100: powers of three modulo 31, in exact arithmetic. */
export const unifiedSocialCreditCode = (seventeen: string): string => {
  const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
  let sum = 0n;
  [...seventeen].forEach((character, index) => {
    sum += BigInt(alphabet.indexOf(character)) * 3n ** BigInt(index);
  });
  return seventeen + alphabet[Number((31n - (sum % 31n)) % 31n)];
};

/** An enterprise's unified code, with the right organisation code inside. */
export const enterprise = (eight: string, prefix = '91440300'): string =>
  unifiedSocialCreditCode(prefix + organisationCode(eight));
