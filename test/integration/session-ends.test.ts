import { join } from 'node:path';
import { openEmbeddedChangeStore } from '../../src/changes/embedded-change-store.ts';
import { openConflictCity, type ConflictCity } from './console/conflict-city.ts';
import { eventually, hasTools } from './city.ts';

const withTools = hasTools() ? describe : describe.skip;

/** Nobody comes back with these browsers: what ends their sessions is what became of certificate or identity. */
withTools('sessions that the gateway ends', () => {
  let all: ConflictCity;
  beforeAll(async () => {
    all = await openConflictCity();
  }, 120_000);
  afterAll(() => all?.remove());

  const ends = (): Record<string, unknown>[] =>
    all.city.audit().filter(({ event, by }) => event === 'session-end' && by === 'gateway');
  /** Two browsers of one certificate, one of which is known to a service as well. */
  const signInTwice = async (as: string) => {
    const [one, other] = [await all.signIn(as), await all.signIn(as)];
    expect((await all.authorize(one.browser)).location).toContain('code=');
    return [one.browser, other.browser] as const;
  };
  /** The entries that come after `work`, once the service has been told. */
  const endsAfter = async (work: () => Promise<void>): Promise<readonly Record<string, unknown>[]> => {
    const [entries, logouts] = [ends().length, all.logouts.length];
    await work();
    await eventually('the sessions end', () => ends().length >= entries + 2, 60_000);
    await eventually('the service is told', () => all.logouts.length > logouts, 60_000);
    expect(all.logouts.length).toBe(logouts + 1);
    return ends().slice(entries);
  };

  it('of a revoked certificate: one entry each, with the code; the service is told', async () => {
    const [browser] = await signInTwice('li-wei-yuean');
    const found = await endsAfter(() => all.city.authority('yuean', 'revoke', { person: 'li-wei' }));
    const entry = expect.objectContaining({
      cause: 'certificate-refused',
      code: expect.stringMatching(/^ONECERT_CERTIFICATE_(REVOKED|ON_HOLD)$/) as string,
      authority: 'yuean',
      unifiedId: expect.stringMatching(/^[\w-]{22}$/) as string,
    }) as object;
    expect(found).toEqual([entry, entry]);
    expect((await browser.follow('/me')).url.pathname).toBe('/signin');
    expect(ends()).toHaveLength(2);
  });

  it('of a locked identity: with the version that locks it, who approved it and why', async () => {
    await signInTwice('chen-fang-zhujiang');
    const unifiedId = await all.call('chen-fang-zhujiang');
    const store = openEmbeddedChangeStore(join(all.city.data, 'changes.sqlite'));
    const content = Buffer.from('locked: true\nreason: reported stolen\n');
    const found = await endsAfter(async () => {
      const at = Date.now();
      const { id } = await store.propose({
        ...{ kind: 'identity', name: unifiedId, base: 0, files: [{ path: 'standing.yaml', content }] },
        ...{ state: 'submitted', origin: 'console', department: undefined, note: '', at },
        proposedBy: 'AQEBAQEBAQEBAQEBAQEBAQ',
      });
      await store.approve(id, { by: 'AgICAgICAgICAgICAgICAg', note: '', at });
    });
    await store.close();
    const entry = expect.objectContaining({
      ...{ cause: 'identity-locked', code: 'ONECERT_IDENTITY_LOCKED', kind: 'identity', version: 1 },
      ...{ actor: 'AgICAgICAgICAgICAgICAg', reason: 'reported stolen', unifiedId },
    }) as object;
    expect(found).toEqual([entry, entry]);
  });

  it('of a certificate that its responder alone knows to be revoked: when it calls a service', async () => {
    all.city.edit('ca-trust/zhujiang/authority.yaml', 'refresh: 3s', 'refresh: 10m');
    await eventually('the setting is in force', () =>
      all.city
        .audit()
        .some(({ step, name, version }) => step === 'taken' && name === 'city' && version === 2),
    );
    const { browser } = await all.signIn('li-wei-zhujiang');
    expect((await all.authorize(browser)).location).toContain('code=');
    const [entries, logouts] = [ends().length, all.logouts.length];
    await all.city.authority('zhujiang', 'revoke', { person: 'li-wei', reason: 'keyCompromise' });
    let found = '';
    await eventually('a call is refused', async () => {
      found = await all.callBy(browser);
      return /^ONECERT/.test(found);
    });
    expect(found).toBe('ONECERT_CERTIFICATE_REVOKED');
    await eventually('the session ends', () => ends().length > entries);
    await eventually('the service is told', () => all.logouts.length > logouts);
    expect(ends().slice(entries)).toMatchObject([
      { cause: 'certificate-refused', code: 'ONECERT_CERTIFICATE_REVOKED', authority: 'zhujiang' },
    ]);
    expect(await all.callBy(browser)).toBe('led to /signin');
  });

  it('of a withdrawn authority: with the version of the trust list that says so', async () => {
    await all.issue('somebody', '赵六', { passport: 'E76543210' });
    await signInTwice('somebody');
    const found = await endsAfter(async () => {
      all.city.edit(
        'ca-trust/zhujiang/authority.yaml',
        'authority: zhujiang\n',
        'authority: zhujiang\nstatus: withdrawn\n',
      );
    });
    const those = found.filter(({ code }) => code === 'ONECERT_AUTHORITY_WITHDRAWN');
    expect(those).toHaveLength(2);
    for (const each of those) {
      expect(each).toMatchObject({
        ...{ cause: 'certificate-refused', kind: 'trust-list', document: 'city', version: 3 },
        ...{ actor: 'system', authority: 'zhujiang' },
      });
    }
  });
});
