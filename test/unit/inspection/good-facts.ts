import type { Facts, ListenerFacts } from '../../../src/inspection/facts.ts';
import { departmentSchema, type Department } from '../../../src/services/enrolment.ts';

export const AT = Date.parse('2026-11-24T04:00:00Z');
export const DAY = 86_400_000;
const FIRST = 'a'.repeat(64);

export const goodCertificate = {
  notBefore: AT - DAY,
  notAfter: AT + 300 * DAY,
  fitsName: true,
  publicName: 'gateway.city.example',
  chainProblem: undefined,
  key: { type: 'ec', bits: 256 },
};

export const goodListener: ListenerFacts = {
  name: 'listen',
  certificate: { seen: goodCertificate },
  oldVersions: { seen: [] },
  suites: { seen: { broken: [], withoutForwardSecrecy: [] } },
};

/** A department with one service, by the real schema. */
export const department = (service: object = {}): Department =>
  departmentSchema.parse({
    department: 'tax',
    name: { zh: '税务局', en: 'Tax Bureau' },
    services: [
      {
        service: 'joint-tax',
        name: { zh: '联合办税', en: 'Joint Tax' },
        path: '/joint-tax',
        operations: [
          { methods: ['GET', 'HEAD'], path: '/**' },
          { methods: ['POST'], path: '/applications' },
        ],
        subjects: ['enterprise'],
        claims: [{ claim: 'identifiers', purpose: { zh: '登记', en: 'registration' } }],
        audit: 'synced',
        limits: { total: { calls: 100, per: '1s' } },
        backends: ['https://tax.city.example'],
        ...service,
      },
    ],
  });

/** A deployment with which every check is content. */
export const goodFacts: Facts = {
  at: AT,
  listeners: [goodListener],
  keys: {
    seen: [
      {
        name: 'assertion.key',
        version: 0,
        createdAt: AT - 30 * DAY,
        inUse: true,
        rotation: 'overlap',
        problem: undefined,
      },
      {
        name: 'pairwise.key',
        version: 0,
        createdAt: AT - 3000 * DAY,
        inUse: true,
        rotation: 'never',
        problem: undefined,
      },
    ],
  },
  paths: {
    seen: [
      { path: 'data', demand: 'secret', mode: 0o40700 },
      { path: 'data/keys/assertion.key', demand: 'secret', mode: 0o100600 },
      { path: '/etc/onecert', demand: 'decides', mode: 0o40755 },
    ],
  },
  authorities: [
    {
      authority: 'yuean',
      status: 'active',
      until: undefined,
      certificates: [{ kind: 'anchor', notAfter: AT + 1000 * DAY }],
      usesCrl: true,
      usesOcsp: true,
      softFail: false,
      grace: 0,
      exceptions: [],
    },
  ],
  crls: {
    seen: [
      {
        authority: 'yuean',
        address: 'http://crl.example/1',
        thisUpdate: AT - DAY,
        nextUpdate: AT + DAY,
        problem: undefined,
      },
    ],
  },
  metrics: {
    seen: {
      responders: [{ responder: 'http://ocsp.example', up: true }],
      auditHealthy: true,
      crls: [{ authority: 'yuean', seconds: 86_400 }],
    },
  },
  trustSignature: { expires: AT + 200 * DAY },
  departments: [department()],
  usage: { seen: { since: AT - 90 * DAY, calls: new Map([['joint-tax', 12]]) } },
  roles: [
    { role: 'operator', certificate: FIRST },
    { role: 'operator', unifiedId: 'b'.repeat(22) },
    { role: 'auditor', unifiedId: 'c'.repeat(22) },
    { role: 'officer', department: 'tax', unifiedId: 'd'.repeat(22) },
  ],
  certificateEnds: { seen: new Map([[FIRST, AT + 100 * DAY]]) },
  audit: {
    witnesses: 1,
    exports: 1,
    checkpoint: { seen: { lastEntry: AT, lastCheckpoint: AT } },
    lastSegment: { seen: { entries: 3, problem: undefined } },
  },
  stores: [{ kind: 'redis', host: 'redis.city.example', local: false, tls: true, password: true }],
  admin: { host: '127.0.0.1' },
  backup: { seen: { madeAt: AT - DAY / 2 } },
  advisories: { seen: [] },
  clocks: [{ peer: 'crl.example', local: false, skew: 400 }],
  host: { node: '24.21.0', gatewayUser: { seen: 998 }, coreLimit: { seen: 0 } },
};
