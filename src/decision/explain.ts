import type { RefusalCode } from '../refusal/catalogue.ts';
import type { RefusalContext } from '../refusal/context.ts';
import type { Service } from '../services/enrolment.ts';
import { openingAt } from '../services/opening.ts';
import { assuranceReached, waysThatReach } from './assurance.ts';
import type { Admission } from './types.ts';

const LEVELS = {
  low: { zh: '低', en: 'low' },
  substantial: { zh: '中', en: 'substantial' },
  high: { zh: '高', en: 'high' },
} as const;

const WAYS = {
  'mutual-tls': { zh: '在浏览器中选择证书登录', en: 'by the certificate in your browser' },
  'signed-challenge': { zh: '在登录页用证书签名登录', en: 'by signing on the sign-in page' },
  terminator: { zh: '经接入设备登录', en: 'through the terminator in front' },
} as const;

/** What a person is told beyond the catalogue's sentences. Nothing where there is nothing particular to say. */
export const explainRefusal = (
  code: RefusalCode,
  service: Service | undefined,
  admission: Admission | undefined,
  at: number,
): Pick<RefusalContext, 'notice' | 'until'> => {
  if (service === undefined) return {};
  if (code === 'ONECERT_SERVICE_MAINTENANCE' || code === 'ONECERT_SERVICE_CLOSED') {
    const opening = openingAt(service, at);
    if (opening.state === 'open') return {};
    return {
      ...(opening.until !== undefined && { until: opening.until }),
      ...(opening.state === 'maintenance' && opening.message !== undefined && { notice: opening.message }),
    };
  }
  if (code === 'ONECERT_ASSURANCE_TOO_LOW' && service.assurance !== undefined && admission !== undefined) {
    return { notice: tooLow(admission, service.assurance) };
  }
  return {};
};

const tooLow = (
  admission: Admission,
  demanded: NonNullable<Service['assurance']>,
): NonNullable<RefusalContext['notice']> => {
  const [needs, has] = [LEVELS[demanded], LEVELS[assuranceReached(admission)]];
  const ways = waysThatReach(admission, demanded).map((way) => WAYS[way]);
  const zh = `该服务要求的保证等级为“${needs.zh}”，您以这张证书和这种登录方式达到“${has.zh}”。`;
  const en = `It demands the level “${needs.en}”; your certificate, the way you came, reaches “${has.en}”.`;
  if (ways.length === 0) return { zh: `${zh}请换用等级更高的证书。`, en: `${en} Use another certificate.` };
  return {
    zh: `${zh}同一张证书可以这样达到：${ways.map((way) => way.zh).join('、')}。`,
    en: `${en} The same certificate reaches it ${ways.map((way) => way.en).join(', or ')}.`,
  };
};
