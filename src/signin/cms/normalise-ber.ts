import { DerError, TAG } from '../../certificate/der.ts';
import { derElement } from './der-element.ts';

/** Elements within elements. SignedData with a certificate has about a dozen levels. */
const DEPTH_LIMIT = 32;

/**
 * The DER lengths of what was written in BER: indefinite lengths become definite, long ones minimal, and an OCTET
 * STRING in pieces one piece. RFC 5652 section 2 allows BER, and software that streams writes it so (`openssl cms
 * -stream`, several key middlewares); the strict reader sees the result alone, so there is one reading of it. What is
 * DER already comes out as it went in, certificates among it. Values are not touched: a BOOLEAN of 1 stays wrong.
 *
 * @throws DerError for what is not BER either, and for nesting deeper than any SignedData has
 */
export const normaliseBer = (ber: Uint8Array): Uint8Array => {
  const cursor: Cursor = { bytes: ber, position: 0 };
  const element = readElement(cursor, ber.length, 0);
  if (cursor.position !== ber.length) fail('unexpected bytes after the last element', cursor.position);
  return element;
};

interface Cursor {
  readonly bytes: Uint8Array;
  position: number;
}

const fail = (message: string, offset: number): never => {
  throw new DerError(message, offset);
};

/** OCTET STRING, constructed: in pieces (X.690 section 8.7.3). */
const PIECES = TAG.octetString | 0x20;

const readElement = (cursor: Cursor, end: number, depth: number): Uint8Array => {
  const { tag, length } = readHeader(cursor, end);
  if (depth > DEPTH_LIMIT) fail('elements nested too deep', cursor.position);
  const start = cursor.position;
  if ((tag & 0x20) === 0) {
    if (length === undefined) return fail('an indefinite length of a primitive element', start);
    cursor.position = start + length;
    return derElement(tag, cursor.bytes.subarray(start, cursor.position));
  }
  const stop = length === undefined ? end : start + length;
  const children: Uint8Array[] = [];
  while (length === undefined ? !atEndOfContents(cursor, end) : cursor.position < stop) {
    children.push(readElement(cursor, stop, depth + 1));
  }
  // The two octets that end an indefinite length.
  if (length === undefined) cursor.position += 2;
  return tag === PIECES ? joinPieces(children, start) : derElement(tag, ...children);
};

const joinPieces = (pieces: readonly Uint8Array[], offset: number): Uint8Array =>
  derElement(
    TAG.octetString,
    ...pieces.map((piece) => {
      if (piece[0] !== TAG.octetString) fail('an OCTET STRING in pieces that are none', offset);
      const form = piece[1] as number;
      return piece.subarray(form < 0x80 ? 2 : 2 + (form & 0x7f));
    }),
  );

const atEndOfContents = ({ bytes, position }: Cursor, end: number): boolean => {
  if (position + 2 > end) fail('the input ends within an element of indefinite length', position);
  return bytes[position] === 0 && bytes[position + 1] === 0;
};

/** Tag, and length of the content (undefined: indefinite); the cursor then stands on the content. */
const readHeader = (cursor: Cursor, end: number): { tag: number; length: number | undefined } => {
  const { bytes, position } = cursor;
  if (position + 2 > end) fail('the input ends within an element', position);
  const tag = bytes[position] as number;
  if ((tag & 0x1f) === 0x1f) fail('a tag of more than one octet', position);
  if (tag === 0) fail('an end of contents where none may be', position);
  let length = bytes[position + 1] as number;
  cursor.position = position + 2;
  if (length === 0x80) return { tag, length: undefined };
  if (length > 0x80) {
    const count = length & 0x7f;
    if (count > 4 || cursor.position + count > end) fail('an oversized length', position + 1);
    length = 0;
    for (let index = 0; index < count; index++)
      length = length * 256 + (bytes[cursor.position + index] as number);
    cursor.position += count;
  }
  if (cursor.position + length > end) fail('an element longer than what contains it', position);
  return { tag, length };
};
