import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createAssertionIssuer, type AssertionIssuer } from '../../../src/assertion/index.ts';
import type { AuditEntry, AuditSink, Durability } from '../../../src/audit/entry.ts';
import { attribute } from '../../../src/certificate/name.ts';
import type { CallLimiter } from '../../../src/decision/call-limiter.ts';
import { createGate } from '../../../src/decision/gate.ts';
import type { Admission } from '../../../src/decision/types.ts';
import type { DataPlane, DataPlaneParts, LocalAnswer } from '../../../src/proxy/data-plane.ts';
import type { Limits } from '../../../src/proxy/limits.ts';
import type { ProxyMetrics } from '../../../src/proxy/metrics.ts';
import { startDataPlane } from '../../../src/proxy/start-data-plane.ts';
import type { UpstreamTls } from '../../../src/proxy/upstream-tls.ts';
import type { RefusalContext } from '../../../src/refusal/context.ts';
import { createDirectory, type Directory } from '../../../src/services/directory.ts';
import { departmentSchema } from '../../../src/services/enrolment.ts';
import type { Tracing } from '../../../src/tracing/tracing.ts';
import type { TrustList } from '../../../src/trust/trust-list.ts';
import { createJudge } from '../../../src/verdict/judge.ts';
import { cacheVerdicts } from '../../../src/verdict/verdict-cache.ts';
import type { TestAuthority } from './authority.ts';

/** An audit log in memory, whose acknowledgements a test can hold back or refuse. */
export interface TestAudit extends AuditSink {
  healthy: boolean;
  /** Entries as they came. */
  readonly entries: (AuditEntry & { durability: Durability })[];
  /** While true, entries are kept but not acknowledged. */
  holding: boolean;
  /** Set: what every entry is answered with. */
  failure: Error | undefined;
  release(): void;
  of(event: AuditEntry['event']): readonly (AuditEntry & { durability: Durability })[];
}

const createTestAudit = (): TestAudit => {
  const held: (() => void)[] = [];
  return {
    healthy: true,
    entries: [],
    holding: false,
    failure: undefined,
    record(entry, durability, done) {
      this.entries.push({ ...entry, durability });
      const acknowledge = (): void => done(this.failure);
      if (this.holding) held.push(acknowledge);
      else setImmediate(acknowledge);
    },
    release() {
      this.holding = false;
      for (const acknowledge of held.splice(0)) acknowledge();
    },
    of(event) {
      return this.entries.filter((entry) => entry.event === event);
    },
  };
};

/** Counts by name and label. */
export interface TestMetrics extends ProxyMetrics {
  readonly counts: ReadonlyMap<string, number>;
}

