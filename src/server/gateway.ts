import { availableParallelism } from 'node:os';
import { createControlCounters } from '../observability/control-counters.ts';
import { createControlMetrics } from '../observability/control-metrics.ts';
import { createLogger, type Logger } from '../observability/logging.ts';
import { mergeMetrics } from '../observability/metrics.ts';
import { startHealthChecks } from '../proxy/health-checks.ts';
import { startRevocationService } from '../revocation/revocation-service.ts';
import { createCrlIssuerFinder } from '../verdict/crl-issuers.ts';
import { openKeyRing } from '../storage/key-ring.ts';
import { startAdminListener } from './admin-listener.ts';
import { auditOfConsole } from './audit-of-console.ts';
import { assertionIssuer } from './assertion-key.ts';
import { createChangeControl, isFirstStart } from './change-control.ts';
import { Closing } from './closing.ts';
import { controlAnswers } from './control-answers.ts';
import { cutOffCounts } from './cut-off-counts.ts';
import { openDataFolder } from './data-folder.ts';
import { createEndings } from './endings.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { openLastingStores } from './lasting-stores.ts';
import { watchKeys } from './live-keys.ts';
import { startAudit } from './start-audit.ts';
import { startTracing } from './start-tracing.ts';
import { loadConfiguration, loadSettings, type Configuration } from './load-configuration.ts';
import { rolesOf } from './roles-of.ts';
import { startChanges } from './start-changes.ts';
import { portalSocket, startPortal, type PortalComposition } from './portal.ts';
import { probePort } from './probe-port.ts';
import { readinessOf } from './readiness.ts';
import { recordLife } from './record-life.ts';
import { announceServerCertificate, announceTrust, keepConfiguration } from './reload.ts';
import { resealInBackground } from './reseal-register.ts';
import { tellRevocation } from './revocation-news.ts';
import { revocationReadings } from './revocation-readings.ts';
import { endOfServerCertificate } from './server-certificate.ts';
import { revocationSources } from '../verdict/revocation-sources.ts';
import { keepSessionCopies } from './session-copies.ts';
import { openSignInState } from './sign-in-state.ts';
import { startThreadPool } from './thread-pool.ts';
import type { GatewayState } from './thread-protocol.ts';
import { listenersOf, threadStates } from './thread-state.ts';
import { renewTicketKeys } from './tls-tickets.ts';

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
  const stores = started.add(await openLastingStores(settings, data, keys, log));
  const { register } = stores;
  const control = createChangeControl(folder, await stores.openChanges(), {
    seedOnly: stores.form !== 'embedded',
  });
  const { configuration: prepared, take } = await control.prepare(1);
  const failure = Promise.withResolvers<Error>();
  const auditParts = { data, keys, stores, log: report, onFailed: failure.resolve };
  const { writer, audit } = await startAudit(prepared, auditParts, started);
  const tracing = startTracing(prepared, report);
  if (tracing !== undefined) started.add(tracing);
  started.add(resealInBackground(() => [register, audit.keys], keys, log));

  const first = await take(audit.sink);
  await announceTrust(first, first.trust, log);
  announceServerCertificate(first, log);
  const state = started.add(await openSignInState(settings, keys, log));
  const counts = cutOffCounts(register, state.sessions);
  const live = keepConfiguration(first, { control, audit: audit.sink, log, counts });
  // Nobody to tell until the threads have started.
  let publish: (change: Partial<GatewayState>) => unknown = () => undefined;
  const endings = started.add(
    createEndings({
      sessions: state.sessions,
      audit: audit.sink,
      documents: control.store,
      register,
      marks: state.stores.expiring('sweeps'),
      log,
    }),
  );
  const counters = createControlCounters();
  const telling = tellRevocation(state.stores.broadcast, log);
  const revocation = started.add(
    await startRevocationService({
      folder: data.crls,
      sources: revocationSources(first.trust),
      log,
      findCrlIssuers: createCrlIssuerFinder(() => live.current().trust),
      onChange: (snapshot) => {
        void publish({ revocation: snapshot });
        endings.changed();
      },
      onNews: (news) => telling.tell(news),
      metrics: counters.revocation,
    }),
  );
  started.addEnd(await telling.listen(revocation));
  const health = started.add(
    startHealthChecks({ onChange: (unwellBackends) => void publish({ unwellBackends }), log: report }),
  );
  const checkHealth = ({ departments, upstreamTls }: Configuration): void =>
    health.use(
      departments.flatMap(({ services }) => services),
      upstreamTls,
    );

  await endings.lock(first.locked);
  const states = threadStates({
    keys,
    revocation: () => revocation.snapshot(),
    locked: () => endings.locked(),
    unwellBackends: () => health.unwell(),
  });
  const apply = async (next: Configuration): Promise<void> => {
    const sources = revocationSources(next.trust);
    await endings.lock(next.locked);
    await revocation.lookAfter(sources);
    await publish(states.of(next));
    checkHealth(next);
    await revocation.use(sources);
    endings.changed();
    await endings.endLocked();
  };
  const changes = started.add(
    await startChanges({
      control,
      live,
      apply,
      audit: audit.sink,
      broadcast: state.stores.broadcast,
      counts,
      register,
      onMerged: (merger) => endings.endMerged(merger),
      log,
    }),
  );
  const { browser, sessions: limits } = settings;
  if (browser !== undefined) {
    const parts: PortalComposition = {
      current: () => live.current(),
      audit: audit.sink,
      auditLog: auditOfConsole(audit),
      signInsOf: (unifiedId) => audit.signInsOf(unifiedId),
      proveSignIn: (unifiedId, seq) => audit.proveSignIn(unifiedId, seq),
      register,
      revocation,
      keys,
      state,
      isLocked: (unifiedId) => endings.isLocked(unifiedId),
      endSession: (session, why) => endings.end(session, why),
      refused: counters.refused,
      console: {
        changes: changes.service,
        rolesOf: (who) => rolesOf(live.current().roles, who),
        differences: () => control.compare(),
        backends: () => health.readings(),
        auditIndex: audit.index,
      },
      log,
    };
    started.add(await startPortal(parts, browser.url));
  } else if (settings.terminator?.forwardAuth === true) {
    log.warn(
      { setting: 'terminator.forwardAuth' },
      'forward-auth is not answered: it takes the portal, and gateway.yaml has no "browser"',
    );
  }

  const threads = await startThreadPool({
    count: settings.threads === 'auto' ? availableParallelism() : settings.threads,
    listeners: listenersOf(prepared),
    born: {
      issuer: settings.issuer,
      pairwiseKey: keys.secret('pairwise.key', 32),
      sessions: { idleMs: limits.idle, absoluteMs: limits.absolute },
      ...(browser !== undefined && { portal: { socket: portalSocket(settings.data) } }),
    },
    state: states.of(live.current()),
    connectAudit: () => audit.connect(),
    connectTracing: tracing?.connect,
    answers: controlAnswers({
      trust: () => live.current().trust,
      revocation,
      register,
      sessions: keepSessionCopies(state.sessions),
      endSession: (session, why) => endings.end(session, why),
      auditKeys: audit.keys,
      callCounts: state.stores.counts('calls'),
      log,
    }),
    onCrash: (error) =>
      log.error({ error: error.stack }, 'a data-plane thread ended; another takes its place'),
  });
  publish = (change) => threads.publish(change);
  audit.onDestroyed = (holder) => threads.auditKeyDestroyed(holder);
  started.addEnd(state.sessions.onEnded((ended) => void threads.sessionsEnded(ended)));
  let draining = false;
  started.addEnd(() => {
    draining = true;
    return threads.drain(live.current().settings.drain);
  });
  checkHealth(live.current());
  const tickets = renewTicketKeys(keys, () => void threads.publish({ tls: states.tls(live.current()) }));
  started.addEnd(() => tickets.close());
  // What came in while the threads started.
  await threads.publish(states.of(live.current()));

  await endings.endLocked();
  endings.sweep(
    () => live.current().trust,
    () => revocation.snapshot(),
  );
  const watch = live.watch(apply);
  started.addEnd(() => watch.close());
  const takeUpKeys = (): Promise<unknown> => {
    writer.useKeys(keys.versions('audit.key'));
    tickets.changed();
    return threads.publish({ keys: states.keys() });
  };
  const keyWatch = watchKeys(data.keys, keys, takeUpKeys, { audit: audit.sink, log });
  started.addEnd(() => keyWatch.close());

  const metrics = createControlMetrics({
    audit: () => audit.stats(),
    auditFollower: () => audit.follower(),
    auditWitnesses: () => writer.witnesses(),
    ...revocationReadings(() => revocation.status()),
    backends: () => health.readings(),
    counted: counters.families,
    postgres: () => stores.postgres(),
    redis: () => state.redis(),
    serverCertificateEnd: () => endOfServerCertificate(live.current().tls.certificate),
    traces: tracing && (() => tracing.stats()),
    filesDiffer: () => control.differences.length,
    epochs: () => ({ trust: live.current().trust.epoch, revocation: revocation.epoch }),
  });
  const assertions = assertionIssuer(() => keys.versions('assertion.key'), settings.issuer);
  const admin = started.add(
    await startAdminListener(settings.admin, {
      readiness: () =>
        readinessOf({
          auditHealthy: () => audit.sink.healthy,
          draining: () => draining,
          configurationSound: () => live.sound,
          postgres: () => stores.postgres(),
          redis: () => state.redis(),
        }),
      metrics: async () => mergeMetrics([metrics.collect(), ...(await threads.metrics())]),
      jwks: () => assertions.jwks(),
    }),
  );

  await recordLife(audit.sink, 'start');
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
      await recordLife(audit.sink, 'stop').catch((error: unknown) =>
        log.error({ error }, 'the end of the gateway could not be recorded'),
      );
      await started.close();
    },
  };
};
