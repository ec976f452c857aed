import { inflateSync } from 'node:zlib';

/** What a PDF that Chromium wrote holds (ISO 32000-1), as far as a test wants to know. */
export interface PrintedPdf {
  readonly pages: number;
  /** Characters of a text that stand on no page, by the tables that say which glyph is which character (section 9.10.3). */
  readonly missing: (text: string) => readonly string[];
}

export const readPdf = (pdf: Buffer): PrintedPdf => {
  const text = pdf.toString('latin1');
  if (!text.startsWith('%PDF-')) throw new Error('this is no PDF');
  const characters = new Set<string>();
  for (const { index, 0: begin } of text.matchAll(/stream\r?\n/g)) {
    if (text.slice(index - 3, index) === 'end') continue;
    const from = index + begin.length;
    const inflated = inflate(pdf.subarray(from, text.indexOf('endstream', from)));
    if (inflated.includes('begincmap')) readCharacterMap(inflated, characters);
  }
  return {
    pages: [...text.matchAll(/\/Type\s*\/Page\b/g)].length,
    missing: (wanted) => [...wanted].filter((each) => !characters.has(each.normalize('NFKC'))),
  };
};

/** Streams that are not compressed so, pictures for example, hold nothing for us. */
const inflate = (stream: Buffer): string => {
  try {
    return inflateSync(stream).toString('latin1');
  } catch {
    return '';
  }
};

/** `<glyph> <character>` one by one, or `<first glyph> <last glyph> <first character>`. */
const readCharacterMap = (map: string, characters: Set<string>): void => {
  const add = (hex: string, more = 0): void => {
    const first = Buffer.from(hex, 'hex').swap16().toString('utf16le');
    const text = more === 0 ? first : String.fromCodePoint((first.codePointAt(0) ?? 0) + more);
    // A font may have one glyph for 网 and for the radical ⽹; the table names one of them.
    characters.add(text.normalize('NFKC'));
  };
  for (const [, lines = ''] of map.matchAll(/beginbfchar([^]*?)endbfchar/g))
    for (const [, character = ''] of lines.matchAll(/<[0-9A-F]+>\s*<([0-9A-F]+)>/gi)) add(character);
  for (const [, lines = ''] of map.matchAll(/beginbfrange([^]*?)endbfrange/g)) {
    for (const [, first = '', last = '', character = ''] of lines.matchAll(
      /<([0-9A-F]+)>\s*<([0-9A-F]+)>\s*<([0-9A-F]+)>/gi,
    )) {
      const more = Number.parseInt(last, 16) - Number.parseInt(first, 16);
      for (let index = 0; index <= more; index += 1) add(character, index);
    }
  }
};
