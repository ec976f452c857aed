import type { KeyUsage } from '../certificate.ts';
import { DerReader } from '../der.ts';

const BITS: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

/** RFC 5280 section 4.2.1.3. Throws DerError. */
export const readKeyUsage = (value: Uint8Array): ReadonlySet<KeyUsage> => {
  const outer = new DerReader(value);
  const { octets } = outer.bitString();
  outer.finish();
  return new Set(BITS.filter((_usage, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0));
};
