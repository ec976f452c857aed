/** Just enough DER to write a CMS signature. */
export const element = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  const octets: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  const length = body.length < 0x80 ? [body.length] : [0x80 | octets.length, ...octets];
  return Buffer.concat([Uint8Array.of(tag, ...length), body]);
};

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content);
/** SET OF, in DER's order. */
export const setOf = (...content: readonly Uint8Array[]): Buffer =>
  element(0x31, ...[...content].sort((a, b) => Buffer.compare(a, b)));
export const octetString = (content: Uint8Array): Buffer => element(0x04, content);
export const nothing = (): Buffer => element(0x05);
export const smallInteger = (value: number): Buffer => element(0x02, Uint8Array.of(value));

export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return element(0x06, ...[first * 40 + second, ...others].map(base128));
};
const base128 = (arc: number): Uint8Array => {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift((rest % 128) | 0x80);
  return Uint8Array.from(octets);
};

/** UTCTime (RFC 5652 section 11.3: through 2049). */
export const utcTime = (at: number): Buffer =>
  element(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
