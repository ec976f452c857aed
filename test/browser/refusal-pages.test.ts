import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page, Response } from 'playwright-core';
import { policyHeader } from '../../src/portal/layout.ts';
import { renderRefusalPage } from '../../src/portal/refusal-page.ts';
import { CATALOGUE, type RefusalCode } from '../../src/refusal/catalogue.ts';
import { startCensus, type Census } from '../integration/census.ts';
import { openBrowser, PHONE, seriousFindings, withChromium, type OpenedBrowser } from './opened-browser.ts';

interface Reached {
  /** Path on the listener that asks for certificates. */
  readonly path: string;
  /** Whose certificate the browser shows; nobody's where absent. */
  readonly as?: string;
  /** How the page is come to; default: by its address. */
  readonly by?: (page: Page, url: string) => Promise<Response | null>;
}

/** Sends a form, as a page of the same site would. */
const postForm =
  (fields: Readonly<Record<string, string>>) =>
  async (page: Page, url: string): Promise<Response | null> => {
    await page.goto(new URL('/reference', url).href.replace('/reference', '/census'));
    const [response] = await Promise.all([
      page.waitForNavigation(),
      page.evaluate(
        `(() => {
          const form = document.createElement('form');
          form.method = 'post';
          form.action = ${JSON.stringify(url)};
          for (const [name, value] of Object.entries(${JSON.stringify(fields)})) {
            const input = document.createElement('input');
            Object.assign(input, { name, value });
            form.append(input);
          }
          document.body.append(form);
          form.submit();
        })()`,
      ),
    ]);
    return response;
  };

/** Met in the demo city as it runs, each in the way people meet it. */
const REACHED: Partial<Record<RefusalCode, Reached>> = {
  ONECERT_CERTIFICATE_REQUIRED: { path: '/census' },
  ONECERT_CERTIFICATE_REVOKED: { path: '/census', as: 'revoked-yuean' },
  ONECERT_CERTIFICATE_ON_HOLD: { path: '/census', as: 'on-hold-zhujiang' },
  ONECERT_CERTIFICATE_EXPIRED: { path: '/census', as: 'expired-zhujiang' },
  ONECERT_CERTIFICATE_NOT_YET_VALID: { path: '/census', as: 'not-yet-valid-zhujiang' },
  ONECERT_CERTIFICATE_UNTRUSTED: { path: '/census', as: 'untrusted-wuming' },
  ONECERT_CERTIFICATE_ENCRYPTION_ONLY: { path: '/census', as: 'encryption-yuean' },
  ONECERT_IDENTIFIER_INVALID: { path: '/census', as: 'wrong-check-digit-zhujiang' },
  ONECERT_IDENTIFIER_MISSING: { path: '/census', as: 'no-identifier-zhujiang' },
  ONECERT_SERVICE_NOT_FOUND: { path: '/nowhere', as: 'li-wei-yuean' },
  ONECERT_SERVICE_DISABLED: { path: '/closed', as: 'li-wei-yuean' },
  ONECERT_METHOD_NOT_ENROLLED: { path: '/read-only/papers', as: 'li-wei-yuean' },
  ONECERT_SUBJECT_KIND_NOT_ACCEPTED: { path: '/joint-tax', as: 'li-wei-yuean' },
  ONECERT_AUTHORITY_NOT_ACCEPTED: { path: '/yuean-only', as: 'li-wei-zhujiang' },
  ONECERT_ACTING_ROLE_NOT_ACCEPTED: { path: '/business-registration', as: 'pengwan-finance-yuean' },
  ONECERT_PATH_AMBIGUOUS: { path: '/census%2fclosed', as: 'li-wei-yuean' },
  ONECERT_BODY_TOO_LARGE: { path: '/small', as: 'li-wei-yuean', by: postForm({ text: 'x'.repeat(2_000) }) },
  ONECERT_UPSTREAM_UNREACHABLE: { path: '/census/reset', as: 'li-wei-yuean' },
  ONECERT_UPSTREAM_TIMEOUT: { path: '/impatient/silent', as: 'li-wei-yuean' },
  ONECERT_HANDOVER_INVALID: { path: '/signin/certificate?request=slipped', as: 'li-wei-yuean' },
};

