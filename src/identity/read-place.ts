import type { Certificate } from '../certificate/certificate.ts';
import { halfWidth } from './identifiers/written-form.ts';
import { compiledPattern } from './pattern.ts';
import type { IdentifierSource } from './profile.ts';
import { readText, unpadded } from './read-text.ts';
import { subjectValues } from './subject-values.ts';

/** What stands at one place of a certificate. */
export interface PlaceReading {
  /** Texts that should be numbers. */
  readonly numbers: readonly string[];
  /** Something stands there that cannot be read as text. */
  readonly unreadable: boolean;
  /** A text stands there, perhaps a number, that the source's pattern does not match. */
  readonly unmatched: boolean;
}

const NOTHING: PlaceReading = { numbers: [], unreadable: false, unmatched: false };
const UNREADABLE: PlaceReading = { ...NOTHING, unreadable: true };

/** Reads the place a source names. A place that is absent or empty holds nothing. */
export const readPlace = (certificate: Certificate, source: IdentifierSource): PlaceReading => {
  const { from } = source;
  if ('extension' in from) {
    const extension = certificate.extensions.get(from.extension);
    if (extension === undefined) return NOTHING;
    const text = readText(extension.value, source.decode);
    if (text === undefined) return UNREADABLE;
    return source.pattern === undefined ? numbers(text) : matching(text, source.pattern);
  }
  return subjectValues(certificate.subject, from.subject)
    .map((value) => readAttribute(value, source))
    .reduce(both, NOTHING);
};

const numbers = (text: string): PlaceReading => (text === '' ? NOTHING : { ...NOTHING, numbers: [text] });

const readAttribute = (value: string, { pattern, transform }: IdentifierSource): PlaceReading => {
  const text = unpadded(value);
  if (text === undefined) return UNREADABLE;
  // A subject attribute also holds other things than numbers: its last word counts, if it has figures enough.
  const word = halfWidth(text).split(/\s+/).at(-1) ?? '';
  const isNumber = transform !== 'none' || (word.match(/[0-9]/g)?.length ?? 0) >= 6;
  if (pattern === undefined) return isNumber ? numbers(word) : NOTHING;
  const matched = matching(text, pattern);
  return { ...matched, unmatched: matched.unmatched && isNumber };
};

const matching = (text: string, pattern: string): PlaceReading => {
  const match = compiledPattern(pattern).exec(halfWidth(text));
  const number = match === null ? '' : (match[1] ?? match[0]);
  return number === '' ? { ...NOTHING, unmatched: text !== '' } : numbers(number);
};

const both = (one: PlaceReading, other: PlaceReading): PlaceReading => ({
  numbers: [...one.numbers, ...other.numbers],
  unreadable: one.unreadable || other.unreadable,
  unmatched: one.unmatched || other.unmatched,
});
