import { createHash } from 'node:crypto';
import { renderHomePage, type HomePage } from '../../../src/portal/home-page.ts';
import type { Language } from '../../../src/portal/language.ts';
import { PAGE_HEADERS } from '../../../src/portal/layout.ts';
import { renderRefusalPage } from '../../../src/portal/refusal-page.ts';
import { CATALOGUE, type RefusalCode } from '../../../src/refusal/catalogue.ts';
import type { RefusalContext } from '../../../src/refusal/context.ts';
import { createDirectory } from '../../../src/services/directory.ts';
import { departmentSchema } from '../../../src/services/enrolment.ts';

const ATTACK = `"><img src=x onerror=alert(1)><script>alert('x')</script>`;
const LANGUAGES: readonly Language[] = ['zh', 'en'];
const CODES = Object.keys(CATALOGUE) as RefusalCode[];

const refusal = (changes: Partial<RefusalContext> = {}): RefusalContext => ({
  code: 'ONECERT_CERTIFICATE_EXPIRED',
  reference: '7Q2M-K4TX',
  steps: [],
  accepted: [{ zh: '粤安电子认证', en: 'Yuean Certification' }],
  at: Date.UTC(2026, 2, 1, 16, 30),
  ...changes,
});

const directory = createDirectory([
  departmentSchema.parse({
    department: 'tax',
    name: { zh: '税务局', en: 'Tax Bureau' },
    services: [
      {
        service: 'joint-tax',
        name: { zh: '联合办税登记', en: 'Joint Tax Registration' },
        description: { zh: `说明${ATTACK}`, en: `About ${ATTACK}` },
        path: '/joint-tax',
        subjects: ['enterprise'],
        authorities: ['yuean'],
        backends: ['http://127.0.0.1:1'],
      },
      {
        service: 'old',
        name: { zh: '旧服务', en: 'Old service' },
        enabled: false,
        path: '/old',
        subjects: ['citizen', 'enterprise'],
        backends: ['http://127.0.0.1:1'],
      },
    ],
  }),
]);
const home = (changes: Partial<HomePage> = {}): HomePage => ({
  authorities: [
    { authority: 'yuean', name: { zh: '粤安电子认证', en: 'Yuean Certification' } },
    { authority: 'zhujiang', name: { zh: '珠江电子认证', en: 'Zhujiang Certification' } },
  ],
  services: directory.services,
  ...changes,
});

const text = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&#96;', '`')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

/** Elements that are open at the end, or closed without having been opened. */
const unbalanced = (page: string): readonly string[] => {
  const open: string[] = [];
  for (const [, close, name = '', rest = ''] of page.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/g,
  )) {
    if (['meta', 'br', 'hr', 'img'].includes(name) || rest.endsWith('/')) continue;
    if (close === '') open.push(name);
    else if (open.pop() !== name) return [...open, `/${name}`];
  }
  return open;
};

