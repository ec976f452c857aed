import { context, DerError, DerReader, TAG } from '../certificate/der.ts';
import { decodeString } from '../certificate/string.ts';
import { TEXT_LIMIT } from './pattern.ts';
import type { IdentifierSource } from './profile.ts';

type Decoder = IdentifierSource['decode'][number];

/** Octets of an extension that may hold an identifier: TEXT_LIMIT characters in the widest encoding, and a header. */
const OCTETS_LIMIT = 4 * TEXT_LIMIT + 4;

/**
 * The text an extension's value holds, by the first decoder that finds one, without the spaces and NULs that some
 * authorities fill a field up with; undefined when none of them does or it is too long.
 */
export const readText = (value: Uint8Array, decoders: readonly Decoder[]): string | undefined => {
  if (value.length > OCTETS_LIMIT) return undefined;
  for (const decoder of decoders) {
    const text = unpadded(DECODE[decoder](value));
    if (text !== undefined) return text;
  }
  return undefined;
};

const DECODE: Readonly<Record<Decoder, (value: Uint8Array) => string | undefined>> = {
  'der-string': (value) => {
    try {
      return readDerString(value);
    } catch (error) {
      if (error instanceof DerError) return undefined;
      throw error;
    }
  },
  text: (value) => decodeString(TAG.utf8String, value),
  'skip-two': (value) => decodeString(TAG.utf8String, value.subarray(2)),
  gbk: (value) => {
    try {
      return GBK.decode(value);
    } catch {
      return undefined;
    }
  },
};

const GBK = new TextDecoder('gbk', { fatal: true });

/**
 * One string. GB/T 20518's identifyCode is a CHOICE of strings tagged [0] to [2], which authorities write with an
 * explicit or an implicit tag.
 */
const readDerString = (value: Uint8Array): string | undefined => {
  const outer = new DerReader(value);
  const tag = outer.peek();
  const content = outer.content(tag);
  outer.finish();
  if (tag >= context(0) && tag <= context(2)) {
    const inner = new DerReader(content);
    const innerTag = inner.peek();
    const text = decodeString(innerTag, inner.content(innerTag));
    inner.finish();
    return text;
  }
  const implicit = tag >= context(0, 'primitive') && tag <= context(2, 'primitive');
  return decodeString(implicit ? TAG.utf8String : tag, content);
};

/** Undefined too for what holds control characters: that is no text, but octets read with the wrong decoder. */
export const unpadded = (text: string | undefined): string | undefined => {
  if (text === undefined || text.length > 4 * TEXT_LIMIT) return undefined;
  // eslint-disable-next-line no-control-regex -- NULs are what this is about
  const bare = text.replace(/^[\u0000 \t\r\n\u3000]+|[\u0000 \t\r\n\u3000]+$/g, '');
  return bare.length > TEXT_LIMIT || /[\p{Cc}\ufffd]/u.test(bare) ? undefined : bare;
};