const createTestMetrics = (): TestMetrics => {
  const counts = new Map<string, number>();
  const count = (...labels: (string | number)[]): void => {
    const key = labels.join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return {
    counts,
    connectionOpened: () => count('connection-opened'),
    connectionClosed: () => count('connection-closed'),
    handshake: (outcome) => count('handshake', outcome),
    connectionDropped: () => count('connection-dropped'),
    callStarted: () => count('call-started'),
    callFinished: (service, status) => count('call-finished', service, status),
    refused: (code) => count('refused', code),
    headerRemoved: (name) => count('header-removed', name),
    malformed: (reason) => count('malformed', reason),
    upstreamFailed: (service, failure) => count('upstream-failed', service, failure),
    upstreamRetried: (service) => count('upstream-retried', service),
    backendCalled: (backend, outcome) => count('backend-called', backend, outcome),
    backendRested: (service, backend) => count('backend-rested', service, backend),
    assertionSigned: () => count('assertion-signed'),
    admitted: () => count('admitted'),
    tunnelOpened: (service) => count('tunnel-opened', service),
    tunnelClosed: (service) => count('tunnel-closed', service),
  };
};

export interface TestGateway {
  readonly port: number;
  readonly plane: DataPlane;
  readonly audit: TestAudit;
  readonly metrics: TestMetrics;
  readonly assertions: AssertionIssuer;
  /** Serial numbers (hex) the revocation data names; `publish` makes a change known. */
  readonly revoked: Set<string>;
  publish(): void;
  enrol(services: readonly Record<string, unknown>[]): void;
  /** Rules the next answers of judging: resolves when called. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly authority: TestAuthority;
  readonly services: readonly Record<string, unknown>[];
  readonly limits?: Partial<Limits>;
  readonly trust?: TrustList;
  readonly clientAuthorities?: boolean;
  readonly minimumVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly assertionLifetimeMs?: number;
  readonly limiter?: Pick<CallLimiter, 'ask'>;
  readonly upstreamTls?: () => UpstreamTls;
  readonly tracing?: Tracing;
  readonly unwellBackends?: () => ReadonlySet<string>;
  readonly local?: (path: string, admission: Admission | undefined) => LocalAnswer | undefined;
}

export const ISSUER = 'https://gateway.example';

/** The data plane with real parts: judge, gate, directory and assertions; audit and revocation data in memory. */
export const startTestGateway = async (options: GatewayOptions): Promise<TestGateway> => {
  const { authority, services } = options;
  const audit = createTestAudit();
  const metrics = createTestMetrics();
  const revoked = new Set<string>();
  let revocationEpoch = 1;
  const directoryOf = (enrolments: readonly Record<string, unknown>[]): Directory =>
    createDirectory([
      departmentSchema.parse({
        department: 'taxation',
        name: { zh: '税务局', en: 'Taxation' },
        services: enrolments.map((enrolment) => ({
          name: { zh: '服务', en: 'Service' },
          subjects: ['citizen', 'enterprise'],
          ...enrolment,
        })),
      }),
    ]);
  let directory = directoryOf(services);
  const trust = options.trust ?? authority.trustList(1);
  const epochs = { trust: () => trust.epoch, revocation: () => revocationEpoch };
  const judge = createJudge({
    trust: () => trust,
    revocationEpoch: epochs.revocation,
    revocation: {
      check: ({ certificate, at }) =>
        revoked.has(certificate.serialHex)
          ? { status: 'revoked', reason: 'keyCompromise', revokedAt: at, validUntil: at + 60_000, steps: [] }
          : { status: 'good', validUntil: at + 600_000, steps: [] },
    },
  });
  const gate = createGate({
    judge: cacheVerdicts(judge, epochs),
    epochs,
    identify: async ({ certificate }) => {
      const subject = certificate?.subject;
      const name = (subject && attribute(subject, '2.5.4.3')) ?? '';
      const isEnterprise = subject !== undefined && attribute(subject, '2.5.4.10') !== undefined;
      return {
        unifiedId: createHash('sha256').update(name).digest('base64url').slice(0, 22),
        kind: isEnterprise ? 'enterprise' : 'citizen',
        name,
        identifiers: [{ type: 'citizen-id-number', value: '11010519491231002X' }],
      };
    },
    directory: () => directory,
    clock: Date.now,
    onDefect: (error) => {
      throw error;
    },
  });
  const assertions = createAssertionIssuer({
    issuer: ISSUER,
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    keyId: 'test',
    ...(options.assertionLifetimeMs !== undefined && { lifetimeMs: options.assertionLifetimeMs }),
  });
  const parts: DataPlaneParts = {
    gate,
    audit,
    assertions,
    pairwiseId: (unifiedId, department) =>
      createHash('sha256').update(`${unifiedId} ${department}`).digest('base64url'),
    acceptedAuthorities: () => [{ zh: '测试机构', en: 'Test Authority' }],
    refusalPage: (context: RefusalContext, language) =>
      `<!doctype html><title>${context.code}</title><p>${language ?? ''}`,
    problem: ({ code, reference, accepted, service, notice, until }) => ({
      code,
      reference,
      accepted,
      service,
      notice,
      until,
    }),
    local: (path, admission) => options.local?.(path, admission),
    ...(options.limiter !== undefined && { limiter: options.limiter }),
    ...(options.tracing !== undefined && { tracing: options.tracing }),
    ...(options.upstreamTls !== undefined && { upstreamTls: options.upstreamTls }),
    ...(options.unwellBackends !== undefined && { unwellBackends: options.unwellBackends }),
    metrics,
    log: () => {},
  };
  const plane = await startDataPlane(
    {
      listen: { host: '127.0.0.1', port: 0 },
      url: ISSUER,
      tls: {
        certificate: authority.gateway.cert,
        key: authority.gateway.key,
        minimumVersion: options.minimumVersion ?? 'TLSv1.2',
        ticketKeys: randomBytes(48),
        ...(options.clientAuthorities === true && { clientAuthorities: authority.clientAuthorities }),
      },
      ...(options.limits !== undefined && { limits: options.limits }),
    },
    parts,
  );
  return {
    port: plane.port,
    plane,
    audit,
    metrics,
    assertions,
    revoked,
    publish: () => {
      revocationEpoch += 1;
      plane.reviewConnections();
    },
    enrol: (enrolments) => {
      directory = directoryOf(enrolments);
    },
    close: () => plane.close(),
  };
};
