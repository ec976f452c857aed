import { createByteMemo, type ByteMemo } from '../certificate/byte-memo.ts';
import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import type { TrustList } from '../trust/trust-list.ts';

/** Certificates looked at besides the leaf; what a peer presents beyond that is passed over. */
const PRESENTED_LIMIT = 10;
/** Octets of them that are read: a chain of ten has some fifteen thousand. */
const OCTET_LIMIT = 65_536;
/** Certificates remembered, and the octets of the longest: 2 MiB in each thread at the most. */
const REMEMBERED = 256;
const LONGEST = 8192;

/** The candidates for issuers of a presented chain: those the peer sent, and the trust list's. */
export type FindIntermediates = (list: TrustList, chain: readonly Uint8Array[]) => readonly Certificate[];

/**
 * What peers send besides their own certificates is nearly always one of a few: the trust list's own, or others'
 * known issuing certificates. Those are parsed once, and being the same object, what is known of their signatures
 * (known-signatures.ts) holds for them. It is all forgotten with the trust list's epoch.
 */
export const createIntermediatesFinder = (): FindIntermediates => {
  let of: TrustList | undefined;
  let known: ByteMemo<Certificate> = createByteMemo(REMEMBERED, LONGEST);
  let listed: ReadonlySet<Certificate> = new Set();

  const begin = (list: TrustList): void => {
    of = list;
    known = createByteMemo(REMEMBERED, LONGEST);
    listed = new Set(list.intermediates);
    for (const { certificate } of list.anchors) known.set(certificate.der, certificate);
    for (const certificate of list.intermediates) known.set(certificate.der, certificate);
  };
  /** A hint: a broken one is passed over, not held against the peer. */
  const read = (der: Uint8Array): Certificate | undefined => {
    const remembered = known.get(der);
    if (remembered !== undefined) return remembered;
    try {
      // Of a copy, which outlives the connection it came by.
      const certificate = parseCertificate(Uint8Array.from(der));
      known.set(der, certificate);
      return certificate;
    } catch {
      return undefined;
    }
  };

  return (list, chain) => {
    if (of !== list) begin(list);
    const presented: Certificate[] = [];
    let octets = 0;
    for (let index = 1; index < chain.length && index <= PRESENTED_LIMIT; index++) {
      const der = chain[index] as Uint8Array;
      if (octets + der.length > OCTET_LIMIT) continue;
      octets += der.length;
      const certificate = read(der);
      if (certificate !== undefined && !listed.has(certificate)) presented.push(certificate);
    }
    return presented.length === 0 ? list.intermediates : [...presented, ...list.intermediates];
  };
};
