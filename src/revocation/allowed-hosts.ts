import type { RevocationPolicy } from './revocation-policy.ts';
import type { RevocationLog } from './service-log.ts';

/** "host:port" of every place an authority's policy lets the gateway ask. */
export type AllowedHosts = ReadonlySet<string>;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Hosts that may be asked: those the policy names, and those of its own URLs. A host named without a port is allowed
 * on the ports of http and https only, so that a certificate cannot point the gateway at other things that run there.
 */
export const allowedHosts = ({ hosts, crl, ocsp }: RevocationPolicy): AllowedHosts => {
  const named = hosts.flatMap((entry) =>
    /:\d+$/.test(entry) ? [entry.toLowerCase()] : [`${entry.toLowerCase()}:80`, `${entry.toLowerCase()}:443`],
  );
  const own = [...crl.urls, ...ocsp.urls].flatMap((text) => {
    const url = parseHttpUrl(text);
    return url === undefined ? [] : [placeOf(url)];
  });
  return new Set([...named, ...own]);
};

/** The URL, if it is one of http or https without user or password. */
export const parseHttpUrl = (text: string): URL | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || DEFAULT_PORTS[url.protocol] === undefined) return undefined;
  return url.username === '' && url.password === '' ? url : undefined;
};

/** Whether the gateway may ask this URL. The host is compared as a URL parser reads it, not as it is spelt. */
export const isAllowed = (text: string, allowed: AllowedHosts): boolean => {
  const url = parseHttpUrl(text);
  return url !== undefined && allowed.has(placeOf(url));
};

const placeOf = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port === '' ? DEFAULT_PORTS[protocol] : port}`;

/** Hosts warned of; more say nothing new. */
const WARNED_LIMIT = 64;

/** Tells operators once for each host that certificates of an authority name only hosts its policy does not allow. */
export const createHostWarning = (what: 'CRL' | 'OCSP responder', log: RevocationLog) => {
  const warned = new Set<string>();
  return (authority: string, addresses: readonly string[], allowed: AllowedHosts): void => {
    if (addresses.some((address) => isAllowed(address, allowed))) return;
    for (const address of addresses) {
      const url = parseHttpUrl(address);
      const key = `${authority} ${url?.host}`;
      if (url === undefined || warned.has(key) || warned.size >= WARNED_LIMIT) continue;
      warned.add(key);
      const message = `Certificates name a ${what} on a host the policy does not allow, so it is not asked: add the host to revocation.hosts of the authority if it is right`;
      log.warn({ authority, host: url.host }, message);
    }
  };
};
