import fc from 'fast-check';
import { readTarget } from '../../../src/proxy/target.ts';

describe('a request target', () => {
  it.each([
    ['/', '/', ''],
    ['/a/b/', '/a/b/', ''],
    ['/a?x=/../%2e%2e', '/a', '?x=/../%2e%2e'],
    ['/a?', '/a', '?'],
    ['/.well-known/jwks.json', '/.well-known/jwks.json', ''],
    ['/%E7%A8%8E/a%20b', '/%E7%A8%8E/a%20b', ''],
  ])('%s has the path %s and the query %s', (url, path, search) => {
    expect(readTarget(url, 'city.example')).toEqual({ path, search });
  });

  it('in absolute form is read for the host it is sent to only', () => {
    expect(readTarget('https://City.example/a?b', 'city.example')).toEqual({ path: '/a', search: '?b' });
    expect(readTarget('https://city.example', 'city.example')).toEqual({ path: '/', search: '' });
    expect(readTarget('https://city.example?b', 'city.example')).toEqual({ path: '/', search: '?b' });
    expect(readTarget('https://other.example/a', 'city.example')).toBe('malformed');
    expect(readTarget('https://user@city.example/a', 'city.example')).toBe('malformed');
    expect(readTarget('http://city.example/a', 'city.example')).toBe('malformed');
    expect(readTarget('*', 'city.example')).toBe('malformed');
  });

  it('that is accepted decodes to the same segments, however often it is decoded', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        '.',
        '..',
        '%2e',
        '%2F',
        '%5c',
        '\\',
        ';',
        'a',
        '%61',
        '%',
        '%25',
        '%e5',
        '%c0%ae',
        '?',
        '#',
        ' ',
        '%00',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = readTarget(`/${pieces.join('')}`, undefined);
        if (typeof target === 'string') return;
        const segments = target.path.slice(1).split('/');
        for (const segment of segments) {
          const once = Buffer.from(unescape(segment), 'latin1').toString('latin1');
          expect(once).not.toMatch(/[/\\\0]/);
          expect(once.replace(/;.*/, '')).not.toMatch(/^\.\.?$/);
          expect(unescape(once)).toBe(once);
        }
        // No segment but the last may be empty, or carry parameters.
        for (const segment of segments.slice(0, -1)) expect(segment).toMatch(/^[^;]+$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
