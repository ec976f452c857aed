import { DerReader, TAG } from '../der.ts';

/** RFC 5280 section 4.2.1.12: at least one purpose, dotted. Throws DerError. */
export const readExtendedKeyUsage = (value: Uint8Array): readonly string[] => {
  const outer = new DerReader(value);
  const list = outer.enter(TAG.sequence);
  outer.finish();
  const purposes: string[] = [];
  do purposes.push(list.oid());
  while (!list.done);
  return purposes;
};
