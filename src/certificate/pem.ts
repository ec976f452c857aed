/**
 * DER of every PEM block with `label` (RFC 7468), in order. Text around the blocks is passed over; a block that is
 * not Base64 is left out.
 */
export const decodePem = (text: string, label = 'CERTIFICATE'): Uint8Array[] => {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: Uint8Array[] = [];
  for (let start = text.indexOf(begin); start !== -1;) {
    const stop = text.indexOf(end, start + begin.length);
    if (stop === -1) break;
    const body = text.slice(start + begin.length, stop).replace(/\s+/g, '');
    if (/^[A-Za-z0-9+/]+={0,2}$/.test(body)) blocks.push(Buffer.from(body, 'base64'));
    start = text.indexOf(begin, stop + end.length);
  }
  return blocks;
};

export const encodePem = (label: string, der: Uint8Array): string => {
  const base64 = Buffer.from(der).toString('base64');
  return `-----BEGIN ${label}-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
};
