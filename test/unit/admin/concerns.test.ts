import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { AdminParts, BackEndReading } from '../../../src/admin/admin-parts.ts';
import { findConcerns } from '../../../src/admin/overview/concerns.ts';
import { departmentSchema } from '../../../src/services/enrolment.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import type { TrustList } from '../../../src/trust/trust-list.ts';
import { makeAuthority } from '../../conformance/chains/make-certificate.ts';
import { authorityYaml, pem, temporaryFolder, writeFiles } from '../trust/written-list.ts';

const DAY = 86_400_000;
const AT = Date.UTC(2026, 10, 24);
const OPERATOR = { roles: [{ role: 'operator' as const }] };
const officerOf = (department: string) => ({ roles: [{ role: 'officer' as const, department }] });

type Parts = Parameters<typeof findConcerns>[0];
type Status = ReturnType<AdminParts['revocation']['status']>;
type CrlStatus = Status['authorities'][number]['crls'][number];

const crl = (freshness: CrlStatus['freshness']): CrlStatus => ({
  issuer: 'CN=Root',
  number: '1',
  delta: false,
  thisUpdate: AT,
  nextUpdate: AT + DAY,
  dueBy: AT + DAY,
  entries: 1,
  bytes: 1,
  freshness,
});
const publication = (failures: number) => ({
  address: 'http://crl.example/root.crl',
  lastAttempt: AT,
  lastSuccess: AT,
  lastError: failures > 0 ? 'ECONNREFUSED' : undefined,
  failures,
});
const statusOf = (crls: readonly CrlStatus[] = [crl('fresh')], failures = 0): Status => ({
  epoch: 1,
  authorities: [{ authority: 'yuean', crls, publications: [publication(failures)] }],
  responders: [],
});

const folder = temporaryFolder();
const trustOf = (lines: readonly string[] = [], days = 365): TrustList => {
  const list = mkdtempSync(join(folder, 'list-'));
  writeFiles(list, {
    'yuean/authority.yaml': authorityYaml('yuean', ...lines),
    'yuean/root.pem': pem(
      makeAuthority({ subject: 'Root', notBefore: AT - 1_000 * DAY, notAfter: AT + days * DAY }),
    ),
  });
  return loadTrustList(list, 1);
};
const orderOf = (order: string) => [`revocation: { order: [${order}], hosts: ['ocsp.example'] }`];

const department = departmentSchema.parse({
  department: 'police',
  name: { zh: '公安局', en: 'Police' },
  services: [
    {
      service: 'residence-permit',
      name: { zh: '居住证', en: 'Residence permit' },
      path: '/residence-permit',
      subjects: ['citizen'],
      claims: ['unified-id'],
      backends: ['http://10.1.2.3:8080'],
    },
  ],
});

const parts = (changed: Partial<Parts> = {}): Parts => ({
  trust: () => trustOf(orderOf('crl')),
  revocation: { status: () => statusOf(), snapshot: () => ({ epoch: 1, crls: [] }) },
  backends: () => [],
  departments: () => [department],
  differences: async () => [],
  register: { count: async () => ({ citizens: 9, enterprises: 1, conflicts: 0 }) } as Parts['register'],
  auditLog: { state: () => ({ healthy: true, written: 5, indexed: 5 }) } as Parts['auditLog'],
  ...changed,
});
const told = async (changed: Partial<Parts>, actor = OPERATOR as Parameters<typeof findConcerns>[1]) =>
  (await findConcerns(parts(changed), actor, AT)).map(({ severity, path, en }) => [severity, path, en]);
const withStatus = (status: Status): Partial<Parts> => ({
  revocation: { status: () => status, snapshot: () => ({ epoch: 1, crls: [] }) },
});
const unwell: BackEndReading = {
  service: 'residence-permit',
  backend: 'http://10.1.2.3:8080',
  well: false,
  problem: 'ECONNREFUSED',
};

