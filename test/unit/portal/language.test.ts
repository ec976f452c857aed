import { chooseLanguage } from '../../../src/portal/language.ts';

describe('the language of a page', () => {
  it.each([
    [undefined, 'zh'],
    ['', 'zh'],
    ['*', 'zh'],
    ['fr-FR, de;q=0.5', 'zh'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['zh-HK', 'zh'],
    ['en-GB,en;q=0.9', 'en'],
    ['en-US,en;q=0.9,zh-CN;q=0.8', 'en'],
    ['EN', 'en'],
    ['en;q=0.5, zh;q=0.7', 'zh'],
    ['en;q=0', 'zh'],
    ['en;q=nonsense', 'zh'],
    [`${'x,'.repeat(10_000)}en`, 'zh'],
  ])('%s: %s', (header, language) => {
    expect(chooseLanguage(header)).toBe(language);
  });

  it('is the one asked for by name before all', () => {
    expect(chooseLanguage('zh-CN', 'en')).toBe('en');
    expect(chooseLanguage('en', 'zh')).toBe('zh');
    expect(chooseLanguage('en', 'fr"><script>')).toBe('en');
  });
});
