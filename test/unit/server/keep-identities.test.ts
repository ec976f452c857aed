import type { Identity, SubjectReading } from '../../../src/identity/identity.ts';
import type { IdentityRegister } from '../../../src/identity/register.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { keepIdentities } from '../../../src/server/keep-identities.ts';

const reading = (name: string): SubjectReading => ({
  kind: 'citizen',
  identifiers: [{ type: 'passport', value: 'E12345678' }],
  name,
});
const used = (thumbprint: string, authority = 'yuean') => ({ authority, thumbprint, at: 0 });

describe('identities kept while the register is away', () => {
  let code: 'ONECERT_REGISTER_UNAVAILABLE' | 'ONECERT_IDENTITY_CONFLICT' | undefined;
  const identify = async (given: SubjectReading): Promise<Identity> => {
    if (code !== undefined) throw new Refusal(code, 'as the test wants it');
    return { ...given, unifiedId: `id of ${given.name}` };
  };
  const register = (limit?: number) => keepIdentities({ identify } as unknown as IdentityRegister, limit);
  beforeEach(() => {
    code = undefined;
  });

  it('are given to who is known, and refused to strangers', async () => {
    const kept = register();
    const zhang = await kept.identify(reading('张三'), used('a'));
    code = 'ONECERT_REGISTER_UNAVAILABLE';
    expect(await kept.identify(reading('张三'), used('a'))).toEqual(zhang);
    for (const asked of [
      kept.identify(reading('张三'), used('b')),
      // Read otherwise, or under another authority's profile, by now.
      kept.identify(reading('李四'), used('a')),
      kept.identify(reading('张三'), used('a', 'nanxin')),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'ONECERT_REGISTER_UNAVAILABLE' });
    }
  });

  it('are not given any more after the register has refused them', async () => {
    const kept = register();
    await kept.identify(reading('张三'), used('a'));
    code = 'ONECERT_IDENTITY_CONFLICT';
    await expect(kept.identify(reading('张三'), used('a'))).rejects.toMatchObject({ code });
    code = 'ONECERT_REGISTER_UNAVAILABLE';
    await expect(kept.identify(reading('张三'), used('a'))).rejects.toMatchObject({ code });
  });

  it('are so many and no more, those used longest ago going first', async () => {
    const kept = register(2);
    for (const thumbprint of ['a', 'b', 'a', 'c']) await kept.identify(reading('张三'), used(thumbprint));
    code = 'ONECERT_REGISTER_UNAVAILABLE';
    await expect(kept.identify(reading('张三'), used('b'))).rejects.toMatchObject({ code });
    expect((await kept.identify(reading('张三'), used('a'))).unifiedId).toBe('id of 张三');
  });
});
