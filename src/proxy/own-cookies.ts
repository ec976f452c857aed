/** The gateway's own cookies, as src/signin/ names them: no department sees or sets one. */
const OWN = '__Host-onecert';

/** Cookie fields without the gateway's own cookies: alternating names and values, as `headers`. */
export const withoutOwnCookies = (headers: readonly string[]): readonly string[] => {
  if (!headers.some((value, index) => index % 2 === 1 && value.includes(OWN))) return headers;
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (name.toLowerCase() !== 'cookie' || !value.includes(OWN)) kept.push(name, value);
    else {
      const others = value.split(';').filter((pair) => !pair.trim().startsWith(OWN));
      if (others.length > 0) kept.push(name, others.join(';').trim());
    }
  }
  return kept;
};

/** Whether a Set-Cookie field would set one of the gateway's own cookies, in a department's name. */
export const setsOwnCookie = (value: string): boolean => value.trimStart().startsWith(OWN);
