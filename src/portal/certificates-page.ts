import type { Acting } from '../identity/acting.ts';
import type { UsedCertificate } from '../identity/register.ts';
import type { Caller } from './caller.ts';
import { html, type Html } from './html.ts';
import { actingRoleName } from './identity-words.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';
import { renderDay, renderMoment } from './moment.ts';
import { authorityName, renderMyHeading, titleOf } from './my-pages.ts';
import type { PortalAuthority } from './portal-parts.ts';

export interface CertificatesPage {
  readonly caller: Caller;
  readonly certificates: readonly UsedCertificate[];
  readonly authorities: readonly PortalAuthority[];
  /** ms since the epoch. */
  readonly at: number;
}

const DAY_MS = 86_400_000;
/** From then on a person is told to renew; authorities take about as long. */
const RENEW_DAYS = 60;

const TEXTS = {
  zh: {
    lead: '下列证书都可以代表您登录。每张证书只需使用一次，就会自动列在这里。',
    acted: '下列证书都代表本单位办理过业务。请留意是否有您不认识的证书。',
    current: '本次登录使用',
    expires: '有效期至',
    days: (days: number) => `还有 ${days} 天`,
    over: '已过期',
    unknown: '下次用它登录后显示',
    role: '办理角色',
    holder: '持证人',
    first: '首次使用',
    last: '最近使用',
    fingerprint: '证书指纹（SHA-256）',
    renew: '证书即将到期，请尽快联系签发机构续期：',
    contact: '签发机构联系方式',
    contacts: { phone: '电话', website: '网站', email: '邮箱' },
  },
  en: {
    lead: 'Each of these certificates signs you in. A certificate is listed once it has been used.',
    acted: 'Each of these certificates has acted for your organisation. Look for any that you do not know.',
    current: 'Used now',
    expires: 'Valid until',
    days: (days: number) => (days === 1 ? '1 day left' : `${days} days left`),
    over: 'expired',
    unknown: 'shown after you next sign in with it',
    role: 'Acts as',
    holder: 'Holder',
    first: 'First used',
    last: 'Last used',
    fingerprint: 'Fingerprint (SHA-256)',
    renew: 'This certificate ends soon. Ask its authority to renew it:',
    contact: 'How to reach the authority',
    contacts: { phone: 'Phone', website: 'Website', email: 'E-mail' },
  },
} as const;

export const certificatesPage = (content: CertificatesPage, language: Language): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const { caller, certificates } = content;
  const main = html`${renderMyHeading('certificates', language)}
    <p class="muted">${caller.identity.kind === 'enterprise' ? texts.acted : texts.lead}</p>
    <ul class="records">
      ${[...certificates]
        .sort((one, other) => other.lastUsed - one.lastUsed)
        .map((certificate) => renderCertificate(certificate, content, language))}
    </ul>`;
  return { title: titleOf('certificates', language), main, width: 'wide' };
};

const renderCertificate = (
  certificate: UsedCertificate,
  { caller, authorities, at }: CertificatesPage,
  language: Language,
): Html => {
  const texts = TEXTS[language];
  const isCurrent = certificate.thumbprint === caller.session.thumbprint;
  const notAfter = isCurrent ? caller.admission.verdict.certificate?.notAfter : certificate.notAfter;
  const contact = authorities.find(({ authority }) => authority === certificate.authority)?.contact;
  const days = notAfter === undefined ? undefined : Math.floor((notAfter - at) / DAY_MS);
  const isEnding = days !== undefined && days < RENEW_DAYS;
  return html`<li class="card">
    <h2>
      ${authorityName(authorities, certificate.authority, language)}
      ${isCurrent ? html`<span class="badge">${texts.current}</span>` : undefined}
    </h2>
    <dl class="facts">
      <dt>${texts.expires}</dt>
      <dd>
        ${
          notAfter === undefined || days === undefined
            ? html`<span class="muted">${texts.unknown}</span>`
            : html`${renderDay(notAfter, language)}
                <strong class="${isEnding ? 'ending' : 'lasting'}"
                  >${notAfter < at ? texts.over : texts.days(days)}</strong
                >`
        }
      </dd>
      ${certificate.acting && renderActing(certificate.acting, language)}
      <dt>${texts.first}</dt>
      <dd>${renderMoment(certificate.firstUsed, language)}</dd>
      <dt>${texts.last}</dt>
      <dd>${renderMoment(certificate.lastUsed, language)}</dd>
      <dt>${texts.fingerprint}</dt>
      <dd><code class="long">${hexOf(certificate.thumbprint)}</code></dd>
    </dl>
    ${isEnding ? html`<p class="next small">${texts.renew} ${renderContact(contact, language)}</p>` : undefined}
    ${
      !isEnding && contact !== undefined
        ? html`<p class="muted small note">${texts.contact}: ${renderContact(contact, language)}</p>`
        : undefined
    }
  </li>`;
};

const renderActing = ({ role, name }: Acting, language: Language): Html => {
  const texts = TEXTS[language];
  return html`<dt>${texts.role}</dt>
    <dd>${actingRoleName(role, language)}</dd>
    ${
      name &&
      html`<dt>${texts.holder}</dt>
        <dd><bdi>${name}</bdi></dd>`
    }`;
};

const renderContact = (contact: PortalAuthority['contact'], language: Language): Html => {
  const { contacts } = TEXTS[language];
  const { phone, website, email } = contact ?? {};
  return html`${phone && html`<span class="contact">${contacts.phone} <bdi>${phone}</bdi></span>`}
  ${website && html`<span class="contact">${contacts.website} ${renderWebsite(website)}</span>`}
  ${email && html`<span class="contact">${contacts.email} <bdi>${email}</bdi></span>`}`;
};

/** Operators write what they like: only what is an address on the web becomes a link. */
const renderWebsite = (website: string): Html =>
  /^https?:$/.test(URL.parse(website)?.protocol ?? '')
    ? html`<a href="${website}" rel="noreferrer">${website}</a>`
    : html`<bdi>${website}</bdi>`;

/** As browsers and agents show it. */
const hexOf = (thumbprint: string): string =>
  Buffer.from(thumbprint, 'base64url')
    .toString('hex')
    .toUpperCase()
    .replace(/..(?!$)/g, '$&:');
