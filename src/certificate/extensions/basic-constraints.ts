import { DerReader, TAG } from '../der.ts';

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/** RFC 5280 section 4.2.1.9. Throws DerError. */
export const readBasicConstraints = (value: Uint8Array): BasicConstraints => {
  const outer = new DerReader(value);
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  // DEFAULT FALSE: DER does not write it, yet old authorities do; RFC 5280 is silent on refusing that.
  const ca = fields.peek() === TAG.boolean && fields.boolean();
  const pathLength = fields.peek() === TAG.integer ? fields.count() : undefined;
  fields.finish();
  return { ca, pathLength };
};
