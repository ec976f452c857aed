import { html, type Html } from './html.ts';
import type { Language } from './language.ts';
import type { PortalAuthority } from './portal-parts.ts';

export type MyPage = 'identity' | 'certificates' | 'sessions' | 'sign-ins';

const PATHS: Readonly<Record<MyPage, string>> = {
  identity: '/me',
  certificates: '/me/certificates',
  sessions: '/me/sessions',
  'sign-ins': '/me/sign-ins',
};

const TEXTS = {
  zh: {
    label: '我的',
    tabs: { identity: '身份', certificates: '证书', sessions: '登录状态', 'sign-ins': '登录记录' },
    pages: {
      identity: '我的身份',
      certificates: '我的证书',
      sessions: '我的登录状态',
      'sign-ins': '我的登录记录',
    },
    proofs: { 'mutual-tls': '浏览器中的证书', 'signed-challenge': '签名登录', terminator: '经接入网关' },
  },
  en: {
    label: 'My pages',
    tabs: {
      identity: 'Identity',
      certificates: 'Certificates',
      sessions: 'Sessions',
      'sign-ins': 'Sign-ins',
    },
    pages: {
      identity: 'My identity',
      certificates: 'My certificates',
      sessions: 'My sessions',
      'sign-ins': 'My sign-ins',
    },
    proofs: {
      'mutual-tls': 'Certificate in the browser',
      'signed-challenge': 'Signed challenge',
      terminator: 'Through an access gateway',
    },
  },
} as const;

export const titleOf = (page: MyPage, language: Language): string => TEXTS[language].pages[page];

/** Heading and the way to the other pages about oneself. */
export const renderMyHeading = (current: MyPage, language: Language): Html => {
  const texts = TEXTS[language];
  const link = (page: MyPage): Html =>
    page === current
      ? html`<li><a href="${PATHS[page]}" aria-current="page">${texts.tabs[page]}</a></li>`
      : html`<li><a href="${PATHS[page]}">${texts.tabs[page]}</a></li>`;
  return html`<nav class="tabs" aria-label="${texts.label}">
      <ul>
        ${(Object.keys(PATHS) as MyPage[]).map(link)}
      </ul>
    </nav>
    <h1>${texts.pages[current]}</h1>`;
};

/** How possession of a certificate's key was proven. */
export const proofName = (proof: string, language: Language): string => {
  const { proofs } = TEXTS[language];
  return Object.hasOwn(proofs, proof) ? proofs[proof as keyof typeof proofs] : proof;
};

/** An authority that has left the trust list goes by its identifier. */
export const authorityName = (
  authorities: readonly PortalAuthority[],
  authority: string,
  language: Language,
): string => authorities.find((each) => each.authority === authority)?.name[language] ?? authority;
