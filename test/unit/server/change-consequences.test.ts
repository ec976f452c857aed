import { rolesSchema } from '../../../src/changes/schemas.ts';
import { consequencesOf } from '../../../src/server/change-consequences.ts';
import { departmentConsequences } from '../../../src/server/department-consequences.ts';
import type { Configuration } from '../../../src/server/load-configuration.ts';
import { operatorsIn, tooFewOperators } from '../../../src/server/read-documents.ts';
import { enrolmentSchema, type Enrolment } from '../../../src/services/enrolment.ts';

const ID = 'a'.repeat(22);
const NO_COUNTS = { identitiesOf: async () => ({ any: 0, only: 0 }), sessionsOf: async () => 0 };

const enrolment = (more: object = {}): Enrolment =>
  enrolmentSchema.parse({
    service: 'joint-tax',
    name: { zh: '联合办税', en: 'Joint tax' },
    path: '/joint-tax',
    subjects: ['citizen'],
    claims: ['unified-id'],
    backends: ['http://10.1.2.3:8080'],
    ...more,
  });

describe('the dry run of an enrolment', () => {
  const said = (before: readonly Enrolment[], after: readonly Enrolment[]): readonly string[] =>
    departmentConsequences(before, after).map(({ en }) => en.replace(/^Joint tax: /, ''));

  it.each([
    ['enabled', { enabled: false }, 'is closed.'],
    ['subjects', { subjects: ['enterprise'] }, 'is closed to citizen.'],
    ['actingRoles', { actingRoles: ['finance'] }, 'lets enterprises act in other roles than before.'],
    ['assurance', { assurance: 'high' }, 'demands another level of assurance.'],
    ['limits', { limits: { total: { calls: 10, per: '1s' } } }, 'takes another number of calls than before.'],
    ['path', { path: '/tax' }, 'moves from /joint-tax to /tax.'],
    ['claims', { claims: ['unified-id', 'name'] }, 'the department is told more: name.'],
    [
      'purpose',
      { claims: [{ claim: 'unified-id', purpose: { zh: '办税', en: 'taxes' } }] },
      'what the department is told is for another purpose.',
    ],
    ['clientCert', { clientCert: true }, 'the department gets the whole certificate, with name and numbers.'],
    ['exchange', { exchange: { from: ['school'] } }, 'school may call it for people.'],
    ['backends', { backends: ['http://10.1.2.4:8080'] }, 'goes to other back ends than before.'],
    [
      'stripPath and bodyLimit',
      { stripPath: true, bodyLimit: '1MiB' },
      'other settings change: stripPath, bodyLimit.',
    ],
  ])('says what a change of %s does', (_what, more, expected) => {
    expect(said([enrolment()], [enrolment(more)])).toContain(expected);
  });

  it('says all of what may call for people no more, and is told less', () => {
    const before = enrolment({
      exchange: { from: ['school'] },
      claims: ['unified-id', 'name'],
      clientCert: true,
    });
    expect(said([before], [enrolment()])).toEqual([
      'the department is not told any more: name.',
      'the department does not get the certificate any more.',
      'school may not call it for people any more.',
    ]);
  });

  it('says nothing of what nobody notices, and what goes first', () => {
    expect(said([enrolment()], [enrolment({ description: { zh: '新', en: 'new' } })])).toEqual([]);
    const other = { ...enrolment(), service: 'other', name: { zh: '其他', en: 'Other' }, path: '/other' };
    expect(said([enrolment()], [other])).toEqual([
      'is not offered any more (/joint-tax).',
      'Other: opens (/other).',
    ]);
  });
});

describe('the dry run of', () => {
  const configuration = (more: Partial<Configuration>): Configuration =>
    ({ locked: [], roles: [], ...more }) as unknown as Configuration;
  const key = { kind: 'identity', name: ID } as const;

  it('locking and unlocking says who cannot, and who can', async () => {
    const [free, locked] = [configuration({}), configuration({ locked: [ID] })];
    const [lock] = await consequencesOf(key, free, locked, NO_COUNTS);
    const [unlock] = await consequencesOf(key, locked, free, NO_COUNTS);
    expect(lock?.en).toContain('refused at once');
    expect(unlock?.en).toContain('accepted again');
    expect(await consequencesOf(key, locked, locked, NO_COUNTS)).toEqual([]);
  });

  it('roles says who loses one, then who gets one', async () => {
    const { roles: before } = rolesSchema.parse({
      roles: [
        { role: 'operator', unifiedId: ID, note: '周敏' },
        { role: 'auditor', unifiedId: 'b'.repeat(22) },
      ],
    });
    const { roles: after } = rolesSchema.parse({
      roles: [
        { role: 'auditor', unifiedId: 'b'.repeat(22), note: 'only the note is new' },
        { role: 'officer', department: 'tax', unifiedId: 'c'.repeat(22) },
      ],
    });
    const told = await consequencesOf(
      { kind: 'roles', name: 'roles' },
      configuration({ roles: before }),
      configuration({ roles: after }),
      NO_COUNTS,
    );
    expect(told.map(({ en }) => en)).toEqual([
      `周敏 (${ID}) is not any more operator.`,
      `${'c'.repeat(22)} becomes officer (tax).`,
    ]);
  });
});

describe('operators', () => {
  const { roles } = rolesSchema.parse({
    roles: [
      { role: 'operator', unifiedId: ID },
      { role: 'operator', unifiedId: 'b'.repeat(22) },
      { role: 'operator', certificate: '0'.repeat(64) },
    ],
  });

  it('are not what stands in for a certificate that was not given', () => {
    expect(operatorsIn(roles)).toBe(2);
    expect(tooFewOperators(roles, roles.slice(1))).toHaveLength(1);
    expect(tooFewOperators(roles, roles.slice(0, 2))).toEqual([]);
  });
});
