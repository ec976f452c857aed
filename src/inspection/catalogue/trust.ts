import { fail, text, warn, type Check } from '../check.ts';
import type { AuthorityFacts } from '../facts.ts';
import { daysUntil } from './days.ts';

const clauses: Check['clauses'] = { gbt22239: ['8.1.4.1'], gbt39786: ['8.4'], asvs: ['9.2.1'] };
const inUse = (authorities: readonly AuthorityFacts[]): readonly AuthorityFacts[] =>
  authorities.filter(({ status }) => status === 'active' || status === 'winding-down');

export const TRUST_CHECKS: readonly Check[] = [
  {
    id: 'trust-signed',
    group: 'trust',
    severity: 'high',
    title: text('信任列表经签名', 'The trust list is signed'),
    mend: text(
      '用 onecert trust sign 签名，并在 gateway.yaml 设 trustKey',
      'Sign it (onecert trust sign), and set trustKey in gateway.yaml',
    ),
    clauses: { gbt22239: ['8.1.4.7'], gbt39786: ['8.4'], asvs: ['6.2.2'] },
    examine: ({ trustSignature }) =>
      trustSignature === null ? [fail('信任列表未签名', 'the trust list is not signed')] : [],
  },
  {
    id: 'trust-expiry',
    group: 'trust',
    severity: 'high',
    title: text('信任列表签名不在近期到期', 'The signature of the trust list runs on for a while'),
    mend: text('用 onecert trust sign 重新签名', 'Sign it again: onecert trust sign'),
    clauses: { gbt22239: ['8.1.4.7'], gbt39786: ['8.4'], asvs: ['6.2.2'] },
    examine: ({ trustSignature, at }) => {
      if (trustSignature === null) return [];
      const days = daysUntil(trustSignature.expires, at);
      if (days < 7) return [fail(`签名剩 ${days} 天`, `the signature has ${days} days left`)];
      return days < 30 ? [warn(`签名剩 ${days} 天`, `the signature has ${days} days left`)] : [];
    },
  },
  {
    id: 'trust-authorities-expiring',
    group: 'trust',
    severity: 'high',
    title: text('认证机构证书与认可期不在近期到期', 'No authority runs out soon'),
    mend: text(
      '向该机构索取新证书，加入信任列表',
      'Get the new certificate of the authority, and add it to the trust list',
    ),
    clauses,
    examine: ({ authorities, at }) =>
      inUse(authorities).flatMap(({ authority, certificates, until }) => {
        const ends = [
          ...certificates.map(({ notAfter }) => notAfter),
          ...(until === undefined ? [] : [until]),
        ];
        const days = daysUntil(Math.min(...ends), at);
        if (days < 0) return [fail(`${authority}：已到期`, `${authority}: has run out`)];
        return days < 90 ? [warn(`${authority}：剩 ${days} 天`, `${authority}: ${days} days left`)] : [];
      }),
  },
  {
    id: 'trust-soft-fail',
    group: 'trust',
    severity: 'critical',
    title: text('吊销状态不明时一律拒绝', 'Nobody is let through while the status of revocation is unknown'),
    mend: text(
      '设 revocation.failure: hard，grace 设为 0s',
      'Set revocation.failure: hard and crl.grace: 0s',
    ),
    clauses: { gbt22239: ['8.1.4.1'], gbt39786: ['8.4'], asvs: ['9.2.4'] },
    examine: ({ authorities }) =>
      inUse(authorities).flatMap(({ authority, softFail, grace }) => [
        ...(softFail
          ? [fail(`${authority}：状态不明时放行`, `${authority}: lets through what is unknown (soft)`)]
          : []),
        ...(grace > 0
          ? [
              warn(
                `${authority}：CRL 宽限 ${Math.round(grace / 60_000)} 分钟`,
                `${authority}: CRLs are used ${Math.round(grace / 60_000)} minutes past their end`,
              ),
            ]
          : []),
      ]),
  },
  {
    id: 'trust-weak-algorithms',
    group: 'trust',
    severity: 'high',
    title: text('不放行弱算法', 'No weak algorithm is let through'),
    mend: text(
      '与该机构商定更换证书的期限，删去 algorithms.exceptions',
      'Agree with the authority when certificates are exchanged, then take the exception out',
    ),
    clauses: { gbt22239: ['8.1.4.1'], gbt39786: ['8.4'], asvs: ['6.2.2'] },
    examine: ({ authorities }) =>
      inUse(authorities).flatMap(({ authority, exceptions }) =>
        exceptions.map(({ allow, until }) =>
          fail(`${authority}：放行 ${allow} 至 ${until}`, `${authority}: allows ${allow} until ${until}`),
        ),
      ),
  },
  {
    id: 'trust-drafts',
    group: 'trust',
    severity: 'low',
    title: text('没有未处理的认证机构草稿', 'No authority waits as a draft'),
    mend: text('审阅草稿，设其状态或删除', 'Read the draft: set its status, or take it out'),
    clauses: {
      gbt22239: ['8.1.4.1'],
      gbt39786: ['8.5'],
      asvs: {
        none: text(
          'ASVS 没有关于待审信任锚的条款',
          'ASVS says nothing of trust anchors that wait to be read',
        ),
      },
    },
    examine: ({ authorities }) =>
      authorities
        .filter(({ status }) => status === 'draft')
        .map(({ authority }) => fail(`${authority}：草稿`, `${authority}: a draft`)),
  },
];
