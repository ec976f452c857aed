import { DerReader, TAG } from '../../certificate/der.ts';
import { derElement } from './der-element.ts';

/** Attribute (RFC 5652 section 5.3). Views of the input. */
export interface Attribute {
  readonly oid: string;
  /** The values, each with its header. */
  readonly values: readonly Uint8Array[];
  /** The Attribute with its header. */
  readonly der: Uint8Array;
}

const LIMIT = 32;

/** Reads the content of SignedAttributes or UnsignedAttributes: one or more. Throws DerError. */
export const readAttributes = (set: DerReader): Attribute[] => {
  const attributes: Attribute[] = [];
  do {
    if (attributes.length >= LIMIT) set.fail('too many attributes');
    const der = set.element(TAG.sequence);
    const fields = new DerReader(der).enter(TAG.sequence);
    const oid = fields.oid();
    const valueSet = fields.enter(TAG.set);
    fields.finish();
    const values: Uint8Array[] = [];
    while (!valueSet.done) {
      if (values.length >= LIMIT) valueSet.fail('too many values of an attribute');
      values.push(valueSet.element());
    }
    attributes.push({ oid, values, der });
  } while (!set.done);
  return attributes;
};

/**
 * What is signed when there are signed attributes: their DER as an explicit SET OF, not the [0] they are sent with
 * (RFC 5652 section 5.4), in DER's order (X.690 section 11.6) whatever order they came in.
 */
export const signedAttributesDer = (attributes: readonly Attribute[]): Uint8Array =>
  derElement(TAG.set, ...attributes.map(({ der }) => der).sort((a, b) => Buffer.compare(a, b)));
