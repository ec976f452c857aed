import { othersCookies, OWN_COOKIES } from '../signin/own-cookies.ts';

/** Cookie fields without the gateway's own cookies: alternating names and values, as `headers`. */
export const withoutOwnCookies = (headers: readonly string[]): readonly string[] => {
  if (!headers.some((value, index) => index % 2 === 1 && value.includes(OWN_COOKIES))) return headers;
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (name.toLowerCase() !== 'cookie' || !value.includes(OWN_COOKIES)) kept.push(name, value);
    else {
      const others = othersCookies(value);
      if (others !== '') kept.push(name, others);
    }
  }
  return kept;
};
