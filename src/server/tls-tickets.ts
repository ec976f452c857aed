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

export interface TicketKeyRenewal {
  /** Versions came or went: renewed now, and when the next one comes into use. */
  changed(): void;
  close(): void;
}

/** Calls `renew` as each day begins, and as each version comes into use. */
export const renewTicketKeys = (
  keys: Pick<KeyRing, 'versions'>,
  renew: () => void,
  clock: () => number = Date.now,
): TicketKeyRenewal => {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const now = clock();
    const coming = keys.versions('tls-ticket.key').map(({ usedFrom }) => usedFrom - now);
    const next = Math.min(DAY_MS - (now % DAY_MS), ...coming.filter((ms) => ms > 0));
    // A little later rather than a little earlier: timers may be early by a millisecond.
    timer = setTimeout(changed, next + 50).unref();
  };
  const changed = (): void => {
    clearTimeout(timer);
    renew();
    wait();
  };
  wait();
  return { changed, close: () => clearTimeout(timer) };
};
