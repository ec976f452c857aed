import { treatmentOf } from '../../../src/proxy/header-hygiene.ts';
import { fieldTreatment } from '../../../src/proxy/listeners/field-treatment.ts';

describe('fields of one listener', () => {
  it('without terminators there is the treatment of all', () => {
    expect(fieldTreatment([])).toBe(treatmentOf);
  });
  it('what terminators set is read and taken off where they call; in other spellings it is forged', () => {
    const treatment = fieldTreatment(['x-city-leaf'], ['x-city-leaf', 'x-forwarded-for']);
    expect(treatment('X-City-Leaf')).toEqual({ kind: 'hop' });
    expect(treatment('X-Forwarded-For')).toEqual({ kind: 'hop' });
    for (const name of ['X_City_Leaf', 'x.city-leaf'])
      expect(treatment(name)).toEqual({ kind: 'forged', label: 'x-city-leaf' });
    expect(treatment('X-Forwarded-User')).toEqual({ kind: 'forged', label: 'x-forwarded-*' });
    expect(treatment('Accept')).toEqual({ kind: 'keep' });
  });
  it('it is forged everywhere else', () => {
    const treatment = fieldTreatment(['x-city-leaf']);
    for (const name of ['X-City-Leaf', 'X_City_Leaf'])
      expect(treatment(name)).toEqual({ kind: 'forged', label: 'x-city-leaf' });
    expect(treatment('Content_Length').kind).toBe('disguised');
  });
  it('remembers what is asked often, and no more than a bounded number', () => {
    const treatment = fieldTreatment(['x-city-leaf']);
    for (let count = 0; count < 5_000; count += 1) expect(treatment(`X-Random-${count}`).kind).toBe('keep');
    expect(treatment('X-CITY-leaf').kind).toBe('forged');
  });
});
