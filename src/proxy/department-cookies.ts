import { OWN_COOKIES } from '../signin/own-cookies.ts';

/**
 * Set-Cookie fields of a department's answer, kept to its own service: all services share one host, and a cookie for
 * "/" or a domain would be sent to every department. A path outside the service's becomes the service's, Domain is
 * taken out (RFC 6265 section 5.2), and the gateway's own cookies cannot be set. `__Host-` cookies can have no other
 * path (RFC 6265bis section 4.1.3.2) and are left as they are.
 *
 * @param headers alternating names and values
 * @param path of the service, without trailing slash
 */
export const withDepartmentCookies = (headers: string[], path: string): string[] => {
  let kept: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const isCookie = name.length === 10 && name.toLowerCase() === 'set-cookie';
    // Most answers set none: nothing is copied for them.
    if (isCookie) kept ??= headers.slice(0, index);
    if (kept === undefined) continue;
    if (!isCookie) kept.push(name, value);
    else if (!value.trimStart().startsWith(OWN_COOKIES)) kept.push(name, scoped(value, path));
  }
  return kept ?? headers;
};

const scoped = (cookie: string, path: string): string => {
  const [pair = '', ...attributes] = cookie.split(';');
  if (/^\s*__host-/i.test(pair)) return cookie;
  const others = attributes.filter((attribute) => !/^\s*(?:domain|path)\s*(?:=|$)/i.test(attribute));
  // Of several the last counts (section 5.3); one that is not absolute is the default path (section 5.2.4).
  const asked = attributes.findLast((attribute) => /^\s*path\s*=/i.test(attribute));
  const wanted = asked?.slice(asked.indexOf('=') + 1).trim() ?? '';
  const isBelow = wanted === path || wanted.startsWith(`${path}/`);
  return [pair, ` Path=${isBelow ? wanted : path}`, ...others].join(';');
};
