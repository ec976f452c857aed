import type { RevocationReason } from '../../revocation/types.ts';
import type { RevocationSnapshot } from '../../revocation/snapshot.ts';
import { createCrlView } from '../../revocation/snapshot.ts';
import { formatName } from '../../certificate/name.ts';
import type { Authority } from '../../trust/trust-list.ts';

/** What one CRL in force says of a serial number. Times are ms since the epoch. */
export interface CrlFinding {
  readonly issuer: string;
  /** crlNumber, decimal. */
  readonly number: string | undefined;
  readonly delta: boolean;
  readonly thisUpdate: number;
  readonly entry:
    | {
        readonly reason: RevocationReason;
        readonly revokedAt: number;
        readonly invalidSince: number | undefined;
      }
    | undefined;
}

/**
 * A serial number as written: hexadecimal (with colons, spaces or 0x, as openssl and browsers show it) or decimal. The
 * content octets of its INTEGER; undefined for anything else, for zero and for what is longer than 20 octets (RFC 5280
 * section 4.1.2.2).
 */
export const readSerial = (text: string, format: 'hex' | 'decimal'): Uint8Array | undefined => {
  const plain = text.replace(/[\s:]/g, '').replace(/^0x/i, '');
  if (!(format === 'hex' ? /^[0-9a-f]{1,48}$/i : /^\d{1,60}$/).test(plain)) return undefined;
  const value = BigInt(format === 'hex' ? `0x${plain}` : plain);
  if (value === 0n) return undefined;
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const octets = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
  return octets.length > 20 ? undefined : octets;
};

/** Asks every CRL in force that an authority's certificates issued, the newest first. */
export const lookUp = (
  { anchors, intermediates }: Authority,
  snapshot: RevocationSnapshot,
  serial: Uint8Array,
): readonly CrlFinding[] => {
  const view = createCrlView(snapshot);
  const issuers = new Map([...intermediates, ...anchors].map(({ subject }) => [subject.key, subject]));
  return [...issuers].flatMap(([issuer, subject]) => {
    const { complete, deltas } = view.issuedBy(issuer);
    return [...deltas, ...complete].map(({ crl, find }) => ({
      issuer: formatName(subject),
      number: crl.number === undefined ? undefined : BigInt(`0x${crl.number}`).toString(),
      delta: crl.baseNumber !== undefined,
      thisUpdate: crl.thisUpdate,
      entry: find(issuer, serial),
    }));
  });
};
