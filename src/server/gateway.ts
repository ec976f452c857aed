import { availableParallelism } from 'node:os';
import type { AuditEntry, AuditSink } from '../audit/entry.ts';
import { startAuditWriter } from '../audit/writer.ts';
import type { IdentityRegister } from '../identity/register.ts';
import { createControlCounters } from '../observability/control-counters.ts';
import { createControlMetrics } from '../observability/control-metrics.ts';
import { createLogger, type Logger } from '../observability/logging.ts';
import { mergeMetrics } from '../observability/metrics.ts';
import { startHealthChecks } from '../proxy/health-checks.ts';
import { startRevocationService } from '../revocation/revocation-service.ts';
import { createCrlIssuerFinder } from '../verdict/crl-issuers.ts';
import { openKeyRing } from '../storage/key-ring.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { CutOffCounts } from '../trust/compare-trust-lists.ts';
import { packTrustList } from '../trust/trust-list.ts';
import { startAdminListener } from './admin-listener.ts';
import { auditCheckpoints } from './audit-checkpoints.ts';
import { auditOfConsole } from './audit-of-console.ts';
import { composeAudit } from './audit.ts';
import { assertionIssuer } from './assertion-key.ts';
import { createChangeControl, isFirstStart } from './change-control.ts';
import { controlAnswers } from './control-answers.ts';
import { openDataFolder } from './data-folder.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { openLastingStores, sharedAudit } from './lasting-stores.ts';
import { watchKeys } from './live-keys.ts';
import { startTracing } from './start-tracing.ts';
import { lockedIdentities } from './locked-identities.ts';
import { loadConfiguration, loadSettings, type Configuration } from './load-configuration.ts';
import { rolesOf } from './roles-of.ts';
import { sessionsOfLocked } from './sessions-of-locked.ts';
import { startChanges } from './start-changes.ts';
import { portalSocket, startPortal } from './portal.ts';
import { probePort } from './probe-port.ts';
import { readinessOf } from './readiness.ts';
import { announceTrust, keepConfiguration } from './reload.ts';
import { resealInBackground } from './reseal-register.ts';
import { tellRevocation } from './revocation-news.ts';
import { revocationReadings } from './revocation-readings.ts';
import { revocationSources } from '../verdict/revocation-sources.ts';
import { keepSessionCopies } from './session-copies.ts';
import { openSignInState } from './sign-in-state.ts';
import { createSessionEnds } from './session-ends.ts';
import { createSessionSweep, type SessionSweep } from './sweep-sessions.ts';
import { startThreadPool } from './thread-pool.ts';
import type { GatewayState, Listeners } from './thread-protocol.ts';
import { whyEnded, whyLocked, whyMerged } from './why-ended.ts';
import { eachDay, tlsTicketKeys } from './tls-tickets.ts';

export interface GatewayOptions {
  /** Folder of gateway.yaml. */
  readonly configuration: string;
  /** Where log lines go; standard output where absent. */
  readonly logger?: Logger;
}

export interface Gateway {
  /** Public URL. */
  readonly issuer: string;
  readonly port: number;
  /** Where people open the portal; undefined where there is none. */
  readonly browserUrl: string | undefined;
  readonly adminPort: number;
  /** Resolves when the gateway can do nothing more but be started again. */
  readonly failed: Promise<Error>;
  /** Reads the configuration again. Whether it was taken: a wrong one leaves the old in force. */
  reload(): Promise<boolean>;
  /** Looks for new CRLs now. */
  refreshRevocation(): Promise<void>;
  /** Lets calls in flight end, then closes everything. */
  close(): Promise<void>;
}

/**
 * Starts the gateway: the control thread's parts, then the data-plane threads, then the listeners.
 *
 * @throws ConfigurationError, StorageError, or a listener's error (EADDRINUSE); nothing is left running then
 */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const settings = loadSettings(options.configuration);
  const log = options.logger ?? createLogger({ level: settings.log.level });
  const started = new Closing();
  try {
    return await compose(options.configuration, settings, log, started);
  } catch (error) {
    await started.close();
    throw error;
  }
};

