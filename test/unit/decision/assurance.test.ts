import { assuranceReached, reaches } from '../../../src/decision/assurance.ts';
import { explainRefusal } from '../../../src/decision/explain.ts';
import type { Admission } from '../../../src/decision/types.ts';
import type { Service } from '../../../src/services/enrolment.ts';
import { assuranceOf, assuranceSettingsSchema, mayReach } from '../../../src/trust/assurance-settings.ts';

const settings = assuranceSettingsSchema.parse({
  level: 'low',
  policies: { '1.2.156.1': 'substantial', '1.2.156.2': 'high' },
  waysIn: { terminator: 'substantial' },
});
const admission = (policies: readonly string[], proof: string): Admission =>
  ({
    verdict: { assurance: assuranceOf(settings, policies) },
    credential: { proof },
  }) as unknown as Admission;

describe('assurance', () => {
  it.each([
    [[], 'mutual-tls', 'low'],
    [['2.5.29.32.0'], 'mutual-tls', 'low'],
    [['1.2.156.1'], 'mutual-tls', 'substantial'],
    [['1.2.156.1', '1.2.156.2'], 'signed-challenge', 'high'],
    [['1.2.156.2'], 'terminator', 'substantial'],
    [['1.2.156.9'], 'terminator', 'low'],
  ])('of a path valid under %j, by %s, is %s', (policies, proof, level) => {
    expect(assuranceReached(admission(policies, proof))).toBe(level);
  });

  it('of a verdict that says nothing of it is the lowest', () => {
    const unknown = { verdict: {}, credential: { proof: 'mutual-tls' } } as unknown as Admission;
    expect([reaches(unknown, 'low'), reaches(unknown, 'substantial')]).toEqual([true, false]);
  });

  it('of an authority is what any of its certificates may reach', () => {
    expect(mayReach(settings, 'high')).toBe(true);
    expect(mayReach(assuranceSettingsSchema.parse({}), 'substantial')).toBe(false);
  });

  it('that is too low is explained by what would do', () => {
    const service = { assurance: 'high' } as unknown as Service;
    const explain = (who: Admission) =>
      explainRefusal('ONECERT_ASSURANCE_TOO_LOW', service, who, 0).notice?.en ?? '';
    expect(explain(admission(['1.2.156.2'], 'terminator'))).toMatch(
      /“high”.*“substantial”.*the certificate in your browser, or by signing on the sign-in page\.$/,
    );
    expect(explain(admission(['1.2.156.1'], 'mutual-tls'))).toMatch(/Use another certificate\.$/);
  });
});
