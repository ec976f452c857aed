import { parse } from 'yaml';
import { policySettingsSchema } from '../../../src/path/policy-settings.ts';
import { authoritySettingsSchema } from '../../../src/trust/authority-settings.ts';
import { authorityYaml } from '../trust/written-list.ts';

describe('The policies of an authority', () => {
  const problems = (policies: unknown): string[] => {
    const result = authoritySettingsSchema.safeParse({ ...(parse(authorityYaml('aa')) as object), policies });
    return (result.error?.issues ?? [])
      .filter(({ path }) => path[0] === 'policies')
      .map(({ path, message }) => `${path.join('.')}: ${message}`);
  };

  it('are any, unless written otherwise', () => {
    expect(policySettingsSchema.parse({})).toEqual({
      initialPolicySet: ['2.5.29.32.0'],
      explicitPolicy: false,
      policyMappingInhibit: false,
      anyPolicyInhibit: false,
    });
  });
  it('are object identifiers, at least one', () => {
    expect(problems({ initialPolicySet: ['1.2.156.112548.1'], explicitPolicy: true })).toEqual([]);
    expect(problems({ initialPolicySet: ['medium'], explicitPolicy: true })).toHaveLength(1);
    expect(problems({ initialPolicySet: ['1.02.3'], explicitPolicy: true })).toHaveLength(1);
    expect(problems({ initialPolicySet: [], explicitPolicy: true })).toHaveLength(1);
  });
  it('demand nothing by themselves, so that an operator who writes only them is told', () => {
    expect(problems({ initialPolicySet: ['1.2.156.112548.1'] })).toEqual([
      'policies.initialPolicySet: refuses nothing by itself: set explicitPolicy as well',
    ]);
  });
  it('have no misspelt settings', () => {
    expect(problems({ explicitpolicy: true })).toHaveLength(1);
  });
});
