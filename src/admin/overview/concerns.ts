import type { Actor } from '../../changes/change-service.ts';
import { documentPath } from '../changes/kinds.ts';
import type { Bilingual } from '../../portal/portal-parts.ts';
import { isInForce, type Authority } from '../../trust/trust-list.ts';
import { hasRole, maySeeDepartment } from '../access.ts';
import type { AdminParts } from '../admin-parts.ts';
import { daysLeft, worstFreshness } from '../trust/standing.ts';

/** Something that keeps people out, or will, until somebody sees to it. */
export interface Concern extends Bilingual {
  /** `now`: somebody is refused, or nothing is recorded. `soon`: there is time left. */
  readonly severity: 'now' | 'soon';
  /** Page of the console where it is seen to. */
  readonly path: string;
}

type Parts = Pick<
  AdminParts,
  'trust' | 'revocation' | 'backends' | 'departments' | 'differences' | 'register' | 'auditLog'
>;

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
/** Looks for a CRL that failed one after the other. */
const FAILURES = 3;
/** Entries that searches and figures do not know yet: some seconds of a busy city. */
const BEHIND = 10_000;

/**
 * What an operator should see to, the gravest first; of an officer: what concerns the own department.
 *
 * @param at ms since the epoch
 */
export const findConcerns = async (
  parts: Parts,
  actor: Pick<Actor, 'roles'>,
  at: number,
): Promise<readonly Concern[]> => {
  const found = hasRole(actor, 'operator', 'auditor')
    ? [...auditConcerns(parts), ...trustConcerns(parts, at), ...(await registerConcerns(parts))]
    : [];
  const all = [...found, ...backendConcerns(parts, actor), ...(await fileConcerns(parts, actor))];
  return [
    ...all.filter(({ severity }) => severity === 'now'),
    ...all.filter(({ severity }) => severity === 'soon'),
  ];
};

const concern = (severity: Concern['severity'], path: string, zh: string, en: string): Concern => ({
  severity,
  path,
  zh,
  en,
});

const auditConcerns = ({ auditLog }: Parts): readonly Concern[] => {
  const { healthy, written, indexed } = auditLog.state();
  const behind = written - indexed;
  return [
    ...(healthy
      ? []
      : [
          concern(
            'now',
            '/console/audit',
            '审计日志无法写入：在恢复之前拒绝一切请求。检查磁盘空间和 data/audit。',
            'The audit log cannot be written: everything is refused until it can. Look at the disk and data/audit.',
          ),
        ]),
    ...(behind > BEHIND
      ? [
          concern(
            'soon',
            '/console/audit',
            `审计索引落后 ${behind} 条：查询和统计暂不完整。`,
            `The index of the audit log is ${behind} entries behind: searches and figures lack them.`,
          ),
        ]
      : []),
  ];
};

const trustConcerns = ({ trust, revocation }: Parts, at: number): readonly Concern[] => {
  const { authorities, signed } = trust();
  const inForce = [...authorities.values()].filter(({ settings }) => isInForce(settings, at));
  const { authorities: statuses, responders } = revocation.status();
  const whole = (severity: Concern['severity'], zh: string, en: string): Concern =>
    concern(severity, '/console/trust', zh, en);
  const left = signed === undefined ? undefined : Math.floor((signed.expires - at) / DAY_MS);
  return [
    ...(inForce.length === 0
      ? [whole('now', '没有有效的机构：所有人都被拒绝。', 'No authority is in force: everybody is refused.')]
      : []),
    ...(left !== undefined && left < SOON_DAYS
      ? [
          whole(
            left < 0 ? 'now' : 'soon',
            `信任列表的签名${left < 0 ? '已过期' : `还有 ${left} 天过期`}，请重新签名。`,
            `The signature of the trust list ${left < 0 ? 'has expired' : `runs out in ${left} days`}: sign it again.`,
          ),
        ]
      : []),
    ...inForce.flatMap((authority) => [
      ...crlConcerns(
        authority,
        statuses.find((each) => each.authority === authority.settings.authority),
      ),
      ...certificateConcerns(authority, at),
    ]),
    ...responders
      .filter(({ state }) => state !== 'closed')
      .map(({ url, lastError }) =>
        whole(
          'soon',
          `OCSP 服务没有应答：${url}（${lastError ?? ''}）。`,
          `The OCSP responder does not answer: ${url} (${lastError ?? ''}).`,
        ),
      ),
  ];
};

