import { html, trusted, type Html } from './html.ts';
import { langTag, otherLanguage, type Language } from './language.ts';
import { STYLESHEET, STYLESHEET_SOURCE } from './stylesheet.ts';

/** What a page may do beyond showing itself, as CSP source lists. */
export interface PageAllowance {
  /** Forms that go back to the portal. */
  readonly forms?: boolean;
  /** Origin of another site that the answer to a form may lead to. */
  readonly formsLeadTo?: string;
  /** Where scripts come from, and whom they may talk to. */
  readonly scripts?: { readonly from: string; readonly connect: string };
  /** Source of a stylesheet besides the one of all pages. */
  readonly styles?: string;
}

/** The Content-Security-Policy of a page, without frame-ancestors, which works in the header only. */
const policyOf = ({ forms = false, formsLeadTo = '', scripts, styles = '' }: PageAllowance): string =>
  [
    `default-src 'none'; style-src ${`${STYLESHEET_SOURCE} ${styles}`.trim()}; base-uri 'none'; form-action ${forms ? `'self' ${formsLeadTo}`.trim() : "'none'"}`,
    ...(scripts === undefined
      ? []
      : [
          `script-src ${scripts.from}; connect-src ${scripts.connect}`,
          "require-trusted-types-for 'script'; trusted-types 'none'",
        ]),
  ].join('; ');

const POLICY = policyOf({});

export const policyHeader = (allowance: PageAllowance): string =>
  `${policyOf(allowance)}; frame-ancestors 'none'`;

/** Headers of every page that is nothing but a page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': policyHeader({}),
  'cache-control': 'no-store',
  vary: 'Accept-Language',
};

export interface Page {
  readonly title: string;
  readonly main: Html;
  /** Width of the header and footer: a text to read, or a list to look through. */
  readonly width: 'narrow' | 'wide' | 'full';
  /** Whether this page is to be had in the other language at ?lang=; otherwise it holds both. */
  readonly switchable: boolean;
  /** Where in the portal it stands; pages of the data plane stand by themselves. */
  readonly navigation?: Navigation | undefined;
  readonly allowance?: PageAllowance;
  /** Beside the content: navigation of a part of the site that has its own. */
  readonly side?: Html;
  /** A style element whose source is in the allowance. */
  readonly style?: Html;
  /** Address of the page's own script module. */
  readonly script?: string;
  /** Where the browser goes by itself, at once. */
  readonly onward?: string;
}

export interface Navigation {
  readonly current?: 'home' | 'services' | 'me' | 'signin';
  /** Name of the part of the site the page is in, which has places of its own; the portal's are not shown then. */
  readonly part?: string;
  /** Path and query of this page, where it can be asked for again. */
  readonly here: string;
  /** Who is signed in, as shown; with the token of the sign-out form. */
  readonly caller?: { readonly shownName: string; readonly signOutToken: string } | undefined;
  /** Of the browser listener, where this page is shown by another. */
  readonly base?: string;
}

const TEXTS = {
  zh: {
    brand: '一证通网关',
    skip: '跳到正文',
    home: '返回首页',
    footer: '一张证书，通办各部门网上业务。本页不使用脚本，不向第三方发送任何信息。',
    scripted: '一张证书，通办各部门网上业务。本页只运行本站自己的脚本，不向第三方发送任何信息。',
    navigation: '主导航',
    places: { home: '首页', services: '服务目录', me: '我的身份' },
    signIn: '登录',
    signOut: '退出',
    name: '中文',
  },
  en: {
    brand: 'OneCert',
    skip: 'Skip to content',
    home: 'Home page',
    footer:
      'One certificate for the online services of every department. This page runs no scripts and sends nothing to third parties.',
    scripted:
      'One certificate for the online services of every department. This page runs scripts of this site only and sends nothing to third parties.',
    navigation: 'Main',
    places: { home: 'Home', services: 'Services', me: 'My identity' },
    signIn: 'Sign in',
    signOut: 'Sign out',
    name: 'English',
  },
} as const;

