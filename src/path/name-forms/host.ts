/** Labels of letters, digits, hyphens and (as in use) underscores; without a final dot. Lower-case. */
const HOST = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** A host name in lower case; undefined where the text is none. */
export const readHost = (text: string): string | undefined => {
  if (text.length > 253) return undefined;
  const host = text.toLowerCase();
  return HOST.test(host) ? host : undefined;
};

/** Whether `host` has at least one label more than `domain`, to its left. */
export const isBelow = (host: string, domain: string): boolean =>
  host.length > domain.length + 1 && host.endsWith(domain) && host[host.length - domain.length - 1] === '.';

/**
 * A host, or with a leading dot every host below a domain. The empty text is every host: RFC 5280 gives it no
 * meaning, and all verifiers read it so.
 */
export type HostBase =
  | { readonly kind: 'all' }
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'below'; readonly domain: string };

export const readHostBase = (text: string): HostBase | undefined => {
  if (text === '') return { kind: 'all' };
  if (text.startsWith('.')) {
    const domain = readHost(text.slice(1));
    return domain === undefined ? undefined : { kind: 'below', domain };
  }
  const host = readHost(text);
  return host === undefined ? undefined : { kind: 'host', host };
};

export const isHostWithin = (host: string, base: HostBase): boolean =>
  base.kind === 'all' || (base.kind === 'host' ? host === base.host : isBelow(host, base.domain));
