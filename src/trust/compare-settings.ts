import type { AuthoritySettings } from './authority-settings.ts';

export interface SettingChange {
  /** As in authority.yaml, with dots: "revocation.crl.grace". */
  readonly path: string;
  /** undefined: not set. */
  readonly from: unknown;
  readonly to: unknown;
  /** Whether certificates are judged by it: not names, contacts and comments. */
  readonly decides: boolean;
}

/** Compared by content elsewhere: the names of the files say nothing. */
const FILES = new Set(['anchors', 'intermediates']);
const WORDS = new Set(['name', 'contact', 'comment']);

/** Where two settings of one authority differ, field by field, defaults filled in. A list is one field. */
export const compareSettings = (
  before: AuthoritySettings,
  after: AuthoritySettings,
): readonly SettingChange[] => {
  const [from, to] = [flatten(before), flatten(after)];
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((path) => {
    const top = path.split('.', 1)[0] ?? '';
    if (FILES.has(top) || JSON.stringify(from.get(path)) === JSON.stringify(to.get(path))) return [];
    return [{ path, from: from.get(path), to: to.get(path), decides: !WORDS.has(top) }];
  });
};

const flatten = (value: object, prefix = ''): ReadonlyMap<string, unknown> =>
  new Map(
    Object.entries(value).flatMap(([key, each]: [string, unknown]): (readonly [string, unknown])[] => {
      const path = `${prefix}${key}`;
      const isSection = typeof each === 'object' && each !== null && !Array.isArray(each);
      return isSection ? [...flatten(each, `${path}.`)] : each === undefined ? [] : [[path, each]];
    }),
  );
