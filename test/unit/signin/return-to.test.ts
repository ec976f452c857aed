import fc from 'fast-check';
import { returnTo } from '../../../src/signin/return-to.ts';

describe('where to return to after sign-in', () => {
  it.each([
    ['/', '/'],
    ['/tax/registration?step=2&next=https://a.example/', '/tax/registration?step=2&next=https://a.example/'],
    ['/a/../b', '/b'],
    ['/a#part', '/a'],
    ['/%E7%A8%8E', '/%E7%A8%8E'],
    ['/a//b', '/a//b'],
    ['/a:b@c', '/a:b@c'],
  ])('%s is %s', (value, expected) => {
    expect(returnTo(value)).toBe(expected);
  });

  it.each([
    undefined,
    null,
    7,
    ['/a'],
    '',
    'a',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/a\\b',
    'https://evil.example/',
    'https:/evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\nSet-Cookie: a=b',
    ' /a',
    '/a b',
    '\u0000/a',
    '/\u2028',
    '/税',
    '/\u3002evil',
    '／/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/%2e%2e//evil.example',
    '/%2e//evil.example',
    '/%2fevil.example',
    '/%5Cevil.example',
    '/a%00',
    `/${'a'.repeat(2_048)}`,
  ])('%j is refused', (value) => {
    expect(returnTo(value)).toBeUndefined();
  });

  it('stays on its origin as a browser reads it, whatever was asked for', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        '//',
        '\\',
        '.',
        '..',
        '%2e',
        '%2f',
        '%5c',
        '@',
        ':',
        '?',
        '#',
        'https:',
        'evil.example',
        '\t',
        ' ',
        'a',
      ],
    );
    const value = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary', maxLength: 30 }).map((text) => `/${text}`),
      fc.webUrl(),
    );
    let accepted = 0;
    fc.assert(
      fc.property(value, (asked) => {
        const target = returnTo(asked);
        if (target === undefined) return;
        accepted++;
        for (const base of ['https://signin.example.gov.cn', 'https://a.example:8443/deep/page?x#y']) {
          expect(new URL(target, base).origin).toBe(new URL(base).origin);
          expect(new URL(asked, base).origin).toBe(new URL(base).origin);
        }
        expect(target).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
        // Said once, it is said for good.
        expect(returnTo(target)).toBe(target);
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
