import { context, DerReader, TAG } from '../der.ts';

/** RFC 5280 section 4.2.1.2. Throws DerError. */
export const readSubjectKeyIdentifier = (value: Uint8Array): Uint8Array => {
  const outer = new DerReader(value);
  const identifier = outer.content(TAG.octetString);
  outer.finish();
  return identifier;
};

/** keyIdentifier of RFC 5280 section 4.2.1.1, where there is one. Throws DerError. */
export const readAuthorityKeyIdentifier = (value: Uint8Array): Uint8Array | undefined => {
  const outer = new DerReader(value);
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  const keyIdentifier =
    fields.peek() === context(0, 'primitive') ? fields.content(context(0, 'primitive')) : undefined;
  if (fields.peek() === context(1)) fields.element();
  if (fields.peek() === context(2, 'primitive')) fields.element();
  fields.finish();
  return keyIdentifier;
};
