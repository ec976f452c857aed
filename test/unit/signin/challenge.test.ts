import { Refusal } from '../../../src/refusal/refusal.ts';
import { createChallengeStore } from '../../../src/signin/challenge-store.ts';
import { browserSessionHash, CHALLENGE_LIFETIME_MS, createChallenge } from '../../../src/signin/challenge.ts';
import { createEmbeddedExpiringStore } from '../../../src/storage/embedded-expiring-store.ts';

const NOW = Date.UTC(2026, 10, 24, 14, 32, 29);
const REQUEST = { origin: 'https://signin.example.gov.cn', browserSession: 'browser', at: NOW };

describe('a challenge', () => {
  it('is a text in Chinese and English that says what is signed, where, when, with a code', () => {
    const service = { zh: '入学资格核验', en: 'School Enrolment Check' };
    const { text } = createChallenge({ ...REQUEST, service });
    const code = /随机码：(.*)/.exec(text)?.[1] as string;
    expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(text).toBe(`一证通登录确认
登录网站：https://signin.example.gov.cn
办理服务：入学资格核验
时间：2026-11-24 22:32:29（北京时间）
随机码：${code}
本签名仅用于本次登录，不表示同意其他任何事项。

OneCert sign-in
Site: https://signin.example.gov.cn
Service: School Enrolment Check
Time: 2026-11-24 22:32:29 (UTC+8)
Code: ${code}
This signature signs you in, this once. It agrees to nothing else.
`);
    expect(text.normalize('NFC')).toBe(text);
  });
  it('is another each time', () => {
    const many = Array.from({ length: 200 }, () => createChallenge(REQUEST));
    expect(new Set(many.map(({ id }) => id)).size).toBe(200);
    expect(new Set(many.map(({ text }) => text)).size).toBe(200);
  });
  it('lives two minutes, for one browser, whose session it does not hold', () => {
    const challenge = createChallenge(REQUEST);
    expect(challenge).toMatchObject({ issuedAt: NOW, expiresAt: NOW + 120_000, origin: REQUEST.origin });
    expect(challenge.id).toMatch(/^[\w-]{22}$/);
    expect(challenge.browserSession).toBe(browserSessionHash('browser'));
    expect(JSON.stringify(challenge)).not.toContain('"browser"');
  });
  it.each([
    'https://signin.example.gov.cn/',
    'https://SIGNIN.example',
    'signin.example',
    'null',
    '',
    'https://a\nb',
  ])('is not made for an origin of %p', (origin) => {
    expect(() => createChallenge({ ...REQUEST, origin })).toThrow(TypeError);
  });
  it.each(['', 'a\nSite: https://evil.example', 'a\u2028b', '\u202egnp', 'a\u200bb', 'x'.repeat(101)])(
    'does not name a service %p',
    (name) => {
      expect(() => createChallenge({ ...REQUEST, service: { zh: '服务', en: name } })).toThrow(TypeError);
      expect(() => createChallenge({ ...REQUEST, service: { zh: name, en: 'Service' } })).toThrow(TypeError);
    },
  );
});

describe('the store of challenges', () => {
  let now = NOW;
  const store = createChallengeStore(createEmbeddedExpiringStore({ clock: () => now }));
  const issue = async () => {
    now = NOW;
    const challenge = createChallenge(REQUEST);
    await store.put(challenge, CHALLENGE_LIFETIME_MS);
    return challenge;
  };
  const codeOf = (taken: unknown): unknown => (taken instanceof Refusal ? taken.code : taken);

  it('gives a challenge once; asked again, it is a replay', async () => {
    const challenge = await issue();
    expect(await store.take(challenge.id, now)).toEqual(challenge);
    expect(codeOf(await store.take(challenge.id, now))).toBe('ONECERT_CHALLENGE_REPLAYED');
  });
  it('gives it to one of many that ask at the same time', async () => {
    const { id } = await issue();
    const taken = (await Promise.all(Array.from({ length: 20 }, () => store.take(id, now)))).map(codeOf);
    expect(taken.filter((each) => each !== 'ONECERT_CHALLENGE_REPLAYED')).toHaveLength(1);
  });
  it('says of one that was not answered in time that it has lapsed', async () => {
    const { id, expiresAt } = await issue();
    now = expiresAt;
    expect(codeOf(await store.take(id, now))).toBe('ONECERT_CHALLENGE_EXPIRED');
    now = expiresAt + 20 * 60_000;
    expect(codeOf(await store.take(id, now))).toBe('ONECERT_CHALLENGE_UNKNOWN');
  });
  it.each(['', 'A'.repeat(22), 'A'.repeat(23), '../../etc/passwd', 'a b', '__proto__', 'é'.repeat(22)])(
    'knows nothing of %p',
    async (id) => {
      expect(codeOf(await store.take(id, NOW))).toBe('ONECERT_CHALLENGE_UNKNOWN');
    },
  );
});
