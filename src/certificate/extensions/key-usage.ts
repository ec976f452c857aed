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

/**
 * RFC 5280 section 4.2.1.3: at least one bit is set. Trailing zero bits, which X.690 section 11.2.2 would leave out,
 * are let pass: some authorities write all eight. Throws DerError.
 */
export const readKeyUsage = (value: Uint8Array): ReadonlySet<KeyUsage> => {
  const outer = new DerReader(value);
  const { octets } = outer.bitString();
  outer.finish();
  const usage = new Set(BITS.filter((_usage, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0));
  if (usage.size === 0) outer.fail('a keyUsage that allows nothing');
  return usage;
};
