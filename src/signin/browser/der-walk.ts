/** One DER element: its tag, its content, and the whole with its header. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly whole: Uint8Array<ArrayBuffer>;
}

/** What a certificate file holds is not what it should be. */
export class NotDer extends Error {
  override readonly name = 'NotDer';
}

/** The elements that stand one after the other in `octets`. Definite lengths only. */
export const elementsOf = (octets: Uint8Array<ArrayBuffer>): Element[] => {
  const elements: Element[] = [];
  for (let at = 0; at < octets.length;) {
    const tag = octets[at];
    let length = octets[at + 1];
    let start = at + 2;
    if (tag === undefined || length === undefined || length === 0x80 || length > 0x84) throw new NotDer();
    if (length > 0x80) {
      const count = length & 0x7f;
      length = octets.subarray(start, start + count).reduce((value, octet) => value * 256 + octet, 0);
      start += count;
    }
    const end = start + length;
    if (end > octets.length) throw new NotDer();
    elements.push({ tag, content: octets.subarray(start, end), whole: octets.subarray(at, end) });
    at = end;
  }
  return elements;
};

/** Content of a constructed element, as elements; `tag` is checked. */
export const children = (element: Element | undefined, tag = 0x30): Element[] =>
  elementsOf(contentOf(element, tag));

export const contentOf = (element: Element | undefined, tag: number): Uint8Array<ArrayBuffer> => {
  if (element === undefined || element.tag !== tag) throw new NotDer();
  return element.content;
};

/** An OBJECT IDENTIFIER, dotted. */
export const oidOf = (element: Element | undefined): string => {
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of contentOf(element, 0x06)) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...others] = arcs;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - top * 40, ...others].join('.');
};

export const integerOf = (element: Element | undefined): number => {
  const content = contentOf(element, 0x02);
  if (content.length > 6) throw new NotDer();
  return content.reduce((value, octet) => value * 256 + octet, 0);
};
