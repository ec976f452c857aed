import { createByteMemo } from './byte-memo.ts';
import { DerError, DerReader, TAG } from './der.ts';
import { prepareString } from './string-preparation.ts';
import { decodeString, isStringTag } from './string.ts';

export interface NameAttribute {
  /** Dotted object identifier of the attribute type. */
  readonly oid: string;
  /** Text; "#" and hex of the DER where the value is no string (RFC 4514 section 2.4). */
  readonly value: string;
  /** Identifier octet the value was written with: TAG.utf8String and so on. */
  readonly tag: number;
}

/** A distinguished name (RFC 5280 section 4.1.2.4). */
export interface DistinguishedName {
  /** The Name with its header. */
  readonly der: Uint8Array;
  /** In the order written, most significant first. */
  readonly rdns: readonly (readonly NameAttribute[])[];
  /** Equal exactly for names that match by RFC 5280 section 7.1. */
  readonly key: string;
}

/** Parts of a name, and attributes of a part: far more than any real name has. */
const LIMIT = 64;
/** Octets of one value. */
const VALUE_LIMIT = 4096;
/**
 * Normalising takes time in the square of a run of combining characters. No language has runs of over 30 (Unicode
 * Standard Annex 15, section 13: stream-safe text).
 */
const COMBINING_RUN = /\p{M}{31}/u;

/** Reads a Name. Throws DerError. */
export const readName = (reader: DerReader): DistinguishedName => {
  const der = reader.element(TAG.sequence);
  const rdnSequence = new DerReader(der).enter(TAG.sequence);
  const rdns: NameAttribute[][] = [];
  while (!rdnSequence.done) {
    if (rdns.length >= LIMIT) throw new DerError('a name of too many parts', rdnSequence.position);
    rdns.push(readRdn(rdnSequence.enter(TAG.set)));
  }
  return { der, rdns, key: matchingKey(rdns) };
};

/**
 * readName for a name that comes again and again: an issuer's, in each of its certificates. The same object is given
 * for the same bytes while it is remembered. Throws DerError.
 */
export const readIssuerName = (reader: DerReader): DistinguishedName => {
  const der = reader.element(TAG.sequence);
  let name = KNOWN_ISSUERS.get(der);
  if (name === undefined) {
    // Of a copy: a view would keep the certificate it was first met in.
    name = readName(new DerReader(Uint8Array.from(der)));
    KNOWN_ISSUERS.set(der, name);
  }
  return name;
};
const KNOWN_ISSUERS = createByteMemo<DistinguishedName>(256, 1024);

/** A part of a name that stands by itself: what a distribution point adds to its issuer's name. */
export interface RelativeName {
  /** relativeNameKey(issuer.key, this) is the key of the whole name. */
  readonly key: string;
}

/** Reads the content of a RelativeDistinguishedName (RFC 5280 section 4.2.1.13). Throws DerError. */
export const readRelativeName = (set: DerReader): RelativeName => ({ key: matchingKey([readRdn(set)]) });

/** DistinguishedName.key of the name that `relative` makes when added to the name with `key`. */
export const relativeNameKey = (key: string, relative: RelativeName): string =>
  key === '' ? relative.key : `${key},${relative.key}`;

const readRdn = (set: DerReader): NameAttribute[] => {
  const attributes: NameAttribute[] = [];
  do {
    if (attributes.length >= LIMIT) throw new DerError('a name part of too many attributes', set.position);
    const pair = set.enter(TAG.sequence);
    const oid = pair.oid();
    const tag = pair.peek();
    const value = isStringTag(tag)
      ? readString(pair, tag)
      : `#${Buffer.from(pair.element()).toString('hex')}`;
    pair.finish();
    attributes.push({ oid, value, tag });
  } while (!set.done);
  return attributes;
};

const readString = (pair: DerReader, tag: number): string => {
  const start = pair.position;
  const content = pair.content(tag);
  if (content.length > VALUE_LIMIT) throw new DerError('a value of too many octets', start);
  const value = decodeString(tag, content);
  if (value === undefined) throw new DerError('a string that is not of its type', start);
  if (COMBINING_RUN.test(value)) throw new DerError('a value with a run of combining characters', start);
  return value;
};

/**
 * RFC 5280 section 7.1: whatever string type a value is written in, it is compared prepared. Values are quoted, so
 * that no value can be taken for the end of one and the beginning of another.
 */
const matchingKey = (rdns: readonly (readonly NameAttribute[])[]): string =>
  rdns
    .map((attributes) => {
      const parts = attributes.map(({ oid, value, tag }) =>
        isStringTag(tag) ? `${oid}=${JSON.stringify(prepareString(value))}` : `${oid}=${value}`,
      );
      // An RDN is a set: the order its attributes were written in says nothing. DER would sort them, which some
      // authorities did not know; it changes nothing here, so it is not held against them.
      return (parts.length === 1 ? parts : parts.sort()).join('+');
    })
    .join(',');

/** Whether `name` is `base` or below it: its first parts are all of `base`'s (RFC 5280 section 7.1). */
export const isNameWithin = (name: DistinguishedName, base: DistinguishedName): boolean =>
  base.rdns.length === 0 || name.key === base.key || name.key.startsWith(`${base.key},`);

/** First value of an attribute type, looking from the least significant part, as a person would name it. */
export const attribute = (name: DistinguishedName, oid: string): string | undefined => {
  for (let index = name.rdns.length - 1; index >= 0; index--) {
    const found = name.rdns[index]?.find((each) => each.oid === oid);
    if (found !== undefined) return found.value;
  }
  return undefined;
};

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
};

/** The name as text, least significant part first, escaped by RFC 4514 section 2.4. */
export const formatName = (name: DistinguishedName): string => {
  let text = TEXTS.get(name);
  if (text === undefined) {
    text = format(name);
    TEXTS.set(name, text);
  }
  return text;
};
/** Every step of a report names the certificate it is about. */
const TEXTS = new WeakMap<DistinguishedName, string>();

const format = ({ rdns }: DistinguishedName): string =>
  rdns
    .map((attributes) =>
      attributes.map(({ oid, value }) => `${SHORT_NAMES[oid] ?? oid}=${escapeValue(value)}`).join('+'),
    )
    .reverse()
    .join(',');

// eslint-disable-next-line no-control-regex -- those that the replacements below look for
const ESCAPED = /[\\",+<>;\u0000-\u001f\u007f]|^[ #]| $/;

const escapeValue = (value: string): string => {
  if (!ESCAPED.test(value)) return value;
  return value
    .replace(/[\\",+<>;]/g, '\\$&')
    .replace(/^[ #]| $/g, '\\$&')
    .replace(
      // eslint-disable-next-line no-control-regex -- control characters in a name must not reach a terminal or log
      /[\u0000-\u001f\u007f]/g,
      (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
};
