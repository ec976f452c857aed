import { IDENTIFIER_TYPES } from './identifiers/index.ts';
import { halfWidth } from './identifiers/written-form.ts';
import type { Identifier, IdentifierType } from './identity.ts';
import { unpadded } from './read-text.ts';
import type { IdentifierSource } from './profile.ts';

type Writing = Pick<IdentifierSource, 'transform' | 'prefixes' | 'types'>;

/**
 * What the text of one place denotes: prefix off, hex or Base64 undone, check digit right. Empty when it is no
 * identifier the source allows; two when it is right as a number of either kind, which only an operator can tell.
 */
export const readNumber = (text: string, source: Writing): readonly Identifier[] => {
  const written = halfWidth(text);
  const outside = takePrefix(written, source.prefixes);
  if (outside !== undefined) {
    const found = ofType(outside.type, plain(outside.rest, source.transform));
    if (found !== undefined) return [found];
  }
  // No prefix, or letters of the number itself that look like one.
  const number = plain(written, source.transform);
  const inside = number === undefined ? undefined : takePrefix(number, source.prefixes);
  const found = inside === undefined ? undefined : ofType(inside.type, inside.rest);
  return found === undefined ? ofTypes(source.types, number) : [found];
};

const takePrefix = (
  text: string,
  prefixes: Writing['prefixes'],
): { readonly type: IdentifierType; readonly rest: string } | undefined => {
  let longest: string | undefined;
  for (const prefix of Object.keys(prefixes)) {
    if (text.startsWith(prefix) && prefix.length > (longest?.length ?? 0)) longest = prefix;
  }
  if (longest === undefined) return undefined;
  return { type: prefixes[longest] as IdentifierType, rest: text.slice(longest.length) };
};

/** The text a transform's hex or Base64 stands for; undefined when it is none. */
const plain = (text: string, transform: Writing['transform']): string | undefined => {
  switch (transform) {
    case 'none':
      return text;
    case 'hex':
      return /^(?:[0-9A-Fa-f]{2})+$/.test(text) ? asText(Buffer.from(text, 'hex')) : undefined;
    case 'base64':
      return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? asText(Buffer.from(text, 'base64')) : undefined;
  }
};

/** Identifiers are ASCII; anything else decodes to U+FFFD and is refused. */
const asText = (octets: Buffer): string | undefined => {
  const text = unpadded(octets.toString('utf8'));
  return text === undefined ? undefined : halfWidth(text);
};

const ofType = (type: IdentifierType, number: string | undefined): Identifier | undefined => {
  const value = number === undefined ? undefined : IDENTIFIER_TYPES[type].normalise(number);
  return value === undefined ? undefined : { type, value };
};

const ofTypes = (types: readonly IdentifierType[], number: string | undefined): readonly Identifier[] => {
  const fitting = types.flatMap((type) => ofType(type, number) ?? []);
  const first = fitting[0];
  if (first === undefined) return [];
  const { kind, checked } = IDENTIFIER_TYPES[first.type];
  if (!checked) return [first];
  const other = fitting.find(({ type }) => {
    const rules = IDENTIFIER_TYPES[type];
    return rules.checked && rules.kind !== kind;
  });
  return other === undefined ? [first] : [first, other];
};
