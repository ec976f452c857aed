import { isBelow, readHost } from './host.ts';
import { nameForm } from './name-form.ts';

interface DnsName {
  /** Without the wildcard. */
  readonly host: string;
  readonly wildcard: boolean;
}

/**
 * dNSName: the base itself and everything made by adding labels on its left. A base with a leading dot or a wildcard
 * is not a name in the preferred name syntax, so it is not well formed; the empty one is every name.
 */
export const dnsName = nameForm<DnsName, string>({
  readName: (name) => {
    if (name.type !== 'dNSName') return undefined;
    const wildcard = name.value.startsWith('*.');
    const host = readHost(wildcard ? name.value.slice(2) : name.value);
    return host === undefined ? undefined : { host, wildcard };
  },
  readBase: (base) => {
    if (base.type !== 'dNSName') return undefined;
    return base.value === '' ? '' : readHost(base.value);
  },
  isWithin: ({ host, wildcard }, base, list) => {
    if (base === '' || host === base || isBelow(host, base)) return true;
    // *.example.com may stand for the excluded www.example.com.
    return (
      list === 'excluded' && wildcard && isBelow(base, host) && !base.slice(0, -host.length - 1).includes('.')
    );
  },
});
