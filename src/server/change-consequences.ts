import type { DryRun } from '../changes/change-service.ts';
import type { DocumentKey } from '../changes/document.ts';
import type { Enrolment } from '../services/enrolment.ts';
import { compareTrustLists, type CutOffCounts } from '../trust/compare-trust-lists.ts';
import { departmentConsequences } from './department-consequences.ts';
import type { Configuration } from './load-configuration.ts';
import { roleConsequences } from './role-consequences.ts';

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
      return identityConsequences(before.locked.includes(name), after.locked.includes(name));
    case 'roles':
      return roleConsequences(before.roles, after.roles);
    case 'conflict':
    case 'guide':
    case 'targets':
      return [];
  }
};

const identityConsequences = (was: boolean, is: boolean): readonly Consequence[] => {
  if (was === is) return [];
  return is
    ? [
        {
          zh: '该身份的所有证书立即被拒绝，其会话全部结束。',
          en: 'All certificates of this identity are refused at once, and its sessions end.',
        },
      ]
    : [
        {
          zh: '该身份的证书重新被接受，持有人可以再次登录。',
          en: 'The certificates of this identity are accepted again: whoever holds one can sign in.',
        },
      ];
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
