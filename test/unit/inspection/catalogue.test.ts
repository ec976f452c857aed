import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../../../src/inspection/catalogue/catalogue.ts';
import { ASVS, GBT22239, GBT39786 } from '../../../src/inspection/catalogue/clauses.ts';
import type { Status } from '../../../src/inspection/check.ts';
import type { Facts, ListenerFacts } from '../../../src/inspection/facts.ts';
import { hasFailure, inspect, scoreOf } from '../../../src/inspection/inspect.ts';
import { catalogueTable } from '../../../src/inspection/report/catalogue-table.ts';
import { AT, DAY, department, goodCertificate, goodFacts, goodListener } from './good-facts.ts';

const unseen = { unseen: { zh: '看不到', en: 'not seen' } };
type Seen<T> = Extract<T, { readonly seen: unknown }> extends { readonly seen: infer S } ? S : never;

const certificate = (change: Partial<Seen<ListenerFacts['certificate']>>): Partial<Facts> => ({
  listeners: [{ ...goodListener, certificate: { seen: { ...goodCertificate, ...change } } }],
});
const listener = (change: Partial<ListenerFacts>): Partial<Facts> => ({
  listeners: [{ ...goodListener, ...change }],
});
const authority = (change: object): Partial<Facts> => ({
  authorities: goodFacts.authorities.map((each) => ({ ...each, ...change })),
});
const service = (change: object): Partial<Facts> => ({ departments: [department(change)] });
const seen = <K extends 'keys' | 'crls' | 'paths'>(name: K, change: object): Partial<Facts> => ({
  [name]: {
    seen: (goodFacts[name] as { seen: readonly object[] }).seen.map((each, index) =>
      index === 0 ? { ...each, ...change } : each,
    ),
  },
});
const audit = (change: Partial<Facts['audit']>): Partial<Facts> => ({
  audit: { ...goodFacts.audit, ...change },
});
const store = (change: object): Partial<Facts> => ({
  stores: goodFacts.stores.map((each) => ({ ...each, ...change })),
});
const host = (change: Partial<Facts['host']>): Partial<Facts> => ({ host: { ...goodFacts.host, ...change } });
const metrics = (change: object): Partial<Facts> => ({
  metrics: { seen: { ...(goodFacts.metrics as { seen: Seen<Facts['metrics']> }).seen, ...change } },
});
const wide = [{ methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], path: '/**' }];

