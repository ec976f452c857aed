import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createBrowserSessions } from '../../../src/signin/browser-session.ts';
import { readCookie } from '../../../src/signin/read-cookie.ts';
import { SESSION_COOKIE } from '../../../src/signin/session-cookie.ts';
import { cookieOf } from './session-city.ts';

describe('a cookie of a request', () => {
  const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });
  const space = text(' \t');
  const foreign = fc
    .tuple(text('abN=_-"% '), text('abc=",\\ \u0000中'))
    .map(([name, value]) => `${name}=${value}`)
    .filter((pair) => pair.trim().split('=')[0]?.trim() !== 'name');
  const field = (pairs: fc.Arbitrary<string[]>) =>
    pairs.chain((list) =>
      fc.tuple(...list.map((pair) => space.map((gap) => `${gap}${pair}`))).map((parts) => parts.join(';')),
    );
  const value = text('abcXYZ019_-=');

  it('is found among whatever stands around it, when it stands there once', () => {
    fc.assert(
      fc.property(fc.array(foreign, { maxLength: 6 }), value, fc.nat(), (others, content, place) => {
        const pairs = [...others];
        pairs.splice(place % (others.length + 1), 0, `name=${content}`);
        expect(readCookie(pairs.join('; '), 'name')).toBe(content);
      }),
    );
  });

  it('is not found when it stands there twice, whatever the values', () => {
    const twice = fc
      .tuple(fc.array(foreign, { maxLength: 4 }), fc.array(value, { minLength: 2, maxLength: 4 }))
      .chain(([others, values]) =>
        fc.shuffledSubarray([...others, ...values.map((content) => `name=${content}`)], {
          minLength: others.length + values.length,
        }),
      );
    fc.assert(
      fc.property(field(twice), (cookies) => {
        expect(readCookie(cookies, 'name')).toBeUndefined();
      }),
    );
  });

  it('is never made up, whatever the field', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (cookies) => {
        const found = readCookie(cookies, '__Host-onecert');
        if (found !== undefined) expect(cookies).toContain('__Host-onecert');
        const id = SESSION_COOKIE.read(cookies);
        if (id !== undefined) expect(cookies).toContain(`__Host-onecert=${id}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['name', ''],
    ['name=', ''],
    ['name=a=b', 'a=b'],
    [' name = a', ' a'],
    ['xname=a', undefined],
    ['namex=a', undefined],
    ['NAME=a', undefined],
    ['name=a, name=b', 'a, name=b'],
    ['name;name=a', undefined],
    [`x=${'y'.repeat(16 * 1024)}; name=a`, undefined],
  ])('%s', (cookies, expected) => {
    expect(readCookie(cookies, 'name')).toBe(expected);
  });
});

describe('the browser session', () => {
  const key = randomBytes(32);
  const browsers = createBrowserSessions(key);

  it('is a random id in a cookie of this host alone', () => {
    const { id, setCookie } = browsers.begin();
    expect(setCookie).toBe(`__Host-onecert-browser=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`);
    expect(browsers.read(`a=b; ${cookieOf(setCookie)}`)).toBe(id);
    expect(browsers.read(`${cookieOf(setCookie)}; ${cookieOf(setCookie)}`)).toBeUndefined();
    expect(browsers.read(SESSION_COOKIE.set(id).split(';')[0])).toBeUndefined();
    expect(new Set(Array.from({ length: 100 }, () => browsers.begin().id)).size).toBe(100);
  });

  it("'s form tokens count for it and their purpose alone", () => {
    const [mine, other] = [browsers.begin().id, browsers.begin().id];
    const token = browsers.formToken(mine, 'sign-out');
    expect(browsers.isFormToken(token, mine, 'sign-out')).toBe(true);
    expect(createBrowserSessions(key).isFormToken(token, mine, 'sign-out')).toBe(true);
    expect(browsers.isFormToken(token, other, 'sign-out')).toBe(false);
    expect(browsers.isFormToken(token, mine, 'end-session')).toBe(false);
    expect(createBrowserSessions(randomBytes(32)).isFormToken(token, mine, 'sign-out')).toBe(false);
    expect(browsers.formToken(mine, 'sign-out')).not.toBe(token);
  });

  it('takes no other form for a token', () => {
    const { id } = browsers.begin();
    const token = browsers.formToken(id, 'x');
    for (const wrong of [undefined, null, '', 7, {}, [token], `${token} `, token.slice(1), `${token}A`]) {
      expect(browsers.isFormToken(wrong, id, 'x')).toBe(false);
    }
    fc.assert(
      fc.property(fc.nat({ max: 63 }), fc.constantFrom(...'Aa0-_'), (place, letter) => {
        fc.pre(token[place] !== letter);
        const changed = token.slice(0, place) + letter + token.slice(place + 1);
        expect(browsers.isFormToken(changed, id, 'x')).toBe(false);
      }),
    );
  });
});
