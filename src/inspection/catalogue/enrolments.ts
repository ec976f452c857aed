import { hostOf, isLoopback } from '../../services/back-end-addresses.ts';
import { claimsWithoutPurpose } from '../../services/claims.ts';
import type { Enrolment } from '../../services/enrolment.ts';
import { fail, text, unknown, warn, type Check, type Finding } from '../check.ts';
import type { Facts } from '../facts.ts';
import { NOT_CRYPTOGRAPHY } from './clauses.ts';
import { DAY_MS } from './days.ts';

const UNUSED_DAYS = 90;
const WRITING = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
const ALL = ['GET', ...WRITING] as const;

const each =
  (look: (enrolment: Enrolment, name: string) => readonly Finding[]) =>
  ({ departments }: Facts): readonly Finding[] =>
    departments.flatMap(({ department, services }) =>
      services
        .filter(({ enabled }) => enabled)
        .flatMap((enrolment) => look(enrolment, `${department}/${enrolment.service}`)),
    );

/** Methods that every path below the service takes. */
const everywhere = ({ operations }: Enrolment): ReadonlySet<string> =>
  new Set(operations.filter(({ path }) => path === '/**').flatMap(({ methods }) => methods));

const writes = ({ operations }: Enrolment): boolean =>
  operations.some(({ methods }) => WRITING.some((method) => methods.includes(method)));

const ACCESS: Check['clauses'] = {
  gbt22239: ['8.1.4.2'],
  gbt39786: NOT_CRYPTOGRAPHY,
  asvs: ['13.2.1', '4.1.3'],
};

export const ENROLMENT_CHECKS: readonly Check[] = [
  {
    id: 'enrolment-operations',
    group: 'enrolments',
    severity: 'medium',
    title: text('服务只登记所需的方法与路径', 'Services are enrolled for the methods and paths they need'),
    mend: text('在 operations 中逐条写明', 'Name them one by one under operations'),
    clauses: ACCESS,
    examine: each((enrolment, name) => {
      const methods = everywhere(enrolment);
      if (ALL.every((method) => methods.has(method))) {
        return [fail(`${name}：全部路径、全部方法`, `${name}: all methods on all paths`)];
      }
      return WRITING.some((method) => methods.has(method))
        ? [warn(`${name}：全部路径可写`, `${name}: writes on all paths`)]
        : [];
    }),
  },
  {
    id: 'enrolment-purpose',
    group: 'enrolments',
    severity: 'medium',
    title: text('个人信息均说明用途', 'Every personal claim has its purpose'),
    mend: text(
      '在 claims 中写明 purpose（个人信息保护法第六、十七条）',
      'Say the purpose under claims (PIPL articles 6 and 17)',
    ),
    clauses: { gbt22239: ['8.1.4.11'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['8.3.3'] },
    examine: each(({ claims }, name) => {
      const without = claimsWithoutPurpose(claims);
      if (without.length === 0) return [];
      return [
        (without.includes('identifiers') ? fail : warn)(
          `${name}：${without.join('、')} 未说明用途`,
          `${name}: ${without.join(', ')} without purpose`,
        ),
      ];
    }),
  },
  {
    id: 'enrolment-clear-text',
    group: 'enrolments',
    severity: 'high',
    title: text('到业务系统的连接经加密', 'Calls to back ends on other machines are encrypted'),
    mend: text('业务系统改用 https://', 'Give the back end an https:// address'),
    clauses: { gbt22239: ['8.1.2.2', '8.1.4.8'], gbt39786: ['8.2'], asvs: ['9.2.2'] },
    examine: each(({ backends }, name) =>
      backends
        .map(({ url }) => new URL(url))
        .filter((url) => url.protocol === 'http:' && !isLoopback(hostOf(url)))
        .map((url) => fail(`${name}：${url.host} 为明文`, `${name}: ${url.host} in clear text`)),
    ),
  },
  {
    id: 'enrolment-unused',
    group: 'enrolments',
    severity: 'low',
    title: text(
      `没有 ${UNUSED_DAYS} 天无人调用的服务`,
      `No service is without calls for ${UNUSED_DAYS} days`,
    ),
    mend: text('与部门确认后停用（enabled: false）', 'Ask the department, then disable it (enabled: false)'),
    clauses: { gbt22239: ['8.1.4.4'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['14.2.2'] },
    examine: (facts) => {
      const { usage, at } = facts;
      if ('unseen' in usage) return [unknown(usage.unseen)];
      const { since, calls } = usage.seen;
      const days = Math.floor((at - since) / DAY_MS);
      const silent = each(({ service }, name) =>
        (calls.get(service) ?? 0) === 0
          ? [warn(`${name}：${days} 天无调用`, `${name}: no call in ${days} days`)]
          : [],
      )(facts);
      if (silent.length === 0 || days >= UNUSED_DAYS) return silent;
      return [
        unknown(
          text(`审计索引只有 ${days} 天的数据`, `the index of the audit log goes back ${days} days only`),
        ),
      ];
    },
  },
  {
    id: 'enrolment-health',
    group: 'enrolments',
    severity: 'low',
    title: text('多个业务系统时启用健康检查', 'Back ends that share calls are asked how they are'),
    mend: text('设 health', 'Set health'),
    clauses: {
      gbt22239: {
        none: text('无对应条款：可用性由业务系统负责', 'no clause: availability is the back ends’ own'),
      },
      gbt39786: NOT_CRYPTOGRAPHY,
      asvs: { none: text('ASVS 不涉及可用性', 'ASVS is not about availability') },
    },
    examine: each(({ backends, health }, name) =>
      backends.length > 1 && health === undefined
        ? [fail(`${name}：未启用健康检查`, `${name}: health checks are off`)]
        : [],
    ),
  },
  {
    id: 'enrolment-limits',
    group: 'enrolments',
    severity: 'low',
    title: text('服务设有调用限额', 'Services have limits'),
    mend: text(
      '设 limits（perIdentity、perCertificate、total）',
      'Set limits (perIdentity, perCertificate, total)',
    ),
    clauses: { gbt22239: ['8.1.4.4'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['11.1.4'] },
    examine: each(({ limits }, name) =>
      limits === undefined ? [warn(`${name}：没有限额`, `${name}: no limits`)] : [],
    ),
  },
  {
    id: 'enrolment-synced-audit',
    group: 'enrolments',
    severity: 'medium',
    title: text(
      '办理业务且取得身份号码的服务，先落盘审计再应答',
      'Where identifiers go with writing calls, entries are on disk before the answer',
    ),
    mend: text('设 audit: synced', 'Set audit: synced'),
    clauses: { gbt22239: ['8.1.4.3'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['8.3.5'] },
    examine: each((enrolment, name) =>
      enrolment.audit !== 'synced' &&
      writes(enrolment) &&
      enrolment.claims.some(({ claim }) => claim === 'identifiers')
        ? [warn(`${name}：audit: written`, `${name}: audit: written`)]
        : [],
    ),
  },
];
