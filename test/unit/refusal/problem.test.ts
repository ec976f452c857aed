import { CATALOGUE, type RefusalCode } from '../../../src/refusal/catalogue.ts';
import { prefersHtml, problemOf } from '../../../src/refusal/problem.ts';

describe('a problem document', () => {
  it.each(Object.keys(CATALOGUE) as RefusalCode[])(
    'of %s has what RFC 9457 and both languages need',
    (code) => {
      const step = {
        check: 'validity',
        outcome: 'failed',
        clause: 'c',
        zh: '过期',
        en: 'expired',
        code,
      } as const;
      const accepted = [{ zh: '粤安电子认证', en: 'Yuean Certification' }];
      const problem = problemOf({ code, reference: 'R1', steps: [step], accepted, at: 0 });
      const { status, clause, zh, en } = CATALOGUE[code];
      expect(JSON.parse(JSON.stringify(problem))).toEqual({
        type: `urn:onecert:refusal:${code}`,
        title: en.title,
        status,
        detail: en.next,
        code,
        clause,
        reference: 'R1',
        at: '1970-01-01T00:00:00.000Z',
        zh,
        en,
        accepted,
        report: [step],
      });
    },
  );
});

describe('whether a page is wanted', () => {
  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', true],
    ['text/html', true],
    ['TEXT/HTML;q=0.3', true],
    ['application/json, text/html;q=0.9', false],
    ['text/html;q=0', false],
    ['*/*', false],
    ['application/json', false],
    ['application/problem+json', false],
    ['text/htmlx', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (accept, wanted) => {
    expect(prefersHtml(accept)).toBe(wanted);
  });
});
