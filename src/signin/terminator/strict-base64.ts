/**
 * The octets of Base64 (RFC 4648 section 4) written the one way there is: padded, nothing between, unused bits zero.
 * undefined for everything else. Buffer.from alone passes over what it cannot read.
 */
export const strictBase64 = (text: string): Uint8Array | undefined => {
  if (text.length === 0 || text.length % 4 !== 0) return undefined;
  const octets = Buffer.from(text, 'base64');
  return octets.toString('base64') === text ? octets : undefined;
};
