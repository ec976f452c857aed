import { fail, text, unknown, warn, type Check } from '../check.ts';
import { NOT_CRYPTOGRAPHY } from './clauses.ts';

export const DEPENDENCY_CHECKS: readonly Check[] = [
  {
    id: 'dependencies-advisories',
    group: 'dependencies',
    severity: 'high',
    title: text('依赖没有已知漏洞', 'No dependency has an advisory'),
    mend: text('升级 OneCert', 'Install the next version of OneCert'),
    clauses: { gbt22239: ['8.1.4.4', '8.1.10.5'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['14.2.1'] },
    examine: ({ advisories }) =>
      'unseen' in advisories
        ? [unknown(advisories.unseen)]
        : advisories.seen.map(({ name, level }) =>
            (level === 'critical' || level === 'high' ? fail : warn)(
              `${name}：${level}`,
              `${name}: ${level}`,
            ),
          ),
  },
];
