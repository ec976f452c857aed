import { decide } from '../../../src/decision/decide.ts';
import type { Admission } from '../../../src/decision/types.ts';
import type { Acting } from '../../../src/identity/acting.ts';
import type { RefusalCode } from '../../../src/refusal/catalogue.ts';
import { createDirectory } from '../../../src/services/directory.ts';
import { departmentSchema } from '../../../src/services/enrolment.ts';

const name = { zh: '部门', en: 'Department' };
const directory = createDirectory([
  departmentSchema.parse({
    department: 'tax',
    name,
    services: [
      {
        service: 'joint-tax',
        name,
        path: '/tax',
        subjects: ['enterprise'],
        authorities: ['yuean'],
        operations: [{ methods: ['GET'], path: '/' }],
        backends: ['http://127.0.0.1:1'],
      },
      {
        service: 'register',
        name,
        path: '/register',
        subjects: ['citizen', 'enterprise'],
        actingRoles: ['legal-representative', 'unknown'],
        backends: ['http://a'],
      },
      { service: 'off', name, path: '/off', enabled: false, subjects: ['citizen'], backends: ['http://a'] },
    ],
  }),
]);

const admission = (changes: {
  kind?: 'citizen' | 'enterprise';
  authority?: string;
  refusal?: RefusalCode;
  acting?: Acting;
}): Admission => ({
  credential: { chain: [], proof: 'mutual-tls', provenAt: 0, from: '192.0.2.1' },
  verdict: {
    id: 'v',
    outcome: changes.refusal === undefined ? 'good' : 'refused',
    code: changes.refusal,
    certificate: undefined,
    thumbprint: 't',
    authority: changes.authority ?? 'yuean',
    steps: [],
    judgedAt: 0,
    validUntil: 1,
    trustEpoch: 1,
    revocationEpoch: 1,
  },
  identity:
    changes.refusal === undefined
      ? {
          unifiedId: 'u',
          kind: changes.kind ?? 'enterprise',
          identifiers: [],
          name: 'n',
          ...(changes.acting && { acting: changes.acting }),
        }
      : undefined,
  refusal: changes.refusal,
});
const get = (path: string) => ({ method: 'GET', path });

describe('decide', () => {
  it('allows what is enrolled', () => {
    expect(decide(directory, admission({}), get('/tax'), 0)).toMatchObject({
      outcome: 'allow',
      service: { service: 'joint-tax' },
      identity: { unifiedId: 'u' },
    });
  });

  it.each<[string, Admission]>([
    ['the legal representative', admission({ acting: { role: 'legal-representative' } })],
    ['one whose role is not known, where that is accepted', admission({})],
    ['a citizen, who acts for nobody', admission({ kind: 'citizen' })],
  ])('lets act where roles are named: %s', (_who, who) => {
    expect(decide(directory, who, get('/register'), 0).outcome).toBe('allow');
  });

  it.each<[string, Admission | undefined, { method: string; path: string }, RefusalCode]>([
    ['no certificate', undefined, get('/tax'), 'ONECERT_CERTIFICATE_REQUIRED'],
    ['no certificate, nothing there', undefined, get('/none'), 'ONECERT_CERTIFICATE_REQUIRED'],
    [
      'a refused certificate, before anything is said of services',
      admission({ refusal: 'ONECERT_CERTIFICATE_REVOKED' }),
      get('/none'),
      'ONECERT_CERTIFICATE_REVOKED',
    ],
    ['nothing enrolled there', admission({}), get('/none'), 'ONECERT_SERVICE_NOT_FOUND'],
    ['a disabled service', admission({ kind: 'citizen' }), get('/off'), 'ONECERT_SERVICE_DISABLED'],
    ['the wrong kind', admission({ kind: 'citizen' }), get('/tax'), 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED'],
    [
      'another authority',
      admission({ authority: 'zhujiang' }),
      get('/tax'),
      'ONECERT_AUTHORITY_NOT_ACCEPTED',
    ],
    [
      'a role that may not act there',
      admission({ acting: { role: 'finance' } }),
      get('/register'),
      'ONECERT_ACTING_ROLE_NOT_ACCEPTED',
    ],
    ['another method', admission({}), { method: 'POST', path: '/tax' }, 'ONECERT_METHOD_NOT_ENROLLED'],
    ['another path', admission({}), get('/tax/admin'), 'ONECERT_METHOD_NOT_ENROLLED'],
  ])('refuses %s', (_what, who, target, code) => {
    expect(decide(directory, who, target, 0)).toMatchObject({ outcome: 'refuse', code });
  });
});