/** What is broken, which check says so and how; no other check may say anything else than before. */
const BROKEN: readonly (readonly [check: string, status: Status, change: Partial<Facts>])[] = [
  ['tls-version', 'fail', listener({ oldVersions: { seen: ['TLS 1.0'] } })],
  ['tls-version', 'unknown', listener({ oldVersions: unseen })],
  ['tls-suites', 'fail', listener({ suites: { seen: { broken: ['X'], withoutForwardSecrecy: [] } } })],
  [
    'tls-forward-secrecy',
    'fail',
    listener({ suites: { seen: { broken: [], withoutForwardSecrecy: ['X'] } } }),
  ],
  ['tls-certificate-days', 'fail', certificate({ notAfter: AT - 1 })],
  ['tls-certificate-days', 'fail', certificate({ notBefore: AT + 1 })],
  ['tls-certificate-days', 'warn', certificate({ notAfter: AT + 20 * DAY })],
  ['tls-name', 'fail', certificate({ fitsName: false })],
  ['tls-chain', 'warn', certificate({ chainProblem: 'SELF_SIGNED_CERT_IN_CHAIN' })],
  ['tls-key-size', 'fail', certificate({ key: { type: 'rsa', bits: 1024 } })],
  ['tls-key-size', 'fail', certificate({ key: { type: 'dsa', bits: 4096 } })],
  ['keys-size', 'fail', seen('keys', { problem: '16 bytes' })],
  ['keys-rotation', 'warn', seen('keys', { createdAt: AT - 400 * DAY })],
  ['keys-rotation', 'fail', seen('keys', { createdAt: AT - 800 * DAY })],
  ['keys-secrets-readable', 'fail', seen('paths', { mode: 0o40750 })],
  ['keys-configuration-writable', 'warn', seen('paths', { demand: 'decides', mode: 0o40775 })],
  ['keys-configuration-writable', 'fail', seen('paths', { demand: 'decides', mode: 0o40757 })],
  ['revocation-crl', 'fail', seen('crls', { problem: 'expired' })],
  ['revocation-crl', 'fail', seen('crls', { nextUpdate: AT - 1 })],
  ['revocation-crl', 'warn', seen('crls', { nextUpdate: AT + DAY / 20 })],
  ['revocation-crl', 'fail', metrics({ crls: [{ authority: 'yuean', seconds: -5 }] })],
  ['revocation-crl', 'unknown', { crls: { seen: [] } }],
  ['revocation-ocsp', 'fail', metrics({ responders: [{ responder: 'http://ocsp.example', up: false }] })],
  ['revocation-ocsp', 'unknown', metrics({ responders: [] })],
  ['trust-signed', 'fail', { trustSignature: null }],
  ['trust-expiry', 'fail', { trustSignature: { expires: AT + 3 * DAY } }],
  ['trust-expiry', 'warn', { trustSignature: { expires: AT + 20 * DAY } }],
  ['trust-authorities-expiring', 'fail', authority({ until: AT - DAY })],
  [
    'trust-authorities-expiring',
    'warn',
    authority({ certificates: [{ kind: 'anchor', notAfter: AT + 60 * DAY }] }),
  ],
  ['trust-soft-fail', 'fail', authority({ softFail: true })],
  ['trust-soft-fail', 'warn', authority({ grace: 60_000 })],
  ['trust-weak-algorithms', 'fail', authority({ exceptions: [{ allow: 'rsa-1024', until: '2027-01-01' }] })],
  [
    'trust-drafts',
    'fail',
    {
      authorities: [
        ...goodFacts.authorities,
        { ...goodFacts.authorities[0]!, authority: 'new', status: 'draft' },
      ],
    },
  ],
  ['enrolment-operations', 'fail', service({ operations: wide })],
  ['enrolment-operations', 'warn', service({ operations: [{ methods: ['POST'], path: '/**' }] })],
  ['enrolment-purpose', 'fail', service({ claims: ['identifiers'] })],
  ['enrolment-purpose', 'warn', service({ claims: ['name'] })],
  ['enrolment-clear-text', 'fail', service({ backends: ['http://tax.city.example'] })],
  ['enrolment-unused', 'warn', { usage: { seen: { since: AT - 90 * DAY, calls: new Map() } } }],
  ['enrolment-unused', 'unknown', { usage: unseen }],
  ['enrolment-health', 'fail', service({ backends: ['https://a.city.example', 'https://b.city.example'] })],
  ['enrolment-limits', 'warn', service({ limits: undefined })],
  ['enrolment-synced-audit', 'warn', service({ audit: 'written' })],
  ['people-operators', 'fail', { roles: goodFacts.roles.slice(1) }],
  [
    'people-certificates',
    'warn',
    { roles: [...goodFacts.roles, { role: 'officer', department: 'tax', certificate: '0'.repeat(64) }] },
  ],
  [
    'people-operators',
    'warn',
    {
      roles: [
        ...goodFacts.roles,
        ...Array.from({ length: 9 }, (_, index) => ({
          role: 'operator' as const,
          unifiedId: `${index}`.repeat(22),
        })),
      ],
    },
  ],
  ['people-auditor', 'fail', { roles: goodFacts.roles.filter(({ role }) => role !== 'auditor') }],
  [
    'people-departments',
    'fail',
    { roles: [...goodFacts.roles, { role: 'officer', department: 'gone', unifiedId: 'e'.repeat(22) }] },
  ],
  ['people-certificates', 'fail', { certificateEnds: { seen: new Map([['a'.repeat(64), AT - DAY]]) } }],
  ['people-certificates', 'unknown', { certificateEnds: { seen: new Map() } }],
  ['audit-healthy', 'fail', metrics({ auditHealthy: false })],
  [
    'audit-last-segment',
    'fail',
    audit({ lastSegment: { seen: { entries: 1, problem: 'the entry was changed' } } }),
  ],
  ['audit-checkpoint', 'fail', audit({ checkpoint: { seen: { lastEntry: AT, lastCheckpoint: undefined } } })],
  [
    'audit-checkpoint',
    'fail',
    audit({ checkpoint: { seen: { lastEntry: AT, lastCheckpoint: AT - 2 * 3_600_000 } } }),
  ],
  [
    'audit-checkpoint',
    'warn',
    audit({ checkpoint: { seen: { lastEntry: AT, lastCheckpoint: AT - 120_000 } } }),
  ],
  ['audit-witness', 'fail', audit({ witnesses: 0 })],
  ['audit-export', 'fail', audit({ exports: 0 })],
  ['stores-tls', 'fail', store({ tls: false })],
  ['stores-password', 'fail', store({ password: false })],
  ['stores-password', 'warn', store({ password: false, local: true })],
  ['stores-admin-listener', 'fail', { admin: { host: '0.0.0.0' } }],
  ['stores-admin-listener', 'fail', { admin: { host: '203.0.113.7' } }],
  ['stores-admin-listener', 'warn', { admin: { host: '10.1.2.3' } }],
  ['backup-age', 'fail', { backup: { seen: { madeAt: undefined } } }],
  ['backup-age', 'fail', { backup: { seen: { madeAt: AT - 9 * DAY } } }],
  ['backup-age', 'warn', { backup: { seen: { madeAt: AT - 3 * DAY } } }],
  ['dependencies-advisories', 'fail', { advisories: { seen: [{ name: 'left-pad', level: 'high' }] } }],
  ['dependencies-advisories', 'warn', { advisories: { seen: [{ name: 'left-pad', level: 'low' }] } }],
  ['clock-skew', 'fail', { clocks: [{ peer: 'crl.example', local: false, skew: -90_000 }] }],
  ['clock-skew', 'warn', { clocks: [{ peer: 'crl.example', local: false, skew: 9_000 }] }],
  ['clock-skew', 'unknown', { clocks: [{ peer: '127.0.0.1', local: true, skew: 0 }] }],
  ['host-node', 'fail', host({ node: '20.11.0' })],
  ['host-node', 'unknown', host({ node: '99.0.0' })],
  ['host-root', 'fail', host({ gatewayUser: { seen: 0 } })],
  ['host-core-dumps', 'fail', host({ coreLimit: { seen: Infinity } })],
];