describe('what an operator has to see to', () => {
  it('is nothing where all is well', async () => {
    expect(await told({})).toEqual([]);
  });

  it.each([
    ['no CRL', statusOf([]), 'now', 'there is no CRL.'],
    [
      'a stale CRL',
      statusOf([crl('fresh'), crl('stale')], 4),
      'now',
      'not used any more (http://crl.example/root.crl: ECONNREFUSED).',
    ],
    ['an overdue CRL', statusOf([crl('overdue')]), 'soon', 'within the grace.'],
    ['a CRL that cannot be got', statusOf([crl('fresh')], 3), 'soon', 'a newer CRL cannot be got'],
  ] as const)('is %s', async (_what, status, severity, words) => {
    expect(await told(withStatus(status))).toEqual([
      [severity, '/console/trust/yuean', expect.stringContaining(words)],
    ]);
  });

  it('is no CRL soon alone, where OCSP answers; and nothing of a CRL where none is asked', async () => {
    const none = withStatus(statusOf([]));
    expect(await told({ ...none, trust: () => trustOf(orderOf('ocsp, crl')) })).toEqual([
      ['soon', '/console/trust/yuean', expect.stringContaining('there is no CRL')],
    ]);
    expect(await told({ ...none, trust: () => trustOf(orderOf('ocsp')) })).toEqual([]);
  });

  it('is certificates that run out, and a trust list in which nobody is in force', async () => {
    expect(await told({ trust: () => trustOf(orderOf('crl'), 29) })).toEqual([
      ['soon', '/console/trust/yuean', expect.stringContaining('29 days left')],
    ]);
    expect(await told({ trust: () => trustOf(orderOf('crl'), -2) })).toEqual([
      ['now', '/console/trust/yuean', expect.stringContaining('has expired')],
    ]);
    expect(await told({ trust: () => trustOf(['status: withdrawn']) })).toEqual([
      ['now', '/console/trust', expect.stringContaining('everybody is refused')],
    ]);
  });

  it('is a responder, a register, a log that do not answer, and conflicts; what refuses people comes first', async () => {
    const responder = {
      url: 'http://ocsp.example/',
      state: 'open' as const,
      requests: 9,
      failures: 9,
      latency: undefined,
      lastAnswer: undefined,
      lastError: 'timeout',
    };
    const found = await told({
      ...withStatus({ ...statusOf(), responders: [responder] }),
      register: { count: () => Promise.reject(new Error('away')) } as unknown as Parts['register'],
      auditLog: { state: () => ({ healthy: false, written: 20_000, indexed: 5 }) } as Parts['auditLog'],
      differences: async () => [{ kind: 'department', name: 'tax' }],
    });
    expect(found.map(([severity, path]) => [severity, path])).toEqual([
      ['now', '/console/audit'],
      ['now', '/console/identities'],
      ['soon', '/console/audit'],
      ['soon', '/console/trust'],
      ['soon', '/console/changes/of/department/tax'],
    ]);
    const conflicts = {
      count: async () => ({ citizens: 9, enterprises: 1, conflicts: 2 }),
    } as Parts['register'];
    expect(await told({ register: conflicts })).toEqual([
      ['soon', '/console/identities/conflicts', expect.stringContaining('2')],
    ]);
  });

  it('is back ends that are not well: of an officer, those of the own department alone', async () => {
    const changed: Partial<Parts> = {
      backends: () => [unwell, { ...unwell, well: true }, { ...unwell, service: 'gone' }],
      differences: async () => [{ kind: 'trust-list', name: 'city' }],
      auditLog: { state: () => ({ healthy: false, written: 0, indexed: 0 }) } as Parts['auditLog'],
    };
    const its = ['now', '/console/services/of/police', expect.stringContaining('10.1.2.3:8080 is not well')];
    expect(await told(changed)).toContainEqual(its);
    expect(await told(changed, officerOf('police'))).toEqual([its]);
    expect(await told(changed, officerOf('tax'))).toEqual([]);
  });
});
