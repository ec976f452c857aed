import { parentPort, workerData } from 'node:worker_threads';
import { createAnswerFigures } from '../audit/answer-figures.ts';
import { createSealingSink } from '../audit/sealing-sink.ts';
import { createAuditSink } from '../audit/sink.ts';
import { createCallLimiter } from '../decision/call-limiter.ts';
import { createGate } from '../decision/gate.ts';
import { sealExchangeTicket } from '../federation/exchange-ticket.ts';
import { pairwiseId } from '../identity/pairwise.ts';
import { createMetrics } from '../observability/metrics.ts';
import type { DataPlane, DataPlaneParts, ListenerTls } from '../proxy/data-plane.ts';
import { createRevocationChecker } from '../revocation/checker.ts';
import { createDirectory } from '../services/directory.ts';
import { createSessionCache } from '../signin/session-cache.ts';
import type { EndedSessions } from '../signin/session.ts';
import { createSpanBuffer } from '../tracing/span-buffer.ts';
import { createTracing } from '../tracing/tracing.ts';
import { unpackTrustList, type TrustList } from '../trust/trust-list.ts';
import { createCrlIssuerFinder } from '../verdict/crl-issuers.ts';
import { createJudge } from '../verdict/judge.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import { cacheVerdicts } from '../verdict/verdict-cache.ts';
import { assertionIssuer } from './assertion-key.ts';
import { connectCalls } from './call-port.ts';
import { portalPart, startListeners } from './listeners.ts';
import { rememberIdentities } from './remember-identities.ts';
import { createLocalAnswers } from './local-answers.ts';
import type {
  ControlAnswers,
  DataPlaneAnswers,
  DataPlaneStart,
  GatewayState,
  LogLine,
  TlsMaterial,
} from './thread-protocol.ts';

/**
 * One data-plane thread: the whole pipeline over state that the control thread publishes. What needs the network or
 * the register is asked of the control thread.
 */
if (parentPort === null) throw new Error('data-plane-thread.ts runs as a worker thread');
const start = workerData as DataPlaneStart;

/** So much of the times of answers a crash loses. */
const FIGURES_MS = 60_000;

let trust = unpackTrustList(start.state.trust);
let directory = createDirectory(start.state.departments);
let locked: ReadonlySet<string> = new Set(start.state.locked);
let revocation = start.state.revocation;
let tls = start.state.tls;
let { upstreamTls } = start.state;
let unwell: ReadonlySet<string> = new Set(start.state.unwellBackends);
let { keys } = start.state;
/** One for each way in. */
let dataPlanes: readonly DataPlane[] = [];

const take = (change: Partial<GatewayState>): void => {
  // Parse first: nothing is in force unless all of it can be.
  const nextTrust = change.trust === undefined ? trust : unpackTrustList(change.trust);
  const nextDirectory = change.departments === undefined ? directory : createDirectory(change.departments);
  const nextTls = change.tls ?? tls;
  if (nextTls !== tls || nextTrust !== trust) {
    const listener = listenerTls(nextTls, nextTrust);
    for (const dataPlane of dataPlanes) dataPlane.useTls(listener);
  }
  tls = nextTls;
  upstreamTls = change.upstreamTls ?? upstreamTls;
  if (change.unwellBackends !== undefined) unwell = new Set(change.unwellBackends);
  trust = nextTrust;
  directory = nextDirectory;
  if (change.locked !== undefined) locked = new Set(change.locked);
  revocation = change.revocation ?? revocation;
  keys = change.keys ?? keys;
  for (const dataPlane of dataPlanes) dataPlane.reviewConnections();
};

/** With the names of the authorities in force, so that a browser offers only what can be of use. */
const listenerTls = (material: TlsMaterial, { anchors, intermediates }: TrustList): ListenerTls => ({
  ...material,
  clientAuthorities: [...anchors.map(({ certificate }) => certificate), ...intermediates].map(
    ({ der }) => der,
  ),
});

