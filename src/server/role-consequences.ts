import type { DryRun } from '../changes/change-service.ts';
import type { Roles } from '../changes/schemas.ts';

type Consequence = DryRun['consequences'][number];
type Entry = Roles['roles'][number];

const ROLES = {
  operator: { zh: '运维人员', en: 'operator' },
  auditor: { zh: '审计人员', en: 'auditor' },
  officer: { zh: '部门经办人', en: 'officer' },
} as const satisfies Record<Entry['role'], { zh: string; en: string }>;

/** Who gets a role and who loses one; those who lose one come first. */
export const roleConsequences = (
  before: readonly Entry[],
  after: readonly Entry[],
): readonly Consequence[] => {
  const keyOf = ({ role, department, unifiedId, certificate }: Entry): string =>
    JSON.stringify([role, department, unifiedId ?? certificate]);
  const without = (some: readonly Entry[], others: readonly Entry[]): readonly Entry[] => {
    const known = new Set(others.map(keyOf));
    return some.filter((each) => !known.has(keyOf(each)));
  };
  return [
    ...without(before, after).map((entry) => say(entry, '失去角色', 'is not any more')),
    ...without(after, before).map((entry) => say(entry, '获得角色', 'becomes')),
  ];
};

const say = (entry: Entry, zh: string, en: string): Consequence => {
  const role = ROLES[entry.role];
  const department = entry.department === undefined ? '' : ` (${entry.department})`;
  // A note is what somebody has written; the id says who it is.
  const id = entry.unifiedId ?? entry.certificate ?? '';
  const who = entry.note === '' ? id : `${entry.note} (${id})`;
  return { zh: `${who}：${zh}「${role.zh}」${department}。`, en: `${who} ${en} ${role.en}${department}.` };
};
