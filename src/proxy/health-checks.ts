import { Pool } from 'undici';
import { backendKey, type BackendEntry, type HealthSettings } from '../services/back-ends.ts';
import type { Enrolment } from '../services/enrolment.ts';
import type { ProxyLog } from './data-plane.ts';
import { createConnector, materialHash, type UpstreamTls } from './upstream-tls.ts';

/** What of an enrolment health checks look at. */
export type CheckedService = Pick<Enrolment, 'service' | 'enabled' | 'backends' | 'health' | 'timeouts'>;

export interface HealthChecksParts {
  /** Told of every change, with the keys (backendKey) of all back ends that are unwell now. */
  readonly onChange: (unwell: readonly string[]) => void;
  readonly log: ProxyLog;
}

/** How one back end is, for metrics and operators. */
export interface BackendHealth {
  readonly service: string;
  /** Its URL. */
  readonly backend: string;
  readonly well: boolean;
  /** Why the last answer was not good. */
  readonly problem: string | undefined;
}

/** Asks back ends how they are, once for a gateway; whoever carries calls is told. */
export interface HealthChecks {
  /** The enrolments and TLS material in force from now on. What is known of a back end that stays is kept. */
  use(services: readonly CheckedService[], tls: UpstreamTls): void;
  unwell(): readonly string[];
  readings(): readonly BackendHealth[];
  close(): Promise<void>;
}

export const startHealthChecks = (parts: HealthChecksParts): HealthChecks => {
  const targets = new Map<string, Target>();
  const unwell = (): readonly string[] => [...targets].flatMap(([key, target]) => (target.well ? [] : [key]));
  const tell = (): void => parts.onChange(unwell());
  return {
    use: (services, tls) => {
      const before = unwell().join('\n');
      const wanted = new Set<string>();
      for (const service of services) {
        const { health, enabled } = service;
        if (health === undefined || !enabled) continue;
        for (const entry of service.backends) {
          const key = backendKey(service.service, entry.url);
          wanted.add(key);
          const plan = planOf(service, entry, health, tls);
          const known = targets.get(key);
          if (known?.plan.digest === plan.digest) continue;
          void known?.stop();
          targets.set(key, new Target(plan, known?.well ?? true, parts.log, tell));
        }
      }
      for (const [key, target] of targets) {
        if (wanted.has(key)) continue;
        targets.delete(key);
        void target.stop();
      }
      if (unwell().join('\n') !== before) tell();
    },
    unwell,
    readings: () =>
      [...targets.values()].map(({ plan, well, problem }) => ({
        service: plan.service,
        backend: plan.url,
        well,
        problem,
      })),
    close: async () => {
      await Promise.all([...targets.values()].map((target) => target.stop()));
      targets.clear();
    },
  };
};

/** Everything a check of one back end depends on. */
interface Plan {
  readonly service: string;
  readonly url: string;
  readonly settings: HealthSettings;
  readonly connect: ReturnType<typeof createConnector>;
  readonly digest: string;
}

const planOf = (
  { service, timeouts }: CheckedService,
  { url, tls }: BackendEntry,
  settings: HealthSettings,
  material: UpstreamTls,
): Plan => {
  const named = tls?.use === undefined ? undefined : material[tls.use];
  const timeout = Math.min(timeouts.connect, settings.timeout);
  return {
    service,
    url,
    settings,
    connect: createConnector({ url: new URL(url), timeout, tls, material: named }),
    digest: JSON.stringify([settings, timeout, tls, materialHash(named)]),
  };
};

/** Octets of an answer's body that are read; of a longer one the rest is left. */
const BODY_LIMIT = 16_384;

class Target {
  readonly plan: Plan;
  well: boolean;
  problem: string | undefined;
  /** Answers in a row that speak against `well`. */
  #against = 0;
  readonly #log: ProxyLog;
  readonly #changed: () => void;
  readonly #pool: Pool;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: Plan, well: boolean, log: ProxyLog, changed: () => void) {
    this.plan = plan;
    this.well = well;
    this.#log = log;
    this.#changed = changed;
    this.#pool = new Pool(new URL(plan.url).origin, { connections: 1, connect: plan.connect });
    // Not all back ends at one moment.
    this.#again(Math.random() * Math.min(plan.settings.interval, 1_000));
  }

  #again(ms: number): void {
    this.#timer = setTimeout(() => {
      void this.#check();
    }, ms);
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    const problem = await this.#ask();
    if (this.#stopped.signal.aborted) return;
    this.#note(problem);
    this.#again(this.plan.settings.interval);
  }

  /** What is wrong with its answer; undefined where nothing is. Never rejects. */
  async #ask(): Promise<string | undefined> {
    const { path, timeout, status } = this.plan.settings;
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeout)]);
      const { statusCode, body } = await this.#pool.request({
        path,
        method: 'GET',
        headers: { 'user-agent': 'OneCert-Health', accept: '*/*' },
        // A connection of its own each time: whether the back end takes new ones is part of the question.
        reset: true,
        headersTimeout: timeout,
        bodyTimeout: timeout,
        signal,
      });
      await body.dump({ limit: BODY_LIMIT, signal });
      const isGood =
        status === undefined ? statusCode >= 200 && statusCode <= 299 : status.includes(statusCode);
      return isGood ? undefined : `answered ${statusCode}`;
    } catch (error) {
      // A DOMException's code is a number, and says less than its name.
      const { code, name } = error as NodeJS.ErrnoException;
      return typeof code === 'string' ? code : name;
    }
  }

  #note(problem: string | undefined): void {
    const { service, url, settings } = this.plan;
    this.problem = problem;
    const isGood = problem === undefined;
    if (isGood === this.well) {
      this.#against = 0;
      return;
    }
    this.#against += 1;
    if (this.#against < (isGood ? settings.healthyAfter : settings.unhealthyAfter)) return;
    this.#against = 0;
    this.well = isGood;
    const fields = { service, backend: url, ...(problem !== undefined && { problem }) };
    if (isGood) this.#log('info', 'a back end is well again', fields);
    else this.#log('warn', 'a back end is not well: calls go to the others', fields);
    this.#changed();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#pool.destroy();
  }
}
