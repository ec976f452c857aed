import { TAG } from './der.ts';

/**
 * The text of an ASN.1 string's content octets; undefined when the octets are not of the type. TeletexString is
 * read as GBK where it cannot be Latin-1 text: old Chinese certificates hold that.
 */
export const decodeString = (tag: number, content: Uint8Array): string | undefined => {
  switch (tag) {
    case TAG.utf8String:
      return isAscii(content) ? latin1(content) : decode('utf-8', content);
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
      // PrintableString's narrower alphabet is not enforced: '@', '*' and '&' in it are common and harmless.
      return isAscii(content) ? latin1(content) : undefined;
    case TAG.teletexString:
      return isAscii(content) ? latin1(content) : (decode('gbk', content) ?? latin1(content));
    case TAG.bmpString:
      return content.length % 2 === 0 ? decode('utf-16be', content) : undefined;
    case TAG.universalString:
      return decodeUniversal(content);
    default:
      return undefined;
  }
};

const STRING_TAGS: ReadonlySet<number> = new Set([
  TAG.utf8String,
  TAG.numericString,
  TAG.printableString,
  TAG.teletexString,
  TAG.ia5String,
  TAG.visibleString,
  TAG.universalString,
  TAG.bmpString,
]);

/** Whether `tag` is of a type that decodeString reads. */
export const isStringTag = (tag: number): boolean => STRING_TAGS.has(tag);

const isAscii = (content: Uint8Array): boolean => {
  for (let index = 0; index < content.length; index++) if ((content[index] as number) >= 0x80) return false;
  return true;
};

const latin1 = (content: Uint8Array): string =>
  Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');

const DECODERS = {
  'utf-8': new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
  'utf-16be': new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true }),
  gbk: new TextDecoder('gbk', { fatal: true }),
};

const decode = (encoding: keyof typeof DECODERS, content: Uint8Array): string | undefined => {
  try {
    return DECODERS[encoding].decode(content);
  } catch {
    return undefined;
  }
};

const decodeUniversal = (content: Uint8Array): string | undefined => {
  if (content.length % 4 !== 0) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let text = '';
  for (let at = 0; at < content.length; at += 4) {
    const point = view.getUint32(at);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
};
