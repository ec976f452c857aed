import { nameForm } from './name-form.ts';

interface AddressRange {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

/** iPAddress: an address and a mask in the style of RFC 4632, 8 octets for IPv4 and 32 for IPv6. */
export const ipAddress = nameForm<Uint8Array, AddressRange>({
  readName: (name) => (name.type === 'iPAddress' ? name.octets : undefined),
  readBase: (base) => {
    if (base.type !== 'iPAddress') return undefined;
    const { length } = base.octets;
    if (length !== 8 && length !== 32) return undefined;
    const mask = base.octets.subarray(length / 2);
    return isPrefix(mask) ? { address: base.octets.subarray(0, length / 2), mask } : undefined;
  },
  isWithin: (name, { address, mask }) => {
    if (name.length !== address.length) return false;
    for (let index = 0; index < name.length; index++) {
      const differs = (name[index] as number) ^ (address[index] as number);
      if ((differs & (mask[index] as number)) !== 0) return false;
    }
    return true;
  },
});

/** Ones, then zeros (RFC 4632 section 3.1). */
const isPrefix = (mask: Uint8Array): boolean => {
  let ended = false;
  for (const octet of mask) {
    if (ended ? octet !== 0 : ![0xff, 0xfe, 0xfc, 0xf8, 0xf0, 0xe0, 0xc0, 0x80, 0].includes(octet))
      return false;
    ended ||= octet !== 0xff;
  }
  return true;
};
