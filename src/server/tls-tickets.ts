import { hkdfSync } from 'node:crypto';
import type { KeyRing } from '../storage/key-ring.ts';
import { inUse } from '../storage/key-version.ts';

const DAY_MS = 86_400_000;

/**
 * The key that TLS sessions are resumed with (48 octets, as Node's `ticketKeys`): made from the key ring and the day (UTC),
 * so that it is the same on all threads and replicas and opens the sessions of no other day. A ticket of yesterday leads to
 * a full handshake.
 */
export const tlsTicketKeys = (keys: Pick<KeyRing, 'versions'>, at: number): Uint8Array => {
  const { key } = inUse(keys.versions('tls-ticket.key'), at);
  const info = `onecert tls tickets v1 ${Math.floor(at / DAY_MS)}`;
  return new Uint8Array(hkdfSync('sha256', key, '', info, 48));
};

/** Calls `renew` as each day begins. Gives what ends it. */
export const eachDay = (renew: () => void, clock: () => number = Date.now): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    // A little later rather than a little earlier: timers may be early by a millisecond.
    timer = setTimeout(
      () => {
        renew();
        wait();
      },
      DAY_MS - (clock() % DAY_MS) + 50,
    ).unref();
  };
  wait();
  return () => clearTimeout(timer);
};
