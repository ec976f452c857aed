import { hostOf, isLoopback } from '../../services/back-end-addresses.ts';
import type { Facts } from '../facts.ts';

const TIMEOUT_MS = 5_000;
const MOST_PEERS = 16;

/**
 * Holds this clock against the Date (RFC 9110 section 6.6.1) of servers, at the middle of each exchange. Whoever does
 * not answer is left out. @param addresses http(s) URLs of CRL and OCSP servers
 */
export const lookAtClocks = async (
  addresses: readonly string[],
  clock: () => number = Date.now,
): Promise<Facts['clocks']> => {
  const peers = new Map(
    addresses.filter((each) => /^https?:/i.test(each)).map((each) => [new URL(each).host, new URL(each)]),
  );
  const asked = [...peers.values()].slice(0, MOST_PEERS).map(async (url) => {
    try {
      const before = clock();
      const answer = await fetch(url, {
        method: 'HEAD',
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const middle = (before + clock()) / 2;
      const theirs = Date.parse(answer.headers.get('date') ?? '');
      // They say the second that has begun: on the average, half of it is over.
      return Number.isNaN(theirs)
        ? []
        : [{ peer: url.host, local: isLoopback(hostOf(url)), skew: theirs + 500 - middle }];
    } catch {
      return [];
    }
  });
  return (await Promise.all(asked)).flat().sort((a, b) => (a.peer < b.peer ? -1 : 1));
};