/** What has been started, to be closed in the reverse order. */
class Closing {
  readonly #parts: (() => Promise<unknown>)[] = [];
  add(close: () => Promise<unknown>): void {
    this.#parts.push(close);
  }
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      // One part that cannot be closed well keeps no other open.
      await part().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

const compose = async (
  folder: string,
  settings: GatewaySettings,
  log: Logger,
  started: Closing,
): Promise<Gateway> => {
  // Before anything is written: files that are wrong at a first start, and ports that are taken.
  if (isFirstStart(settings)) loadConfiguration(folder, 1);
  for (const each of [settings.listen, settings.browser?.listen, settings.terminator?.listen]) {
    if (each !== undefined) await probePort(each.host, each.port);
  }
  const report = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: object = {}): void =>
    log[level](fields, message);

  const data = openDataFolder(settings.data);
  const keys = openKeyRing(data.keys);
  const stores = await openLastingStores(settings, data, keys, log);
  started.add(() => stores.close());
  const { register } = stores;
  const control = createChangeControl(folder, await stores.openChanges(), {
    seedOnly: stores.form !== 'embedded',
  });
  const { configuration: prepared, take } = await control.prepare(1);
  const listeners = listenersOf(prepared);
  const failure = Promise.withResolvers<Error>();
  const writer = await startAuditWriter({
    folder: data.audit,
    log: report,
    checkpoints: auditCheckpoints(settings, keys),
    onFailed: (error) => failure.resolve(new StorageError(`the audit writer has failed: ${error.message}`)),
  });
  started.add(() => writer.close());
  const audit = await composeAudit({
    data: settings.data,
    folder: data.audit,
    keyFolder: data.keys,
    keys,
    exports: prepared.exports,
    shared: sharedAudit(settings),
    postgres: stores.connections,
    writer,
    log: report,
  });
  started.add(() => audit.close());
  const tracing = startTracing(prepared, report);
  if (tracing !== undefined) started.add(() => tracing.close());
  const resealing = resealInBackground(() => [register, audit.keys], keys, log);
  started.add(() => resealing.close());
  const assertions = assertionIssuer(() => keys.versions('assertion.key'), settings.issuer);
  const threadKeys = (): GatewayState['keys'] => ({
    assertion: keys.versions('assertion.key'),
    ticket: keys.versions('ticket.key'),
  });

  const first = await take(audit.sink);
  await announceTrust(first, first.trust, log);
  const state = await openSignInState(settings, keys, log);
  started.add(() => state.close());
  const counts = cutOffCounts(register, state.sessions);
  const live = keepConfiguration(first, { control, audit: audit.sink, log, counts });
  let publish: (change: Partial<GatewayState>) => unknown = () => undefined;
  const ends = createSessionEnds({ sessions: state.sessions, audit: audit.sink, log });
  started.add(async () => ends.close());
  let sweep: Pick<SessionSweep, 'changed'> = { changed: () => undefined };
  const counters = createControlCounters();
  const telling = tellRevocation(state.stores.broadcast, log);
  const revocation = await startRevocationService({
    folder: data.crls,
    sources: revocationSources(first.trust),
    log,
    findCrlIssuers: createCrlIssuerFinder(() => live.current().trust),
    onChange: (snapshot) => {
      void publish({ revocation: snapshot });
      sweep.changed();
    },
    onNews: (news) => telling.tell(news),
    metrics: counters.revocation,
  });
  started.add(() => revocation.close());
  const stopListening = await telling.listen(revocation);
  started.add(async () => stopListening());
  const health = startHealthChecks({
    onChange: (unwellBackends) => void publish({ unwellBackends }),
    log: report,
  });
  started.add(() => health.close());
  const checkHealth = ({ departments, upstreamTls }: Configuration): void =>
    health.use(
      departments.flatMap(({ services }) => services),
      upstreamTls,
    );