/** A certificate's seal with a tick. */
const MARK = html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
  <rect class="tile" width="32" height="32" rx="8" />
  <path
    class="stroke"
    fill="none"
    stroke-width="3"
    stroke-linecap="round"
    stroke-linejoin="round"
    d="M9 16.5l5 5 9.5-11"
  />
</svg>`;

/** In one piece: its hash in the policy is over every character between the tags. */
const STYLE = trusted(`<style>${STYLESHEET}</style>`);

const WRAPS = { narrow: 'wrap narrow', wide: 'wrap', full: 'wrap full' } as const;

/** A whole HTML document. */
export const renderPage = (page: Page, language: Language): string => {
  const { title, main, width, navigation, allowance, script, onward, side, style } = page;
  const texts = TEXTS[language];
  const wrap = WRAPS[width];
  const policy = allowance === undefined ? POLICY : policyOf(allowance);
  return html`<!doctype html>
    <html lang="${langTag(language)}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="${allowance?.forms === true ? 'strict-origin' : 'no-referrer'}" />
        ${onward === undefined ? undefined : html`<meta http-equiv="refresh" content="0; url=${onward}" />`}
        <title>${title} · ${texts.brand}</title>
        ${STYLE}${style}${script === undefined ? undefined : html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        <a class="skip" href="#main">${texts.skip}</a>
        <header class="masthead">
          <div class="${navigation === undefined || width === 'full' ? wrap : 'wrap'}">
            <a class="brand" href="${navigation?.base ?? ''}/"
              >${MARK}<b>${texts.brand}</b> ${
                language === 'zh'
                  ? html`<span lang="en">OneCert</span>`
                  : html`<span lang="zh-CN">一证通网关</span>`
              } <span class="hidden">${texts.home}</span></a
            >
            ${navigation && renderNavigation(navigation, language)}
            ${page.switchable ? renderSwitch(navigation?.here ?? '', language) : undefined}
          </div>
        </header>
        ${
          side === undefined
            ? html`<main id="main" tabindex="-1"><div class="${wrap}">${main}</div></main>`
            : html`<div class="wrap full beside">
                ${side}
                <main id="main" tabindex="-1"><div class="content">${main}</div></main>
              </div>`
        }
        <footer class="footer">
          <div class="${navigation === undefined || width === 'full' ? wrap : 'wrap'}">
            <p>${script === undefined ? texts.footer : texts.scripted}</p>
          </div>
        </footer>
      </body>
    </html> `.markup;
};

/** The same page in the other language; what else its address says stays. */
const renderSwitch = (here: string, language: Language): Html => {
  const other = otherLanguage(language);
  const [path = '', query = ''] = here.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('lang', other);
  return html`<a
    class="switch"
    href="${path}?${parameters.toString()}"
    lang="${langTag(other)}"
    hreflang="${langTag(other)}"
    >${TEXTS[other].name}</a
  >`;
};

const renderNavigation = (
  { current, here, caller, base = '', part }: Navigation,
  language: Language,
): Html => {
  const texts = TEXTS[language];
  const place = (name: 'home' | 'services' | 'me', path: string): Html =>
    html`<li>
      ${
        name === current
          ? html`<a href="${base}${path}" aria-current="page">${texts.places[name]}</a>`
          : html`<a href="${base}${path}">${texts.places[name]}</a>`
      }
    </li>`;
  const back = current === 'signin' || current === 'home' ? '/' : here;
  return html`${
    part === undefined
      ? html`<nav class="places" aria-label="${texts.navigation}">
          <ul>
            ${place('home', '/')}${place('services', '/services')}${place('me', '/me')}
          </ul>
        </nav>`
      : html`<span class="part">${part}</span>`
  }
  ${
    caller === undefined
      ? current === 'signin'
        ? undefined
        : html`<a class="button small" href="${base}/signin?return=${encodeURIComponent(back)}"
            >${texts.signIn}</a
          >`
      : html`<form class="account" method="post" action="${base}/signout">
          <input type="hidden" name="token" value="${caller.signOutToken}" />
          <bdi>${caller.shownName}</bdi>
          <button class="button small quiet">${texts.signOut}</button>
        </form>`
  }`;
};
