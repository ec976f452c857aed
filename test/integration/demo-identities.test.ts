import { join } from 'node:path';
import { openEmbeddedRegister } from '../../src/identity/embedded-register.ts';
import { identifySubject } from '../../src/identity/identify-subject.ts';
import { loadTrustList } from '../../src/trust/load-trust-list.ts';
import { openCity, readCertificate, type OpenedCity } from './opened-demo-city.ts';

/** Every good certificate of the city, read by the profiles an operator wrote, in a register on disk. */
describe('identities of the people of the demo city', () => {
  let opened: OpenedCity;
  beforeAll(async () => {
    opened = await openCity();
    Object.assign(process.env, opened.city.environment);
  });
  afterAll(() => opened.close());

  it.each(['as the authorities stand', 'the other way round'])(
    'are one for each person whichever authority issued the certificate, %s',
    async (order) => {
      const trust = loadTrustList(join(import.meta.dirname, '../../ca-trust'), 1);
      const register = openEmbeddedRegister({
        file: join(opened.folder, order, 'register.db'),
        fieldKey: Buffer.alloc(32, 1),
        hashKey: Buffer.alloc(32, 2),
      });
      const good = opened.certificates.filter(({ refusal }) => refusal === undefined);
      if (order !== 'as the authorities stand') good.reverse();
      const ids = new Map<string, Set<string>>();
      for (const each of good) {
        const profile = trust.authorities.get(each.authority)?.settings.identity;
        if (profile === undefined) throw new Error(`${each.authority} is not in the trust list`);
        const identity = await identifySubject(register, readCertificate(each), profile, {
          authority: each.authority,
          at: Date.now(),
        });
        expect(identity.kind).toBe(each.kind);
        expect(identity.name).not.toMatch(/\d/);
        ids.set(each.person, (ids.get(each.person) ?? new Set()).add(identity.unifiedId));
      }
      expect(good).toHaveLength(15);
      expect([...ids.values()].map((each) => each.size)).toEqual([1, 1, 1, 1, 1, 1]);
      expect(new Set([...ids.values()].flatMap((each) => [...each])).size).toBe(4);
      expect(await register.count()).toEqual({ citizens: 2, enterprises: 2, conflicts: 0 });
      const acting = [...ids].filter(([person]) => person.startsWith('pengwan')).map(([, [id]]) => id);
      expect(acting).toHaveLength(3);
      expect(new Set(acting).size).toBe(1);
      const used = (await register.identityById(acting[0] as string))?.certificates;
      const roles = used?.map((each) => `${each.authority} ${each.acting?.role} ${each.acting?.name}`);
      expect(roles?.sort()).toEqual([
        'pengcheng unknown undefined',
        'yuean finance 何静',
        'yuean legal-representative 周敏',
        'yuean unknown undefined',
        'zhujiang finance 何静',
        'zhujiang unknown undefined',
      ]);
      await register.close();
    },
  );
});
