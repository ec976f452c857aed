/** What the names of the gateway's own cookies begin with: no department sees or sets one. */
export const OWN_COOKIES = '__Host-onecert';

/** A Cookie field without the gateway's own cookies; empty where nothing is left. */
export const othersCookies = (field: string): string =>
  field
    .split(';')
    .filter((pair) => !pair.trim().startsWith(OWN_COOKIES))
    .join(';')
    .trim();
