const MAX_LENGTH = 2_048;
/** Any origin would do: what counts is that the address stays on it. */
const HERE = 'https://here.invalid';

/**
 * Where to send somebody back to after sign-in: a path on the same origin, with its query, or undefined for anything
 * else (open redirect, CWE-601). Refused are other schemes, `//host`, backslashes (browsers read them as slashes),
 * control characters, spaces and everything outside ASCII (browsers drop or convert some of them), encoded slashes,
 * backslashes and NUL in the path, and whatever leads to `//` once dot segments are gone. A fragment is dropped: it
 * never belongs to a request.
 */
export const returnTo = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
  if (!/^\/(?!\/)[\x21-\x7e]*$/.test(value) || value.includes('\\')) return undefined;
  const url = URL.parse(value, HERE);
  if (url === null || url.origin !== HERE || url.pathname.startsWith('//')) return undefined;
  if (/%(?:2f|5c|00)/i.test(url.pathname)) return undefined;
  return url.pathname + url.search;
};
