import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Name,
  RelativeDistinguishedName,
} from '@peculiar/asn1-x509';
import type { SignatureHash, SigningKey } from './signing-key.ts';

/** A buffer of exactly these octets, as the ASN.1 classes want them. */
export const octets = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

export const der = (structure: unknown): Buffer => Buffer.from(AsnConvert.serialize(structure));

export const signatureAlgorithmOf = (key: SigningKey, hash?: SignatureHash): AlgorithmIdentifier => {
  const { oid, nullParameters } = key.algorithm(hash);
  return new AlgorithmIdentifier(nullParameters ? { algorithm: oid, parameters: null } : { algorithm: oid });
};

/** Times in certificates, CRLs and OCSP answers have whole seconds (RFC 5280 section 4.1.2.5). */
export const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

/** The string types of X.680 that authorities write names and numbers in. */
export type StringType = 'utf8' | 'printable' | 'ia5' | 'bmp';

export const stringValue = (type: StringType, text: string): AttributeValue => {
  switch (type) {
    case 'utf8':
      return new AttributeValue({ utf8String: text });
    case 'printable':
      return new AttributeValue({ printableString: text });
    case 'ia5':
      return new AttributeValue({ ia5String: text });
    case 'bmp':
      return new AttributeValue({ bmpString: text });
  }
};

const ATTRIBUTE = {
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  /** Of the person beside an enterprise. */
  name: '2.5.4.41',
};
/** RFC 5280 appendix A: these two are PrintableString and nothing else. */
const PRINTABLE = new Set<keyof typeof ATTRIBUTE>(['C', 'serialNumber']);

export type NameParts = Readonly<Partial<Record<keyof typeof ATTRIBUTE, string>>>;

/** A distinguished name, from the country down. */
export const nameOf = (parts: NameParts): Name =>
  new Name(
    (Object.keys(ATTRIBUTE) as (keyof typeof ATTRIBUTE)[]).flatMap((attribute) => {
      const text = parts[attribute];
      if (text === undefined) return [];
      const value = stringValue(PRINTABLE.has(attribute) ? 'printable' : 'utf8', text);
      return [
        new RelativeDistinguishedName([new AttributeTypeAndValue({ type: ATTRIBUTE[attribute], value })]),
      ];
    }),
  );