/**
 * Met by browsers, but not in this city: drawn by the portal's own function and loaded from the portal's address, with
 * its stylesheet and policy.
 */
const RENDERED: readonly RefusalCode[] = [
  'ONECERT_REQUEST_TIMEOUT',
  'ONECERT_CERTIFICATE_MALFORMED',
  'ONECERT_AUTHORITY_WITHDRAWN',
  'ONECERT_AUTHORITY_WINDING_DOWN',
  'ONECERT_TRUST_LIST_EXPIRED',
  'ONECERT_CERTIFICATE_SIGNATURE_INVALID',
  'ONECERT_CERTIFICATE_USAGE',
  'ONECERT_CERTIFICATE_WEAK',
  'ONECERT_CERTIFICATE_CHAIN',
  'ONECERT_CERTIFICATE_EXTENSION_UNKNOWN',
  'ONECERT_CERTIFICATE_CONSTRAINT',
  'ONECERT_CERTIFICATE_POLICY',
  'ONECERT_REVOCATION_UNKNOWN',
  'ONECERT_IDENTITY_CONFLICT',
  'ONECERT_IDENTITY_LOCKED',
  'ONECERT_ASSURANCE_TOO_LOW',
  'ONECERT_SERVICE_MAINTENANCE',
  'ONECERT_SERVICE_CLOSED',
  'ONECERT_SERVICE_RATE_LIMITED',
  'ONECERT_UPSTREAM_NONE_LEFT',
  'ONECERT_UPSTREAM_UNTRUSTED',
  'ONECERT_SESSION_UNAVAILABLE',
  'ONECERT_CROSS_SITE',
  'ONECERT_FORM_EXPIRED',
  'ONECERT_TOO_MANY_ATTEMPTS',
  'ONECERT_AUDIT_UNAVAILABLE',
  'ONECERT_REGISTER_UNAVAILABLE',
  'ONECERT_SHUTTING_DOWN',
  'ONECERT_INTERNAL',
  'ONECERT_ROLE_REQUIRED',
  'ONECERT_OTHER_DEPARTMENT',
  'ONECERT_CHANGE_UNKNOWN',
  'ONECERT_CHANGE_STALE',
  'ONECERT_CHANGE_SETTLED',
  'ONECERT_CHANGE_INVALID',
  'ONECERT_CHANGE_OWN',
  'ONECERT_CHANGE_TWO_PERSONS',
  'ONECERT_SIGN_IN_AGAIN',
  'ONECERT_CONSOLE_NETWORK',
  'ONECERT_INPUT_INVALID',
  'ONECERT_IDENTITY_UNKNOWN',
  'ONECERT_AUDIT_ENTRY_UNKNOWN',
  'ONECERT_AUDIT_PROOF_PENDING',
  'ONECERT_CHANGE_OVERTAKEN',
];

const IN_SCRIPT = 'answers the script of the sign-in page, which shows title and advice beside the button';
/** No browser is shown these as a page, and why. */
const NO_PAGE: Partial<Record<RefusalCode, string>> = {
  ONECERT_REQUEST_MALFORMED: 'browsers send no such requests',
  ONECERT_CHALLENGE_UNKNOWN: IN_SCRIPT,
  ONECERT_CHALLENGE_EXPIRED: IN_SCRIPT,
  ONECERT_CHALLENGE_REPLAYED: IN_SCRIPT,
  ONECERT_CHALLENGE_ORIGIN: IN_SCRIPT,
  ONECERT_CHALLENGE_SESSION: IN_SCRIPT,
  ONECERT_CHALLENGE_CONTENT: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_MALFORMED: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_TOO_LARGE: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_CONTENT_TYPE: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_SIGNERS: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_CERTIFICATE: IN_SCRIPT,
  ONECERT_SIGNING_CERTIFICATE_REQUIRED: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_ATTRIBUTES: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_ALGORITHM: IN_SCRIPT,
  ONECERT_SIGNED_RESPONSE_SIGNATURE: IN_SCRIPT,
  ONECERT_TERMINATOR_HEADER_MALFORMED: 'a fault of the terminator, told to its operators',
  ONECERT_FORWARD_AUTH_MALFORMED: 'answers a proxy',
  ONECERT_EXCHANGE_NOT_ENROLLED: 'answers a service at the token endpoint',
  ONECERT_PRECONDITION_REQUIRED: 'answers programs at the admin API',
};

