import { departmentSchema } from '../../../src/services/enrolment.ts';
import { openingAt, type Schedule } from '../../../src/services/opening.ts';

const at = (text: string): number => Date.parse(`${text}+08:00`);
const name = { zh: '服务', en: 'Service' };
const enrol = (more: Record<string, unknown>): Schedule => {
  const service = {
    service: 'tax',
    name,
    path: '/tax',
    subjects: ['citizen'],
    backends: ['http://a'],
    ...more,
  };
  const [enrolment] = departmentSchema.parse({ department: 'tax', name, services: [service] }).services;
  return enrolment as Schedule;
};
const problemsOf = (more: Record<string, unknown>): string[] => {
  try {
    enrol(more);
    return [];
  } catch (error) {
    return (error as { issues: { message: string }[] }).issues.map(({ message }) => message);
  }
};

describe('when a service is there', () => {
  it('is always, where nothing is said', () => {
    expect(openingAt(enrol({}), 0)).toEqual({ state: 'open' });
  });

  it('is between its first moment and its last day, in the time of the city', () => {
    const schedule = enrol({ open: { from: '2027-03-01T08:00:00+08:00', until: '2027-03-31' } });
    const opens = at('2027-03-01T08:00:00');
    expect(openingAt(schedule, opens - 1)).toEqual({ state: 'closed', until: opens });
    expect(openingAt(schedule, opens)).toEqual({ state: 'open' });
    expect(openingAt(schedule, at('2027-03-31T23:59:59'))).toEqual({ state: 'open' });
    expect(openingAt(schedule, at('2027-04-01T00:00:00'))).toEqual({ state: 'closed', until: undefined });
  });

  const hours = [
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '14:00', until: '17:30' },
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', until: '12:00' },
    { days: ['sat'], from: '00:00', until: '24:00' },
  ];

  // 2027-03-01 is a Monday (date -d 2027-03-01 +%a).
  it.each([
    ['2027-03-01T08:59:59', 'closed', '2027-03-01T09:00:00'],
    ['2027-03-01T09:00:00', 'open', undefined],
    ['2027-03-01T11:59:59', 'open', undefined],
    ['2027-03-01T12:00:00', 'closed', '2027-03-01T14:00:00'],
    ['2027-03-01T17:30:00', 'closed', '2027-03-02T09:00:00'],
    ['2027-03-06T00:00:00', 'open', undefined],
    ['2027-03-06T23:59:59', 'open', undefined],
    ['2027-03-07T00:00:00', 'closed', '2027-03-08T09:00:00'],
    ['2027-03-07T23:30:00', 'closed', '2027-03-08T09:00:00'],
  ])('keeps its hours: at %s it is %s', (moment, state, opens) => {
    const opening = openingAt(enrol({ hours }), at(moment));
    expect(opening).toEqual(state === 'open' ? { state } : { state, until: at(opens ?? '') });
  });

  it('of one morning a week is closed for the rest of that day, until the same day next week', () => {
    const schedule = enrol({ hours: [{ days: ['mon'], from: '09:00', until: '12:00' }] });
    const opening = openingAt(schedule, at('2027-03-01T13:00:00'));
    expect(opening).toEqual({ state: 'closed', until: at('2027-03-08T09:00:00') });
  });

  it('says of maintenance when it can be used again: when it is over, and open', () => {
    const message = { zh: '系统升级', en: 'An upgrade' };
    const maintenance = { from: '2027-03-01T11:00:00+08:00', until: '2027-03-01T12:30:00+08:00', message };
    const now = at('2027-03-01T11:30:00');
    expect(openingAt(enrol({ maintenance }), now)).toEqual({
      state: 'maintenance',
      until: at('2027-03-01T12:30:00'),
      message,
    });
    expect(openingAt(enrol({ maintenance, hours }), now)).toMatchObject({ until: at('2027-03-01T14:00:00') });
    expect(openingAt(enrol({ maintenance }), at('2027-03-01T10:59:59'))).toEqual({ state: 'open' });
    expect(openingAt(enrol({ maintenance }), at('2027-03-01T12:30:00'))).toEqual({ state: 'open' });
    expect(openingAt(enrol({ maintenance: {} }), now)).toMatchObject({
      state: 'maintenance',
      until: undefined,
    });
  });

  it('does not promise an opening that falls into maintenance, or after its last day', () => {
    const maintenance = { from: '2027-03-02', until: '2027-03-03' };
    const evening = at('2027-03-01T18:00:00');
    expect(openingAt(enrol({ maintenance, hours }), evening)).toMatchObject({
      until: at('2027-03-04T09:00:00'),
    });
    const open = { until: '2027-03-02' };
    expect(openingAt(enrol({ maintenance, hours, open }), evening)).toEqual({
      state: 'closed',
      until: undefined,
    });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ maintenance: { from: '2027-03-02', until: '2027-03-01' } }, 'expected "until" after "from"'],
    [{ open: {} }, 'expected from or until'],
    [
      { hours: [{ days: ['mon'], from: '18:00', until: '06:00' }] },
      'expected "until" after "from"; what goes past midnight is two entries',
    ],
    [
      { hours: [{ days: ['mon'], from: '25:00', until: '26:00' }] },
      'expected a time such as 08:30; the end of a day is 24:00',
    ],
    [{ backends: [{ url: 'http://a', tls: { serverName: 'a' } }] }, 'only for https:// back ends'],
    [
      { backends: [{ url: 'https://a', tls: { pin: ['short'] } }] },
      'expected SHA-256 in base64, 44 characters',
    ],
    [{ backends: ['ftp://a'] }, 'expected an http:// or https:// URL, or { url, weight, tls }'],
    [{ backends: [{ url: 'http://169.254.169.254' }] }, 'a link-local address is no back end'],
    [{ health: { path: '/h', interval: '1s', timeout: '2s' } }, 'expected no longer than the interval'],
    [{ limits: {} }, 'expected one of perIdentity, perCertificate, total'],
    [{ claims: ['name', { claim: 'name', purpose: name }] }, 'expected each claim once'],
  ])('%j is refused: %s', (more, message) => {
    expect(problemsOf(more)).toContain(message);
  });
});
