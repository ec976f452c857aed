import sax, { type QualifiedTag, type SAXOptions } from 'sax';

/** An element of an XML document: what import needs of it and no more. */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** xml:lang, where written. */
  readonly language: string | undefined;
  /** The element's own text, trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** What is wrong with a document, and the line (from 1) it shows on. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** The largest national list has some 10 MB. */
const BYTES = 32 * 1024 * 1024;
const ELEMENTS = 500_000;
const DEPTH = 64;
const CHUNK = 64 * 1024;

/**
 * Reads a document with namespaces. Bounded: 32 MiB, 500,000 elements, 64 levels. No DOCTYPE is accepted, so there are no
 * entities but XML's own five, nothing external is ever opened, and nothing expands.
 *
 * @throws XmlError
 */
export const readXml = (bytes: Uint8Array): XmlElement => {
  if (bytes.length > BYTES) throw new XmlError(`larger than ${BYTES} bytes`, 1);
  const text = decodeUtf8(bytes);
  const open: { element: XmlElement; text: string[]; children: XmlElement[] }[] = [];
  let root: XmlElement | undefined;
  let elements = 0;

  // strictEntities is not in the types: only &amp; &lt; &gt; &quot; &apos; and numbers, not HTML's.
  const xml = sax.parser(true, { xmlns: true, strictEntities: true } as SAXOptions);
  const fail = (message: string): never => {
    throw new XmlError(message, xml.line + 1);
  };
  xml.onerror = (error) => fail(`not well-formed XML: ${error.message.split('\n', 1)[0] ?? ''}`);
  xml.ondoctype = () => fail('a DOCTYPE is not accepted');
  xml.onprocessinginstruction = ({ name, body }) => {
    const encoding = /encoding\s*=\s*["']([^"']*)["']/.exec(body)?.[1] ?? 'utf-8';
    if (name === 'xml' && encoding.toLowerCase() !== 'utf-8') fail(`expected UTF-8, not ${encoding}`);
  };
  xml.onopentag = (tag) => {
    if (++elements > ELEMENTS) fail(`more than ${ELEMENTS} elements`);
    // sax takes a second root for granted.
    if (root !== undefined) fail('not well-formed XML: a second root element');
    if (open.length >= DEPTH) fail(`more than ${DEPTH} levels`);
    const { uri, local, attributes } = tag as QualifiedTag;
    const children: XmlElement[] = [];
    const language = attributes['xml:lang']?.value;
    open.push({ element: { namespace: uri, name: local, language, text: '', children }, text: [], children });
  };
  xml.ontext = (part) => void open.at(-1)?.text.push(part);
  xml.oncdata = (part) => void open.at(-1)?.text.push(part);
  xml.onclosetag = () => {
    const closed = open.pop();
    if (closed === undefined) return;
    const element = { ...closed.element, text: closed.text.join('').trim() };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  };
  for (let start = 0; start < text.length; start += CHUNK) xml.write(text.slice(start, start + CHUNK));
  xml.close();
  return root ?? fail('no element');
};

const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new XmlError('not UTF-8', 1);
  }
};
