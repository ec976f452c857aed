import { fail, text, unknown, warn, type Check } from '../check.ts';
import { NOT_CRYPTOGRAPHY } from './clauses.ts';

/** HTTP dates are of whole seconds, and an answer takes a while. */
const SMALL_MS = 5_000;
/** What CRLs and assertions are allowed (src/revocation/crl-freshness.ts). */
const LARGE_MS = 60_000;

export const CLOCK_CHECKS: readonly Check[] = [
  {
    id: 'clock-skew',
    group: 'clock',
    severity: 'high',
    title: text(
      '时钟准确（与 CRL、OCSP 服务的 HTTP Date 比较）',
      'The clock is right (held against HTTP Date of CRL and OCSP servers)',
    ),
    mend: text('启用 NTP（chrony）', 'Turn NTP on (chrony)'),
    clauses: { gbt22239: ['8.1.4.3'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['7.3.4'] },
    examine: ({ clocks }) => {
      const off = clocks.flatMap(({ peer, skew }) => {
        if (Math.abs(skew) <= SMALL_MS) return [];
        const seconds = Math.round(skew / 1000);
        return [
          (Math.abs(skew) > LARGE_MS ? fail : warn)(
            `${peer}：相差 ${seconds} 秒`,
            `${peer}: ${seconds} s apart`,
          ),
        ];
      });
      if (off.length > 0 || clocks.some(({ local }) => !local)) return off;
      return [
        clocks.length === 0
          ? unknown(text('没有服务应答', 'nobody answered'))
          : unknown(
              text('只有本机上的服务应答', 'only servers on this machine answered, which have its clock'),
            ),
      ];
    },
  },
];
