import type { NameConstraints, Subtree, Subtrees } from '../../certificate/extensions/name-constraints.ts';
import { constrainedNames, type ConstrainedName } from '../constrained-names.ts';
import type { SubtreeList } from '../name-forms/name-form.ts';
import { NAME_FORMS } from '../name-forms/index.ts';
import { codeFor, type Link, type Objection, type PathCheck } from './check.ts';

/**
 * Every name of the certificate against every subtree of its form in the certificates above. The state keeps the
 * constraints of each certificate apart: a name must be permitted by all, which is their intersection.
 */
export const nameConstraints: PathCheck = {
  name: 'name-constraints',
  clause: 'RFC 5280 6.1.3 (b), (c)',
  passed: {
    zh: '名称在上级机构被允许的范围内',
    en: 'The names are within what the authorities above may name',
  },
  run: (link) => {
    const { certificate, isLeaf, isSelfIssued, state } = link;
    if (state.nameConstraints.length === 0 || (isSelfIssued && !isLeaf)) return undefined;
    for (const name of constrainedNames(certificate)) {
      for (const constraints of state.nameConstraints) {
        const objection = compare(link, name, constraints);
        if (objection !== undefined) return objection;
      }
    }
    return undefined;
  },
};

const compare = (
  link: Link,
  name: ConstrainedName,
  { permitted, excluded }: NameConstraints,
): Objection | undefined =>
  isOneOf(link, name, permitted, 'permitted') ?? isOneOf(link, name, excluded, 'excluded');

/** The objection, where the name is not within the permitted or is within the excluded subtrees of its form. */
const isOneOf = (
  link: Link,
  { name, form }: ConstrainedName,
  subtrees: Subtrees,
  list: SubtreeList,
): Objection | undefined => {
  const constraining = subtrees.get(form);
  if (constraining === undefined) return undefined;
  const code = codeFor(link, 'ONECERT_CERTIFICATE_CONSTRAINT');
  const kind = `${name.type}${name.type === 'otherName' ? ` ${name.oid}` : ''}`;
  if (!link.budget.takeComparisons(constraining.length)) {
    return {
      code,
      zh: '需要比较的名称和名称限制过多',
      en: 'There are too many names and name constraints to compare',
    };
  }
  const comparable = NAME_FORMS.get(form);
  const bases = readBases(form, constraining);
  const read = comparable?.readName(name);
  if (comparable === undefined || bases === undefined || read === undefined) {
    return {
      code,
      zh: `名称（${kind}）受限制，但无法与限制比较`,
      en: `A name (${kind}) is constrained in a way that cannot be compared with it`,
    };
  }
  const within = bases.some((base) => comparable.isWithin(read, base, list));
  if (within === (list === 'permitted')) return undefined;
  return list === 'permitted'
    ? {
        code,
        zh: `名称（${kind}）不在上级机构被允许的范围内`,
        en: `A name (${kind}) is outside what an authority above may name`,
      }
    : { code, zh: `名称（${kind}）被上级机构排除`, en: `A name (${kind}) is excluded by an authority above` };
};

const BASES = new WeakMap<readonly Subtree[], readonly unknown[] | undefined>();

/** The bases of subtrees of one form, read once; undefined where one of them cannot be compared with. */
const readBases = (form: string, subtrees: readonly Subtree[]): readonly unknown[] | undefined => {
  if (!BASES.has(subtrees)) {
    const bases = subtrees.map(({ base, whole }) =>
      whole ? NAME_FORMS.get(form)?.readBase(base) : undefined,
    );
    BASES.set(subtrees, bases.includes(undefined) ? undefined : bases);
  }
  return BASES.get(subtrees);
};
