import { context, type DerReader } from './der.ts';
import { readName, type DistinguishedName } from './name.ts';

/** A GeneralName (RFC 5280 section 4.2.1.6). Bytes are views of the input. */
export type GeneralName =
  | { readonly type: 'otherName'; readonly oid: string; readonly value: Uint8Array }
  | {
      readonly type: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier';
      /** IA5String as written. */
      readonly value: string;
    }
  | { readonly type: 'directoryName'; readonly name: DistinguishedName }
  | { readonly type: 'iPAddress'; readonly octets: Uint8Array }
  | { readonly type: 'registeredID'; readonly der: Uint8Array }
  | { readonly type: 'x400Address' | 'ediPartyName'; readonly der: Uint8Array };

/** Context tags of GeneralName's alternatives. */
export const GENERAL_NAME_TAG = {
  otherName: context(0),
  rfc822Name: context(1, 'primitive'),
  dNSName: context(2, 'primitive'),
  x400Address: context(3),
  directoryName: context(4),
  ediPartyName: context(5),
  uniformResourceIdentifier: context(6, 'primitive'),
  iPAddress: context(7, 'primitive'),
  registeredID: context(8, 'primitive'),
} as const;

/** Reads the next GeneralName. Throws DerError. */
export const readGeneralName = (reader: DerReader): GeneralName => {
  switch (reader.peek()) {
    case GENERAL_NAME_TAG.otherName: {
      const fields = reader.enter(GENERAL_NAME_TAG.otherName);
      const oid = fields.oid();
      const explicit = fields.enter(context(0));
      fields.finish();
      const value = explicit.element();
      explicit.finish();
      return { type: 'otherName', oid, value };
    }
    case GENERAL_NAME_TAG.rfc822Name:
      return { type: 'rfc822Name', value: ia5(reader, GENERAL_NAME_TAG.rfc822Name) };
    case GENERAL_NAME_TAG.dNSName:
      return { type: 'dNSName', value: ia5(reader, GENERAL_NAME_TAG.dNSName) };
    case GENERAL_NAME_TAG.uniformResourceIdentifier:
      return {
        type: 'uniformResourceIdentifier',
        value: ia5(reader, GENERAL_NAME_TAG.uniformResourceIdentifier),
      };
    case GENERAL_NAME_TAG.directoryName: {
      // A CHOICE is tagged explicitly even here (X.680 section 31.2.7).
      const explicit = reader.enter(GENERAL_NAME_TAG.directoryName);
      const name = readName(explicit);
      explicit.finish();
      return { type: 'directoryName', name };
    }
    case GENERAL_NAME_TAG.iPAddress:
      return { type: 'iPAddress', octets: reader.content(GENERAL_NAME_TAG.iPAddress) };
    case GENERAL_NAME_TAG.registeredID:
      return { type: 'registeredID', der: reader.element() };
    case GENERAL_NAME_TAG.x400Address:
      return { type: 'x400Address', der: reader.element() };
    case GENERAL_NAME_TAG.ediPartyName:
      return { type: 'ediPartyName', der: reader.element() };
    default:
      return reader.fail('not a GeneralName');
  }
};

/** Names in one list: far more than any real list has. */
const LIMIT = 4096;

/** The GeneralNames left in `list`, at least one (RFC 5280 section 4.2.1.6: SIZE (1..MAX)). Throws DerError. */
export const readGeneralNames = (list: DerReader, limit = LIMIT): GeneralName[] => {
  const names: GeneralName[] = [];
  do {
    if (names.length >= limit) list.fail('too many names');
    names.push(readGeneralName(list));
  } while (!list.done);
  return names;
};

const ia5 = (reader: DerReader, tag: number): string => {
  const content = reader.content(tag);
  if (content.some((octet) => octet >= 0x80)) reader.fail('an IA5String with octets beyond ASCII');
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
};

/**
 * Equal for names that denote the same thing: directory names by RFC 5280 section 7.1, all others octet by octet.
 * Plain text, so that it can cross threads.
 */
export const generalNameKey = (name: GeneralName): string => {
  switch (name.type) {
    case 'directoryName':
      return directoryNameKey(name.name.key);
    case 'rfc822Name':
    case 'dNSName':
    case 'uniformResourceIdentifier':
      return `${name.type}:${name.value}`;
    case 'otherName':
      return `otherName:${name.oid}:${Buffer.from(name.value).toString('hex')}`;
    case 'iPAddress':
      return `iPAddress:${Buffer.from(name.octets).toString('hex')}`;
    case 'registeredID':
    case 'x400Address':
    case 'ediPartyName':
      return `${name.type}:${Buffer.from(name.der).toString('hex')}`;
  }
};

/** generalNameKey of the directoryName whose DistinguishedName.key this is. */
export const directoryNameKey = (key: string): string => `directoryName:${key}`;