/** Both languages, one on a desktop and one on a phone: which is which changes from code to code. */
const waysOf = (code: RefusalCode): readonly (readonly ['zh' | 'en', BrowserContextOptions])[] =>
  codesOf(CATALOGUE).indexOf(code) % 2 === 0
    ? [
        ['zh', PHONE],
        ['en', { locale: 'en-GB' }],
      ]
    : [
        ['zh', {}],
        ['en', { ...PHONE, locale: 'en-GB' }],
      ];
const codesOf = (some: object): RefusalCode[] => Object.keys(some) as RefusalCode[];

it('every refusal is seen below, or no page', () => {
  const classified = [...codesOf(REACHED), ...RENDERED, ...codesOf(NO_PAGE)];
  expect([...classified].sort()).toEqual(codesOf(CATALOGUE).sort());
});

withChromium('refusal pages', () => {
  let opened: OpenedBrowser;
  let census: Census;
  beforeAll(async () => {
    census = await startCensus();
    opened = await openBrowser((city) => {
      for (const [path, text] of Object.entries(census.files)) writeFileSync(join(city.folder, path), text);
    });
  }, 120_000);
  afterAll(async () => {
    await opened.close();
    await census.down();
  });

  const expectPage = async (
    page: Page,
    code: RefusalCode,
    language: 'zh' | 'en',
    reference: string,
  ): Promise<void> => {
    const { title, next } = CATALOGUE[code][language];
    expect(await page.locator('h1').textContent()).toBe(title);
    expect(await page.locator('html').getAttribute('lang')).toMatch(language === 'zh' ? /^zh/ : /^en/);
    expect(await page.title()).toContain(title);
    for (const text of [next, code, reference])
      expect([text, await page.getByText(text).first().isVisible()]).toEqual([text, true]);
    expect(await seriousFindings(page)).toEqual([]);
    const isWider = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
    expect(await page.evaluate(isWider)).toBe(false);
    const folder = process.env['ONECERT_SCREENSHOTS'];
    const width = page.viewportSize()?.width;
    if (folder !== undefined)
      await page.screenshot({ path: join(folder, `${code}-${language}-${width}.png`), fullPage: true });
  };

  it.each(codesOf(REACHED))(
    '%s, as people meet it',
    async (code) => {
      const { path, as, by } = REACHED[code] as Reached;
      for (const [language, options] of waysOf(code)) {
        const pair = as === undefined ? undefined : opened.city.person(as);
        const { context, page } = await opened.open({
          ...options,
          ...(pair !== undefined && {
            clientCertificates: [{ origin: opened.city.url, certPath: pair.certificate, keyPath: pair.key }],
          }),
        });
        const url = opened.city.url + path;
        const response = await (by === undefined ? page.goto(url) : by(page, url));
        expect(response?.status()).toBe(CATALOGUE[code].status);
        const reference = response?.headers()['onecert-reference'];
        expect(reference).toMatch(/^.{8,}$/);
        await expectPage(page, code, language, reference as string);
        await context.close();
      }
    },
    90_000,
  );

  it.each(RENDERED)(
    '%s, drawn',
    async (code) => {
      for (const [language, options] of waysOf(code)) {
        const { context, page } = await opened.open(options);
        const reference = 'R-7f3k-2m9q';
        await page.route(`${opened.portal}/refused`, (route) =>
          route.fulfill({
            status: CATALOGUE[code].status,
            contentType: 'text/html; charset=utf-8',
            headers: { 'Content-Security-Policy': policyHeader({}) },
            body: renderRefusalPage(
              { code, reference, steps: [], accepted: [{ zh: '粤安电子认证', en: 'Yuean' }], at: Date.now() },
              language,
            ),
          }),
        );
        await page.goto(`${opened.portal}/refused`);
        await expectPage(page, code, language, reference);
        await context.close();
      }
    },
    90_000,
  );
});