const expectSoundPage = (page: string, language: Language): void => {
  expect(page.startsWith('<!doctype html>')).toBe(true);
  expect(page).toContain(`<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">`);
  expect(page.match(/<h1[ >]/g)).toHaveLength(1);
  expect(unbalanced(page)).toEqual([]);
  expect(page).not.toMatch(/<script|<img|javascript:|<[^>]*\s(?:on[a-z]+|style)=/i);
  // Nothing is loaded: the only addresses are ours.
  expect(page).not.toMatch(/(?:src|href)="(?!\/|#|\?)/);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  const source = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
  expect(page.replaceAll('&#39;', "'")).toContain(`style-src ${source};`);
  expect(PAGE_HEADERS['content-security-policy']).toContain(`style-src ${source};`);
  expect(PAGE_HEADERS['content-security-policy']).not.toContain('unsafe');
};

describe('the refusal page', () => {
  it.each(CODES)('says in both languages what %s means and what to do', (code) => {
    for (const language of LANGUAGES) {
      const page = renderRefusalPage(refusal({ code }), language);
      expectSoundPage(page, language);
      const { zh, en, clause } = CATALOGUE[code];
      for (const said of [zh.title, zh.next, en.title, en.next, clause, code, '7Q2M-K4TX']) {
        expect(text(page)).toContain(said);
      }
    }
  });

  it('lists how the certificate was checked', () => {
    const steps = [
      {
        check: 'signature',
        outcome: 'passed',
        clause: 'RFC 5280 6.1.3 (a)(1)',
        zh: '签名有效',
        en: 'Signature is valid',
      },
      {
        check: 'validity',
        outcome: 'failed',
        clause: 'RFC 5280 6.1.3 (a)(2)',
        on: 'CN=李伟,L=深圳市',
        zh: '已于 2026-01-01 过期',
        en: 'Expired on 2026-01-01',
        code: 'ONECERT_CERTIFICATE_EXPIRED',
      },
    ] as const;
    const zh = renderRefusalPage(refusal({ steps }), 'zh');
    expectSoundPage(zh, 'zh');
    expect(zh).toContain('aria-label="未通过"');
    for (const said of ['签名有效', '已于 2026-01-01 过期', 'CN=李伟,L=深圳市', 'RFC 5280 6.1.3 (a)(2)']) {
      expect(text(zh)).toContain(said);
    }
    expect(text(renderRefusalPage(refusal({ steps }), 'en'))).toContain('Expired on 2026-01-01');
  });

  it('names accepted authorities where another certificate would help, and only there', () => {
    expect(text(renderRefusalPage(refusal(), 'zh'))).toContain('粤安电子认证');
    const down = refusal({ code: 'ONECERT_UPSTREAM_TIMEOUT' });
    expect(text(renderRefusalPage(down, 'zh'))).not.toContain('粤安电子认证');
  });

  it("shows the time on the city's clock", () => {
    expect(text(renderRefusalPage(refusal(), 'zh'))).toContain('2026年3月2日');
    expect(text(renderRefusalPage(refusal(), 'en'))).toContain('March 2, 2026');
  });

  it('lets no name break out of its place', () => {
    const page = renderRefusalPage(
      refusal({
        reference: ATTACK,
        accepted: [{ zh: ATTACK, en: ATTACK }],
        service: { zh: ATTACK, en: ATTACK },
        steps: [{ check: 'x', outcome: 'skipped', clause: ATTACK, on: ATTACK, zh: ATTACK, en: ATTACK }],
      }),
      'zh',
    );
    expectSoundPage(page, 'zh');
    expect(page.split('&lt;script&gt;').length - 1).toBe(6);
  });
});

describe('the home page', () => {
  it.each(LANGUAGES)('shows authorities and services by department (%s)', (language) => {
    const page = renderHomePage(home(), language);
    expectSoundPage(page, language);
    const shown = {
      zh: [
        '粤安电子认证',
        '珠江电子认证',
        '税务局',
        '联合办税登记',
        '企业',
        '仅限粤安电子认证的证书',
        '已暂停',
      ],
      en: [
        'Yuean Certification',
        'Tax Bureau',
        'Joint Tax Registration',
        'Enterprises',
        'Certificates of Yuean Certification only',
        'Switched off',
      ],
    };
    for (const said of shown[language]) expect(text(page)).toContain(said);
    expect(page).toContain('href="/joint-tax"');
    expect(page).not.toContain('href="/old"');
    expect(page).toContain(`href="?lang=${language === 'zh' ? 'en' : 'zh'}"`);
  });

  it('says so when there are no services', () => {
    const page = renderHomePage(home({ services: [] }), 'zh');
    expectSoundPage(page, 'zh');
    expect(text(page)).toContain('目前还没有部门开通服务');
  });

  it('shows who is signed in, of a person only the first character', () => {
    const caller = { kind: 'citizen', name: '欧阳若<b>', unifiedId: 'AAAA' } as const;
    const page = renderHomePage(home({ caller }), 'zh');
    expectSoundPage(page, 'zh');
    expect(text(page)).toContain('欧***');
    expect(page).not.toContain('阳若');
    const firm = { kind: 'enterprise', name: '深圳市某某科技有限公司', unifiedId: 'BBBB' } as const;
    expect(text(renderHomePage(home({ caller: firm }), 'en'))).toContain('深圳市某某科技有限公司');
  });
});