/** Facts that several checks look at: when they cannot be seen, all of these are unknown, and nothing else. */
const UNSEEN: readonly (readonly [fact: string, change: Partial<Facts>, checks: readonly string[]])[] = [
  [
    'listener',
    listener({ certificate: unseen, oldVersions: unseen, suites: unseen }),
    CATALOGUE.filter(({ group }) => group === 'tls').map(({ id }) => id),
  ],
  ['keys', { keys: unseen }, ['keys-size', 'keys-rotation']],
  ['paths', { paths: unseen }, ['keys-secrets-readable', 'keys-configuration-writable']],
  ['crls', { crls: unseen }, ['revocation-crl']],
  ['metrics', { metrics: unseen }, ['revocation-ocsp', 'audit-healthy']],
  ['certificates', { certificateEnds: unseen }, ['people-certificates']],
  ['audit', audit({ checkpoint: unseen, lastSegment: unseen }), ['audit-last-segment', 'audit-checkpoint']],
  ['backup', { backup: unseen }, ['backup-age']],
  ['advisories', { advisories: unseen }, ['dependencies-advisories']],
  ['clocks', { clocks: [] }, ['clock-skew']],
  ['process', host({ gatewayUser: unseen, coreLimit: unseen }), ['host-root', 'host-core-dumps']],
];

const statuses = (facts: Facts): Record<string, Status> =>
  Object.fromEntries(
    inspect('https://gateway.city.example', facts).results.map(({ id, status }) => [id, status]),
  );
const allPass = Object.fromEntries(CATALOGUE.map(({ id }) => [id, 'pass']));

describe('the catalogue of the security inspection', () => {
  test('a good deployment passes every check, with 100 points', () => {
    const report = inspect('https://gateway.city.example', goodFacts);
    expect(report.results.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(report.score).toBe(100);
    expect(hasFailure(report, 'low')).toBe(false);
  });

  test('zeros in place of a thumbprint are no operator and no auditor', () => {
    const certificate = '0'.repeat(64);
    const roles = [
      ...goodFacts.roles.slice(1).filter(({ role }) => role !== 'auditor'),
      { role: 'operator' as const, certificate },
      { role: 'auditor' as const, certificate },
    ];
    expect(statuses({ ...goodFacts, roles })).toEqual({
      ...allPass,
      'people-operators': 'fail',
      'people-auditor': 'fail',
      'people-certificates': 'warn',
    });
  });

  test.each(BROKEN)('%s says %s, and every other check what it said before', (id, status, change) => {
    expect(statuses({ ...goodFacts, ...change })).toEqual({ ...allPass, [id]: status });
  });

  test.each(UNSEEN)('%s that cannot be looked at is unknown, never a pass', (_fact, change, ids) => {
    expect(statuses({ ...goodFacts, ...change })).toEqual({
      ...allPass,
      ...Object.fromEntries(ids.map((id) => [id, 'unknown'])),
    });
  });

  test('every check has been seen to object', () => {
    const objecting = new Set(BROKEN.filter(([, status]) => status !== 'unknown').map(([id]) => id));
    expect([...objecting].sort()).toEqual(CATALOGUE.map(({ id }) => id).sort());
  });

  test('every check names clauses that are known, or says why there are none; ids are unique', () => {
    const known = { gbt22239: GBT22239, gbt39786: GBT39786, asvs: ASVS };
    for (const { id, group, clauses } of CATALOGUE) {
      for (const standard of ['gbt22239', 'gbt39786', 'asvs'] as const) {
        const named = clauses[standard];
        if ('none' in named)
          expect([id, named.none.zh.length > 5, named.none.en.length > 5]).toEqual([id, true, true]);
        else expect([id, named.filter((each) => known[standard][each] === undefined)]).toEqual([id, []]);
      }
      expect(id).toMatch(/^[a-z]+(?:-[a-z]+)+$/);
      expect(group).toMatch(/^[a-z]+$/);
    }
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
    const used = CATALOGUE.flatMap(({ clauses }) => ('none' in clauses.asvs ? [] : clauses.asvs));
    expect(Object.keys(ASVS).filter((each) => !used.includes(each))).toEqual([]);
  });

  test('the score: unknown earns nothing, a warning half', () => {
    const of = (status: Status) => ({ severity: 'high' as const, status });
    expect(scoreOf([of('pass'), of('warn'), of('unknown'), of('fail')])).toBe(37);
    expect(
      scoreOf([
        { severity: 'critical', status: 'fail' },
        { severity: 'low', status: 'pass' },
      ]),
    ).toBe(9);
    expect(scoreOf([])).toBe(0);
  });

  test('docs/inspection.md has this catalogue', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/inspection.md'), 'utf8');
    expect(page).toContain(catalogueTable());
  });
});