  let locked = await lockedIdentities(register, first.locked, log);
  // Asked for every call that forward-auth is asked about.
  let lockedNow: ReadonlySet<string> = new Set(locked);
  const stateOf = (configuration: Configuration): GatewayState => ({
    trust: packTrustList(configuration.trust),
    departments: configuration.departments,
    locked,
    upstreamTls: configuration.upstreamTls,
    unwellBackends: health.unwell(),
    revocation: revocation.snapshot(),
    tls: {
      ...configuration.tls,
      minimumVersion: configuration.settings.tls.minimumVersion,
      ticketKeys: tlsTicketKeys(keys, Date.now()),
    },
    keys: threadKeys(),
  });
  const apply = async (next: Configuration): Promise<void> => {
    locked = await lockedIdentities(register, next.locked, log);
    lockedNow = new Set(locked);
    await publish(stateOf(next));
    checkHealth(next);
    await revocation.use(revocationSources(next.trust));
    sweep.changed();
    await endLocked(locked);
  };
  const endLocked = sessionsOfLocked(ends, (unifiedId) => whyLocked(control.store, unifiedId), log);
  const changes = await startChanges({
    control,
    live,
    apply,
    audit: audit.sink,
    broadcast: state.stores.broadcast,
    counts,
    register,
    onMerged: async ({ aliases, version }) => {
      for (const unifiedId of aliases) await ends.endAll({ unifiedId }, whyMerged(version));
    },
    log,
  });
  started.add(() => changes.close());
  const { browser, sessions: limits } = settings;
  if (browser !== undefined) {
    const portal = await startPortal(
      {
        current: () => live.current(),
        audit: audit.sink,
        auditLog: auditOfConsole(audit),
        signInsOf: (unifiedId) => audit.signInsOf(unifiedId),
        proveSignIn: (unifiedId, seq) => audit.proveSignIn(unifiedId, seq),
        register,
        revocation,
        keys,
        state,
        isLocked: (unifiedId) => lockedNow.has(unifiedId),
        endSession: async (session, why) => ends.end(session, await whyEnded(control.store, session, why)),
        refused: counters.refused,
        console: {
          changes: changes.service,
          rolesOf: (who) => rolesOf(live.current().roles, who),
          differences: () => control.compare(),
          backends: () => health.readings(),
          auditIndex: audit.index,
        },
        log,
      },
      browser.url,
    );
    started.add(() => portal.close());
  }

  if (browser === undefined && settings.terminator?.forwardAuth === true) {
    log.warn(
      { setting: 'terminator.forwardAuth' },
      'forward-auth is not answered: it takes the portal, and gateway.yaml has no "browser"',
    );
  }

  const threads = await startThreadPool({
    count: settings.threads === 'auto' ? availableParallelism() : settings.threads,
    listeners,
    born: {
      issuer: settings.issuer,
      pairwiseKey: keys.secret('pairwise.key', 32),
      sessions: { idleMs: limits.idle, absoluteMs: limits.absolute },
      ...(browser !== undefined && { portal: { socket: portalSocket(settings.data) } }),
    },
    state: stateOf(live.current()),
    connectAudit: () => audit.connect(),
    connectTracing: tracing?.connect,
    answers: controlAnswers({
      trust: () => live.current().trust,
      revocation,
      register,
      sessions: keepSessionCopies(state.sessions),
      auditKeys: audit.keys,
      callCounts: state.stores.counts('calls'),
      log,
    }),
    onCrash: (error) =>
      log.error({ error: error.stack }, 'a data-plane thread ended; another takes its place'),
  });
  publish = (change) => threads.publish(change);
  audit.onDestroyed = (holder) => threads.auditKeyDestroyed(holder);
  const stopTelling = state.sessions.onEnded((ended) => void threads.sessionsEnded(ended));
  started.add(async () => stopTelling());
  let draining = false;
  started.add(() => {
    draining = true;
    return threads.drain(live.current().settings.drain);
  });
  checkHealth(live.current());
  const stopDays = eachDay(() => void threads.publish({ tls: stateOf(live.current()).tls }));
  started.add(async () => stopDays());
  // What came in while the threads started.
  await threads.publish(stateOf(live.current()));

