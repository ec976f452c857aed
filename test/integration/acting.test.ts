import { hasTools, openCity, type City } from './city.ts';

const withTools = hasTools() ? describe : describe.skip;

withTools('somebody who acts for an enterprise', () => {
  let city: City;
  beforeAll(async () => {
    city = await openCity();
    await city.start();
  });
  afterAll(async () => {
    await city.stop();
    await city.remove();
  });
  const callerAt = async (path: string, as: string): Promise<Record<string, unknown>> => {
    const answer = await city.curl(path, { as });
    expect([answer.status, answer.stderr]).toEqual([200, '']);
    return answer.json()['caller'] as Record<string, unknown>;
  };
  const last = (event: string): Record<string, unknown> | undefined =>
    city.audit().findLast((entry) => entry['event'] === event);

  it('is told to the departments that ask, with the same enterprise behind every role', async () => {
    const told = {
      'pengwan-legal-yuean': { role: 'legal-representative', name: '周敏' },
      'pengwan-finance-yuean': { role: 'finance', name: '何静' },
      'pengwan-finance-zhujiang': { role: 'finance', name: '何静' },
      'pengwan-tech-yuean': { role: 'unknown' },
    };
    const subs = new Set<unknown>();
    for (const [person, acting] of Object.entries(told)) {
      const caller = await callerAt('/joint-tax', person);
      expect(caller).toMatchObject({ name: '深圳市鹏湾科技有限公司', acting });
      subs.add(caller['sub']);
      expect([last('sign-in')?.['acting'], last('call')?.['acting']]).toEqual([acting.role, acting.role]);
    }
    expect(subs.size).toBe(1);
  });

  it('and to nobody else', async () => {
    expect(await callerAt('/business-registration', 'pengwan-legal-yuean')).not.toHaveProperty('acting');
    expect(JSON.stringify(city.audit())).not.toMatch(/周敏|何静/);
  });

  it('is refused where the role may not act', async () => {
    const answer = await city.curl('/business-registration', { as: 'pengwan-finance-yuean' });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'ONECERT_ACTING_ROLE_NOT_ACCEPTED' });
    expect(last('refusal')).toMatchObject({ code: 'ONECERT_ACTING_ROLE_NOT_ACCEPTED', acting: 'finance' });
    expect((await city.curl('/business-registration', { as: 'pengwan-legal-yuean' })).status).toBe(200);
  });
});
