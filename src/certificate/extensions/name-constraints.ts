import { context, DerReader, TAG } from '../der.ts';
import { readGeneralName, type GeneralName } from '../general-name.ts';

export interface Subtree {
  readonly base: GeneralName;
  /** minimum 0 and no maximum: all that RFC 5280 lets an authority write. */
  readonly whole: boolean;
}

/** Subtrees by the form of name they speak of: see nameFormOf. */
export type Subtrees = ReadonlyMap<string, readonly Subtree[]>;

/** RFC 5280 section 4.2.1.10. */
export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
}

/** Name forms are constrained each by itself; every kind of otherName is a form of its own. */
export const nameFormOf = (name: GeneralName): string =>
  name.type === 'otherName' ? `otherName ${name.oid}` : name.type;

/** RFC 5280 section 4.2.1.10: not an empty sequence, nor an empty list in it. Throws DerError. */
export const readNameConstraints = (value: Uint8Array): NameConstraints => {
  const outer = new DerReader(value);
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  if (fields.done) fields.fail('nameConstraints that constrain nothing');
  const permitted = readSubtrees(fields.enterOptional(context(0)));
  const excluded = readSubtrees(fields.enterOptional(context(1)));
  fields.finish();
  return { permitted, excluded };
};

const readSubtrees = (list: DerReader | undefined): Subtrees => {
  const subtrees = new Map<string, Subtree[]>();
  if (list === undefined) return subtrees;
  do {
    const fields = list.enter(TAG.sequence);
    const base = readGeneralName(fields);
    const minimum = distance(fields, 0);
    const maximum = distance(fields, 1);
    fields.finish();
    const subtree = { base, whole: (minimum ?? 0) === 0 && maximum === undefined };
    const form = nameFormOf(base);
    const known = subtrees.get(form);
    if (known === undefined) subtrees.set(form, [subtree]);
    else known.push(subtree);
  } while (!list.done);
  return subtrees;
};

/** BaseDistance. */
const distance = (fields: DerReader, number: number): number | undefined => {
  const tag = context(number, 'primitive');
  return fields.peek() === tag ? fields.count(tag) : undefined;
};
