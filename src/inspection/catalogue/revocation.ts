import { fail, text, unknown, warn, type Check, type Finding } from '../check.ts';
import type { Facts } from '../facts.ts';

const clauses: Check['clauses'] = { gbt22239: ['8.1.4.1'], gbt39786: ['8.4'], asvs: ['9.2.4'] };
/** So much of its life a CRL has left when the next should be there. */
const LATE_SHARE = 0.1;

const crlsOf = ({ crls, metrics, authorities, at }: Facts): readonly Finding[] => {
  if ('unseen' in crls) return [unknown(crls.unseen)];
  const stale = 'seen' in metrics ? metrics.seen.crls.filter(({ seconds }) => seconds < 0) : [];
  const inUse = authorities.filter(
    ({ status, usesCrl }) => usesCrl && (status === 'active' || status === 'winding-down'),
  );
  return inUse.flatMap(({ authority }): readonly Finding[] => {
    const kept = crls.seen.filter((each) => each.authority === authority);
    if (kept.length === 0) {
      return [unknown(text(`${authority}：尚未取得 CRL`, `${authority}: no CRL has been fetched yet`))];
    }
    const bad = kept.flatMap(({ address, problem, thisUpdate, nextUpdate }): readonly Finding[] => {
      if (problem !== undefined) {
        return [
          fail(
            `${authority}：${address} 不可用（${problem}）`,
            `${authority}: ${address} cannot be used (${problem})`,
          ),
        ];
      }
      if (nextUpdate !== undefined && at > nextUpdate) {
        return [
          fail(
            `${authority}：${address} 已过期，仅靠宽限期使用`,
            `${authority}: ${address} is stale, and used by grace alone`,
          ),
        ];
      }
      return nextUpdate !== undefined && nextUpdate - at < LATE_SHARE * (nextUpdate - thisUpdate)
        ? [warn(`${authority}：${address} 即将过期`, `${authority}: ${address} is about to be stale`)]
        : [];
    });
    const isStale = stale.some((each) => each.authority === authority);
    return isStale && bad.length === 0
      ? [
          fail(
            `${authority}：网关使用的 CRL 已过期`,
            `${authority}: the CRL in force in the gateway is stale`,
          ),
        ]
      : bad;
  });
};

export const REVOCATION_CHECKS: readonly Check[] = [
  {
    id: 'revocation-crl',
    group: 'revocation',
    severity: 'critical',
    title: text('各认证机构的 CRL 均为最新', 'The CRLs of every authority are fresh'),
    mend: text('检查到 CRL 发布点的网络，或联系该机构', 'See why it is not fetched, or call the authority'),
    clauses,
    examine: crlsOf,
  },
  {
    id: 'revocation-ocsp',
    group: 'revocation',
    severity: 'high',
    title: text('OCSP 服务可用', 'OCSP responders answer'),
    mend: text('检查到 OCSP 服务的网络，或联系该机构', 'See why the responder fails, or call the authority'),
    clauses,
    examine: ({ metrics, authorities }) => {
      const asked = authorities.some(
        ({ status, usesOcsp }) => usesOcsp && (status === 'active' || status === 'winding-down'),
      );
      if (!asked) return [];
      if ('unseen' in metrics) return [unknown(metrics.unseen)];
      if (metrics.seen.responders.length === 0) {
        return [
          unknown(
            text('网关启动以来尚未询问过 OCSP 服务', 'the gateway has asked no responder since its start'),
          ),
        ];
      }
      return metrics.seen.responders.flatMap(({ responder, up }) =>
        up ? [] : [fail(`${responder}：暂停询问`, `${responder}: fails, and is left alone for a while`)],
      );
    },
  },
];
