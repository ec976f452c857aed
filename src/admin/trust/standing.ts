import type { Certificate } from '../../certificate/certificate.ts';
import type { Language } from '../../portal/language.ts';
import type { AuthorityRevocationStatus, Freshness } from '../../revocation/revocation-status.ts';
import type { Authority } from '../../trust/trust-list.ts';
import { renderState } from '../render/frame.ts';
import type { Html } from '../../portal/html.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 90;

const TEXTS = {
  zh: {
    statuses: { active: '有效', 'winding-down': '逐步退出', withdrawn: '撤出', draft: '草稿' },
    freshness: { fresh: '新鲜', overdue: '已过期（宽限内）', stale: '已失效' },
    none: '未取得',
    days: (days: number) => (days < 0 ? `已过期 ${-days} 天` : `剩 ${days} 天`),
  },
  en: {
    statuses: { active: 'Active', 'winding-down': 'Winding down', withdrawn: 'Withdrawn', draft: 'Draft' },
    freshness: { fresh: 'Fresh', overdue: 'Overdue, in grace', stale: 'Stale' },
    none: 'None yet',
    days: (days: number) => (days < 0 ? `Expired ${-days} days ago` : `${days} days left`),
  },
} as const;

export const renderStatus = ({ settings: { status } }: Authority, language: Language): Html =>
  renderState(
    TEXTS[language].statuses[status],
    status === 'active' ? 'good' : status === 'withdrawn' ? 'bad' : 'open',
  );

/** Of the certificate that runs out first. */
export const daysLeft = (certificates: readonly Certificate[], at: number): number | undefined =>
  certificates.length === 0
    ? undefined
    : Math.floor((Math.min(...certificates.map(({ notAfter }) => notAfter)) - at) / DAY_MS);

export const renderDays = (days: number, language: Language): Html =>
  renderState(TEXTS[language].days(days), days < 0 ? 'bad' : days < SOON_DAYS ? 'open' : 'plain');

const ORDER: readonly Freshness[] = ['fresh', 'overdue', 'stale'];

/** The worst of an authority's CRLs; undefined where there is none. */
export const worstFreshness = (
  status: Pick<AuthorityRevocationStatus, 'crls'> | undefined,
): Freshness | undefined =>
  status?.crls
    .map(({ freshness }) => freshness)
    .reduce<Freshness | undefined>(
      (worst, each) => (worst === undefined || ORDER.indexOf(each) > ORDER.indexOf(worst) ? each : worst),
      undefined,
    );

export const renderFreshness = (freshness: Freshness | undefined, language: Language): Html =>
  freshness === undefined
    ? renderState(TEXTS[language].none, 'bad')
    : renderState(
        TEXTS[language].freshness[freshness],
        freshness === 'fresh' ? 'good' : freshness === 'stale' ? 'bad' : 'open',
      );

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

export const formatBytes = (bytes: number): string => {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power] ?? ''}`;
};
