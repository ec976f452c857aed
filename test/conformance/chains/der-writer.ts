/**
 * DER, written small: what the certificates of these tests are made of. Takes anything, also what no standard allows,
 * so that tests can make certificates that are wrong on purpose.
 */
export const element = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(tag), lengthOctets(body.length), body]);
};

const lengthOctets = (length: number): Uint8Array => {
  if (length < 0x80) return Uint8Array.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(0x80 | octets.length, ...octets);
};

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content);
export const set = (...content: readonly Uint8Array[]): Buffer => element(0x31, ...content);
export const boolean = (value: boolean): Buffer => element(0x01, Uint8Array.of(value ? 0xff : 0));
export const octetString = (content: Uint8Array): Buffer => element(0x04, content);
export const bitString = (octets: Uint8Array, unusedBits = 0): Buffer =>
  element(0x03, Uint8Array.of(unusedBits), octets);
export const nothing = (): Buffer => element(0x05);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'));
export const printableString = (text: string): Buffer => element(0x13, Buffer.from(text, 'latin1'));
export const ia5String = (text: string): Buffer => element(0x16, Buffer.from(text, 'latin1'));
export const bmpString = (text: string): Buffer => element(0x1e, Buffer.from(text, 'utf16le').swap16());

/** Content octets of a non-negative INTEGER. */
export const integerContent = (value: number | bigint): Buffer => {
  const hex = BigInt(value).toString(16);
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return (octets[0] as number) >= 0x80 ? Buffer.concat([Uint8Array.of(0), octets]) : octets;
};
export const integer = (value: number | bigint): Buffer => element(0x02, integerContent(value));

export const oid = (dotted: string): Buffer => element(0x06, oidContent(dotted));
export const oidContent = (dotted: string): Buffer => {
  const [first = 0n, second = 0n, ...others] = dotted.split('.').map(BigInt);
  return Buffer.concat([first * 40n + second, ...others].map(base128));
};
const base128 = (arc: bigint): Buffer => {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return Buffer.from(octets);
};

/** Context-specific tag [number]: constructed, or primitive where said. */
export const tagged = (number: number, ...content: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, ...content);
export const taggedPrimitive = (number: number, content: Uint8Array): Buffer =>
  element(0x80 | number, content);

/** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). */
export const time = (at: number): Buffer => {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  return new Date(at).getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
};