const answers: DataPlaneAnswers = {
  listen: async () => {
    const begun = await startListeners(start, listenerTls(tls, trust), parts, sessions);
    dataPlanes = Object.values(begun);
    return Object.fromEntries(Object.entries(begun).map(([name, { port }]) => [name, port]));
  },
  take,
  sessionsEnded: (ended) => {
    for (const listener of endedListeners) listener(ended);
    for (const dataPlane of dataPlanes) dataPlane.reviewConnections();
  },
  auditKeyDestroyed: (holder) => audit.forget(holder),
  metrics: () => metrics.collect(),
  drain: async (graceMs) => {
    await Promise.all(dataPlanes.map((dataPlane) => dataPlane.drain(graceMs)));
    clearInterval(telling);
    figures.flush();
    spans?.flush();
    await audit.settled();
    await auditLog.close();
  },
};
const control = connectCalls<ControlAnswers>(parentPort, answers);
const log = (level: LogLine['level'], message: string, fields: Record<string, unknown> = {}): void => {
  control.call('log', { level, message, fields }).catch(() => undefined);
};

const endedListeners = new Set<(ended: EndedSessions) => void>();
const sessions = createSessionCache({
  sessions: {
    get: (key) => control.call('getSession', key),
    touch: (session) => control.call('touchSession', session),
    onEnded: (listener) => {
      endedListeners.add(listener);
      return () => endedListeners.delete(listener);
    },
  },
  limits: start.sessions,
  clock: Date.now,
});
const spans = start.tracing && createSpanBuffer(start.tracing.port);
const tracing = start.tracing && spans && createTracing(spans, start.tracing);
const metrics = createMetrics(spans && { spansDropped: () => spans.dropped });
const auditLog = createAuditSink(start.auditPort);
const audit = createSealingSink(auditLog, { keyOf: (owner) => control.call('auditKey', owner) });
const figures = createAnswerFigures(audit);
const telling = setInterval(() => figures.flush(), FIGURES_MS);
const epochs = { trust: () => trust.epoch, revocation: () => revocation.epoch };
const judge = createJudge({
  trust: () => trust,
  revocation: createRevocationChecker({
    snapshot: () => revocation,
    resolve: (question) => {
      const ask = () => control.call('resolveRevocation', question);
      return (
        tracing?.asking('ask revocation', ask, ({ status }) => ({ 'onecert.revocation': status })) ?? ask()
      );
    },
    findCrlIssuers: createCrlIssuerFinder(() => trust),
  }),
  revocationEpoch: epochs.revocation,
});
const remembered = cacheVerdicts((chain, at) => {
  metrics.verdicts.reached();
  return judge(chain, at);
}, epochs);
const gate = createGate({
  judge: (chain, at) => {
    metrics.verdicts.asked();
    return remembered(chain, at);
  },
  identify: rememberIdentities(({ certificate, authority }) => {
    if (certificate === undefined || authority === undefined) throw new Error('a good verdict has both');
    const ask = () => control.call('identify', { der: certificate.der, authority });
    return tracing?.asking('ask register', ask) ?? ask();
  }),
  epochs,
  directory: () => directory,
  isLocked: (unifiedId) => locked.has(unifiedId),
  clock: Date.now,
  onDefect: (error) =>
    log('error', 'a defect while judging', { error: error instanceof Error ? error.stack : String(error) }),
});
const assertions = assertionIssuer(() => keys.assertion, start.issuer);
const ticketCipher = createFieldCipher(() => keys.ticket);

const parts: DataPlaneParts = {
  gate,
  audit,
  answers: figures,
  assertions,
  pairwiseId: (unifiedId: string, department: string) => pairwiseId(start.pairwiseKey, unifiedId, department),
  exchangeTicket: (admission, audience) => sealExchangeTicket(ticketCipher, admission, audience),
  ...createLocalAnswers({
    trust: () => trust,
    directory: () => directory,
    jwks: () => assertions.jwks(),
    hasPortal: start.portal !== undefined,
  }),
  ...portalPart(start),
  limiter: createCallLimiter({ exchange: (batch) => control.call('countCalls', batch), clock: Date.now }),
  upstreamTls: () => upstreamTls,
  unwellBackends: () => unwell,
  onSessionRefused: (session, code) => {
    // It is refused all the same, and found again.
    control.call('sessionRefused', { session, code }).catch(() => undefined);
  },
  metrics: metrics.proxy,
  ...(tracing !== undefined && { tracing }),
  log,
};