type CrlStatus = ReturnType<Parts['revocation']['status']>['authorities'][number];

const crlConcerns = (
  { settings: { authority, name, revocation } }: Authority,
  status: CrlStatus | undefined,
): readonly Concern[] => {
  if (!revocation.order.includes('crl')) return [];
  const of = (severity: Concern['severity'], zh: string, en: string): Concern =>
    concern(severity, `/console/trust/${authority}`, `${name.zh}：${zh}`, `${name.en}: ${en}`);
  const failing = status?.publications.find(({ failures }) => failures >= FAILURES);
  const why = failing === undefined ? '' : `（${failing.address}：${failing.lastError ?? ''}）`;
  const reason = failing === undefined ? '' : ` (${failing.address}: ${failing.lastError ?? ''})`;
  // Where OCSP can answer, nobody need be refused for the CRL.
  const severity = revocation.order.includes('ocsp') ? 'soon' : 'now';
  switch (worstFreshness(status)) {
    case undefined:
      return [of(severity, `没有 CRL${why}。`, `there is no CRL${reason}.`)];
    case 'stale':
      return [
        of(
          severity,
          `CRL 已失效，不再使用${why}。`,
          `the CRL is past its time and not used any more${reason}.`,
        ),
      ];
    case 'overdue':
      return [
        of(
          'soon',
          `CRL 已过期，仍在宽限期内${why}。`,
          `the CRL is past its nextUpdate, within the grace${reason}.`,
        ),
      ];
    case 'fresh':
      return failing === undefined
        ? []
        : [of('soon', `取不到新的 CRL${why}。`, `a newer CRL cannot be got${reason}.`)];
  }
};

const certificateConcerns = (
  { settings: { authority, name }, anchors, intermediates }: Authority,
  at: number,
): readonly Concern[] => {
  const days = daysLeft([...anchors, ...intermediates], at);
  if (days === undefined || days >= SOON_DAYS) return [];
  return [
    concern(
      days < 0 ? 'now' : 'soon',
      `/console/trust/${authority}`,
      `${name.zh}：${days < 0 ? '有机构证书已过期' : `有机构证书还剩 ${days} 天`}。`,
      `${name.en}: ${days < 0 ? 'a certificate of the authority has expired' : `a certificate of the authority has ${days} days left`}.`,
    ),
  ];
};

const registerConcerns = async ({ register }: Parts): Promise<readonly Concern[]> => {
  const counts = await register.count().catch(() => undefined);
  if (counts === undefined) {
    const zh = '身份登记库没有应答：新的办事人无法登录。';
    const en = 'The register of identities does not answer: nobody new can sign in.';
    return [concern('now', '/console/identities', zh, en)];
  }
  if (counts.conflicts === 0) return [];
  return [
    concern(
      'soon',
      '/console/identities/conflicts',
      `${counts.conflicts} 项身份冲突待处理：相关证书被拒绝。`,
      `Conflicts of identities that wait: ${counts.conflicts}. Their certificates are refused.`,
    ),
  ];
};

const backendConcerns = ({ backends, departments }: Parts, actor: Pick<Actor, 'roles'>): readonly Concern[] =>
  backends()
    .filter(({ well }) => !well)
    .flatMap(({ service, backend, problem = '' }) => {
      const department = departments().find(({ services }) =>
        services.some((each) => each.service === service),
      );
      const enrolment = department?.services.find((each) => each.service === service);
      if (department === undefined || enrolment === undefined) return [];
      if (!maySeeDepartment(actor, department.department)) return [];
      const path = `/console/services/of/${department.department}`;
      return [
        concern(
          'now',
          path,
          `${enrolment.name.zh}：业务系统 ${backend} 异常（${problem}）。`,
          `${enrolment.name.en}: the back end ${backend} is not well (${problem}).`,
        ),
      ];
    });

const fileConcerns = async (
  { differences }: Parts,
  actor: Pick<Actor, 'roles'>,
): Promise<readonly Concern[]> => {
  const seen = (await differences()).filter(
    ({ kind, name }) =>
      hasRole(actor, 'operator', 'auditor') || (kind === 'department' && maySeeDepartment(actor, name)),
  );
  return seen.map((key) =>
    concern(
      'soon',
      documentPath(key),
      `${key.kind}/${key.name}：文件与现行版本不一致。`,
      `${key.kind}/${key.name}: the files are not what is in force.`,
    ),
  );
};
