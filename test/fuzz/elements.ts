/** One element of DER, as positions in the bytes it was found in. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
  /** Number of the element it lies in; -1 for the outermost. */
  readonly parent: number;
}

const DEPTH = 24;
const LIMIT = 400;

/**
 * Every element that can be made out, outer before inner, also those within OCTET STRINGs and BIT STRINGs. Lenient: what
 * is no DER just has none.
 */
export const elementsOf = (bytes: Uint8Array): Element[] => {
  const found: Element[] = [];
  collect(bytes, 0, bytes.length, -1, 0, found);
  return found;
};

const collect = (
  bytes: Uint8Array,
  from: number,
  to: number,
  parent: number,
  depth: number,
  found: Element[],
): void => {
  for (let at = from; at + 2 <= to && found.length < LIMIT;) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1] as number;
    let content = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 3 || content + count > to) return;
      length = 0;
      for (let index = 0; index < count; index++) length = length * 256 + (bytes[content++] as number);
    }
    const end = content + length;
    if (end > to) return;
    const number = found.push({ tag, start: at, content, end, parent }) - 1;
    if (depth < DEPTH) {
      if ((tag & 0x20) !== 0) collect(bytes, content, end, number, depth + 1, found);
      // An extension's value, an OCSP answer, a key.
      else if (tag === 0x04 && looksWhole(bytes, content, end))
        collect(bytes, content, end, number, depth + 1, found);
      else if (tag === 0x03 && bytes[content] === 0 && looksWhole(bytes, content + 1, end))
        collect(bytes, content + 1, end, number, depth + 1, found);
    }
    at = end;
  }
};

const looksWhole = (bytes: Uint8Array, from: number, to: number): boolean => {
  if (to - from < 2 || bytes[from] !== 0x30) return false;
  const length = bytes[from + 1] as number;
  return length < 0x80 ? from + 2 + length === to : length < 0x84;
};

/** `content` with a header of this tag and the right length. */
export const wrap = (tag: number, content: Uint8Array): Buffer => {
  const { length } = content;
  const count = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const out = Buffer.allocUnsafe(2 + count + length);
  out[0] = tag;
  out[1] = count === 0 ? length : 0x80 | count;
  for (let index = 0; index < count; index++) out[2 + index] = (length >>> (8 * (count - 1 - index))) & 0xff;
  out.set(content, 2 + count);
  return out;
};

/** The bytes with one element replaced, and the lengths of all around it put right. */
export const replaceElement = (
  bytes: Uint8Array,
  elements: readonly Element[],
  number: number,
  replacement: Uint8Array,
): Buffer => {
  let element = elements[number] as Element;
  let inner: Uint8Array = replacement;
  while (element.parent !== -1) {
    const around = elements[element.parent] as Element;
    const content = Buffer.concat([
      bytes.subarray(around.content, element.start),
      inner,
      bytes.subarray(element.end, around.end),
    ]);
    inner = wrap(around.tag, content);
    element = around;
  }
  return Buffer.concat([bytes.subarray(0, element.start), inner, bytes.subarray(element.end)]);
};
