import { isHostWithin, readHost, readHostBase, type HostBase } from './host.ts';
import { nameForm } from './name-form.ts';

/** Scheme, "//", user information, host, port (RFC 3986 section 3). */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#@:]+)(?::\d*)?(?:[/?#]|$)/i;

/**
 * uniformResourceIdentifier: the host is compared. A URI without a host, or with an address for one, is not
 * comparable, so it is refused under any constraint, as RFC 5280 section 4.2.1.10 says.
 */
export const uniformResourceIdentifier = nameForm<string, HostBase>({
  readName: (name) => {
    if (name.type !== 'uniformResourceIdentifier') return undefined;
    const host = readHost(AUTHORITY.exec(name.value)?.[1] ?? '');
    return host === undefined || /(?:^|\.)\d+$/.test(host) ? undefined : host;
  },
  readBase: (base) => (base.type === 'uniformResourceIdentifier' ? readHostBase(base.value) : undefined),
  isWithin: isHostWithin,
});
