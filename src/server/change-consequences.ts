import type { DryRun } from '../changes/change-service.ts';
import type { DocumentKey } from '../changes/document.ts';
import type { Enrolment } from '../services/enrolment.ts';
import { compareTrustLists, type CutOffCounts } from '../trust/compare-trust-lists.ts';
import type { Configuration } from './load-configuration.ts';

type Consequence = DryRun['consequences'][number];

/** What people will notice of a change of one document, the gravest first. */
export const consequencesOf = async (
  { kind, name }: DocumentKey,
  before: Configuration,
  after: Configuration,
  counts: CutOffCounts,
): Promise<readonly Consequence[]> => {
  switch (kind) {
    case 'trust-list':
      return trustConsequences(before, after, counts);
    case 'department':
      return departmentConsequences(servicesOf(before, name), servicesOf(after, name));
    case 'identity':
      return after.locked.includes(name)
        ? [
            {
              zh: '该身份的所有证书立即被拒绝，其会话全部结束。',
              en: 'All certificates of this identity are refused at once, and its sessions end.',
            },
          ]
        : [];
    case 'roles':
    case 'conflict':
    case 'guide':
    case 'targets':
      return [];
  }
};

const trustConsequences = async (
  before: Configuration,
  after: Configuration,
  counts: CutOffCounts,
): Promise<readonly Consequence[]> => {
  const { changes, cutOff } = await compareTrustLists(before.trust, after.trust, counts);
  const number = (count: number): string => count.toLocaleString('en-US');
  const total =
    cutOff === undefined
      ? []
      : [
          {
            zh: `${number(cutOff.identities.only)} 个身份只有这些机构的证书，将无法登录；${number(cutOff.sessions)} 个会话将结束。`,
            en: `${number(cutOff.identities.only)} identities have only these authorities and cannot sign in any more; ${number(cutOff.sessions)} sessions end.`,
          },
        ];
  const each = changes
    .toSorted((one, other) => REACHES.indexOf(one.reach) - REACHES.indexOf(other.reach))
    .map(({ name, kind, reach, cutOff: those }): Consequence => {
      const people = those === undefined ? '' : number(those.identities.any);
      const [zh, en] = {
        all: [
          `其全部证书被拒绝（涉及 ${people} 个身份）`,
          `all of its certificates are refused (${people} identities)`,
        ],
        some: [
          `部分证书可能被拒绝（最多 ${people} 个身份）`,
          `some of its certificates may be refused (at most ${people} identities)`,
        ],
        none: ['不影响任何人', 'nobody is cut off'],
      }[reach] as [string, string];
      return { zh: `${name.zh}（${KINDS[kind].zh}）：${zh}。`, en: `${name.en} (${kind}): ${en}.` };
    });
  return [...total, ...each];
};

const REACHES = ['all', 'some', 'none'] as const;
const KINDS = { added: { zh: '新增' }, removed: { zh: '移除' }, changed: { zh: '变更' } } as const;

const servicesOf = ({ departments }: Configuration, name: string): readonly Enrolment[] =>
  departments.find(({ department }) => department === name)?.services ?? [];

const departmentConsequences = (
  before: readonly Enrolment[],
  after: readonly Enrolment[],
): readonly Consequence[] => {
  const known = new Map(before.map((each) => [each.service, each]));
  const kept = new Set(after.map(({ service }) => service));
  const closes = before
    .filter(({ service, enabled }) => enabled && !kept.has(service))
    .map(({ name, path }) => say(name, `不再提供（${path}）`, `is not offered any more (${path})`));
  const changes = after.flatMap((next) => {
    const last = known.get(next.service);
    if (last === undefined)
      return next.enabled ? [say(next.name, `开放（${next.path}）`, `opens (${next.path})`)] : [];
    return changesOf(last, next);
  });
  return [...closes, ...changes];
};

/** What closes comes first. */
const changesOf = (last: Enrolment, next: Enrolment): Consequence[] => {
  const statements: [zh: string, en: string][] = [];
  const differ = (what: keyof Enrolment): boolean =>
    JSON.stringify(last[what]) !== JSON.stringify(next[what]);
  const list = (items: readonly string[]): string => items.join(', ');
  const without = <T>(from: readonly T[], others: readonly T[]): T[] =>
    from.filter((each) => !others.includes(each));
  if (last.enabled && !next.enabled) statements.push(['停用', 'is closed']);
  const lost = without(last.subjects, next.subjects);
  if (lost.length > 0) statements.push([`不再接受 ${list(lost)}`, `is closed to ${list(lost)}`]);
  if (differ('authorities')) statements.push(['接受的机构有变', 'accepts other authorities than before']);
  if (differ('assurance')) statements.push(['所需保证等级有变', 'demands another level of assurance']);
  if (last.path !== next.path) {
    statements.push([`由 ${last.path} 移至 ${next.path}`, `moves from ${last.path} to ${next.path}`]);
  }
  if (differ('operations')) statements.push(['开放的操作有变', 'opens other operations than before']);
  if (!last.enabled && next.enabled) statements.push(['启用', 'opens']);
  const won = without(next.subjects, last.subjects);
  if (won.length > 0) statements.push([`开始接受 ${list(won)}`, `opens to ${list(won)}`]);
  const [had, has] = [last, next].map(({ claims }) => claims.map(({ claim }) => claim)) as [
    string[],
    string[],
  ];
  const told = without(has, had);
  if (told.length > 0)
    statements.push([`新增告知部门：${list(told)}`, `the department is told more: ${list(told)}`]);
  const untold = without(had, has);
  if (untold.length > 0) {
    statements.push([
      `不再告知部门：${list(untold)}`,
      `the department is not told any more: ${list(untold)}`,
    ]);
  }
  if (differ('backends')) statements.push(['业务系统地址有变', 'goes to other back ends than before']);
  return statements.map(([zh, en]) => say(next.name, zh, en));
};

const say = (name: Enrolment['name'], zh: string, en: string): Consequence => ({
  zh: `${name.zh}：${zh}。`,
  en: `${name.en}: ${en}.`,
});
