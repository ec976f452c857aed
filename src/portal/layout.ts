import { html, trusted, type Html } from './html.ts';
import { langTag, otherLanguage, type Language } from './language.ts';
import { STYLESHEET, STYLESHEET_SOURCE } from './stylesheet.ts';

const POLICY = `default-src 'none'; style-src ${STYLESHEET_SOURCE}; base-uri 'none'; form-action 'none'`;

/** Headers of every page. frame-ancestors works in the header only, so the page's own meta element leaves it out. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `${POLICY}; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  vary: 'Accept-Language',
};

export interface Page {
  readonly title: string;
  readonly main: Html;
  /** Width of the header and footer: a text to read, or a list to look through. */
  readonly width: 'narrow' | 'wide';
  /** Whether this page is to be had in the other language at ?lang=; otherwise it holds both. */
  readonly switchable: boolean;
}

const TEXTS = {
  zh: {
    brand: '一证通网关',
    skip: '跳到正文',
    home: '返回首页',
    footer: '一张证书，通办各部门网上业务。本页不使用脚本，不向第三方发送任何信息。',
    name: '中文',
  },
  en: {
    brand: 'OneCert',
    skip: 'Skip to content',
    home: 'Home page',
    footer:
      'One certificate for the online services of every department. This page runs no scripts and sends nothing to third parties.',
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

/** A whole HTML document. */
export const renderPage = ({ title, main, width, switchable }: Page, language: Language): string => {
  const texts = TEXTS[language];
  const other = otherLanguage(language);
  const wrap = width === 'narrow' ? 'wrap narrow' : 'wrap';
  return html`<!doctype html>
    <html lang="${langTag(language)}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title} · ${texts.brand}</title>
        ${STYLE}
      </head>
      <body>
        <a class="skip" href="#main">${texts.skip}</a>
        <header class="masthead">
          <div class="${wrap}">
            <a class="brand" href="/" aria-label="${texts.brand}, ${texts.home}"
              >${MARK}<b>${texts.brand}</b>${
                language === 'zh'
                  ? html`<span lang="en">OneCert</span>`
                  : html`<span lang="zh-CN">一证通网关</span>`
              }</a
            >
            ${
              switchable
                ? html`<a
                    class="switch"
                    href="?lang=${other}"
                    lang="${langTag(other)}"
                    hreflang="${langTag(other)}"
                    >${TEXTS[other].name}</a
                  >`
                : undefined
            }
          </div>
        </header>
        <main id="main" tabindex="-1"><div class="${wrap}">${main}</div></main>
        <footer class="footer">
          <div class="${wrap}"><p>${texts.footer}</p></div>
        </footer>
      </body>
    </html> `.markup;
};