  await endLocked(locked);
  const sweeping = createSessionSweep({
    sessions: state.sessions,
    ends,
    trust: () => live.current().trust,
    revocation: () => revocation.snapshot(),
    whyOf: (session, why) => whyEnded(control.store, session, why),
    log,
  });
  started.add(async () => sweeping.close());
  sweep = sweeping;
  const watch = live.watch(apply);
  started.add(async () => watch.close());
  const keyWatch = watchKeys(data.keys, keys, () => threads.publish({ keys: threadKeys() }), {
    audit: audit.sink,
    log,
  });
  started.add(async () => keyWatch.close());

  const metrics = createControlMetrics({
    audit: () => audit.stats(),
    auditFollower: () => audit.follower(),
    auditWitnesses: () => writer.witnesses(),
    ...revocationReadings(() => revocation.status()),
    backends: () => health.readings(),
    counted: counters.families,
    postgres: () => stores.postgres(),
    traces: tracing && (() => tracing.stats()),
    filesDiffer: () => control.differences.length,
    epochs: () => ({ trust: live.current().trust.epoch, revocation: revocation.epoch }),
  });
  const admin = await startAdminListener(settings.admin, {
    readiness: () =>
      readinessOf({
        auditHealthy: () => audit.sink.healthy,
        draining: () => draining,
        configurationSound: () => live.sound,
        postgres: () => stores.postgres(),
      }),
    metrics: async () => mergeMetrics([metrics.collect(), ...(await threads.metrics())]),
    jwks: () => assertions.jwks(),
  });
  started.add(() => admin.close());

  await recordChange(audit.sink, { event: 'start', at: Date.now() });
  return {
    issuer: settings.issuer,
    port: threads.ports.mutualTls ?? settings.listen.port,
    browserUrl: browser?.url,
    adminPort: admin.port,
    failed: failure.promise,
    reload: () => live.reload(apply),
    refreshRevocation: () => revocation.refreshNow(),
    close: async () => {
      // The admin listener closes last: a balancer sees "draining" and stops sending.
      draining = true;
      watch.close();
      await threads.drain(live.current().settings.drain);
      // A log that cannot be written keeps nothing from closing; the line says so.
      await recordChange(audit.sink, { event: 'stop', at: Date.now() }).catch((error: unknown) =>
        log.error({ error }, 'the end of the gateway could not be recorded'),
      );
      await started.close();
    },
  };
};

/** Whom a change of the trust list would cut off, for the line that says so before it is done. */
const cutOffCounts = (register: IdentityRegister, sessions: Sessions): CutOffCounts => ({
  identitiesOf: (authorities) => register.countByAuthorities(authorities),
  sessionsOf: async (authorities) => {
    const each = await Promise.all(authorities.map((authority) => sessions.count({ authority })));
    return each.reduce((sum, count) => sum + count, 0);
  },
});

const listenersOf = ({ settings, terminatorAuthority }: Configuration): Listeners => {
  const { listen, browser, terminator } = settings;
  return {
    mutualTls: listen,
    ...(browser && { browser: { ...browser.listen, url: browser.url } }),
    ...(terminator &&
      terminatorAuthority !== undefined && {
        terminator: { ...terminator.listen, format: terminator.format, authority: terminatorAuthority },
      }),
  };
};

/** An entry of the gateway's own life, fsynced. Rejects when it cannot be kept. */
const recordChange = (sink: AuditSink, entry: AuditEntry): Promise<void> =>
  new Promise((resolve, reject) => {
    sink.record(entry, 'synced', (error) => (error === undefined ? resolve() : reject(error)));
  });
