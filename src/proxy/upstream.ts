import type { EventEmitter } from 'node:events';
import { Pool } from 'undici';
import type { Service } from '../services/enrolment.ts';
import type { Limits } from './limits.ts';

/** First rest of a back end that could not be reached, doubled with each failure after it, and the longest. ms. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;
/** Connections to back ends nobody has called for this long are closed. ms. */
const UNUSED_MS = 10 * 60_000;

/** One back end of a department, with its connections (of this thread). */
export class Backend {
  readonly #url: URL;
  readonly #connectTimeout: number;
  readonly #connections: number;
  /** Taken before the path of every call: the path of the back end's URL, without trailing slash. */
  readonly basePath: string;
  /** The name its certificate must be for; undefined for http. */
  readonly servername: string | undefined;
  /** ms since the epoch until which others are preferred. */
  restsUntil = 0;
  lastUsed = 0;
  #failures = 0;
  #calls: Pool | undefined;
  #tunnels: Pool | undefined;

  constructor(url: string, connectTimeout: number, connections: number) {
    this.#url = new URL(url);
    this.#connectTimeout = connectTimeout;
    this.#connections = connections;
    this.basePath = this.#url.protocol === 'unix:' ? '' : this.#url.pathname.replace(/\/+$/, '');
    this.servername = this.#url.protocol === 'https:' ? this.#url.hostname : undefined;
  }

  get calls(): Pool {
    return (this.#calls ??= this.#open(false));
  }

  /** Apart from calls: a tunnel may end in one direction before the other, and lasts. */
  get tunnels(): Pool {
    return (this.#tunnels ??= this.#open(true));
  }

  #open(allowHalfOpen: boolean): Pool {
    const { protocol, origin, pathname } = this.#url;
    const socketPath = protocol === 'unix:' ? decodeURIComponent(pathname) : undefined;
    const pool = new Pool(socketPath === undefined ? origin : 'http://localhost', {
      connections: this.#connections,
      pipelining: 1,
      allowH2: false,
      connect: {
        timeout: this.#connectTimeout,
        ...(allowHalfOpen && { allowHalfOpen }),
        ...(socketPath !== undefined && { socketPath }),
      },
    });
    // Failures reach the calls they belong to; unheard they would end the process.
    (pool as EventEmitter).on('error', () => {});
    return pool;
  }

  get origin(): string {
    return this.#url.origin;
  }

  /** A connection could not be opened. Whether this is the first failure since an answer. */
  failed(at: number): boolean {
    this.restsUntil = at + Math.min(FIRST_REST_MS * 2 ** Math.min(this.#failures, 10), LONGEST_REST_MS);
    this.#failures += 1;
    return this.#failures === 1;
  }

  answered(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.restsUntil = 0;
  }

  closeUnused(at: number): void {
    if (at - this.lastUsed < UNUSED_MS) return;
    void this.#calls?.close();
    void this.#tunnels?.close();
    this.#calls = undefined;
    this.#tunnels = undefined;
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#calls?.destroy(), this.#tunnels?.destroy()]);
  }
}

/** The back ends of one enrolment, taken in turn. */
export class ServiceUpstream {
  readonly backends: readonly Backend[];
  #turn = 0;

  constructor(backends: readonly Backend[]) {
    this.backends = backends;
  }

  /** The next back end in turn, or one that is not resting before one that is; `not` only where there is no other. */
  next(at: number, not?: Backend): Backend {
    const { backends } = this;
    const count = backends.length;
    let resting: Backend | undefined;
    for (let step = 0; step < count; step += 1) {
      const backend = backends[(this.#turn + step) % count] as Backend;
      if (backend === not) continue;
      if (backend.restsUntil <= at) {
        this.#turn = (this.#turn + step + 1) % count;
        backend.lastUsed = at;
        return backend;
      }
      if (resting === undefined || backend.restsUntil < resting.restsUntil) resting = backend;
    }
    const chosen = resting ?? not ?? backends[0];
    if (chosen === undefined) throw new Error('an enrolment has at least one back end');
    chosen.lastUsed = at;
    return chosen;
  }
}

/** All back ends this thread has connections to. Enrolments that name the same one share its connections. */
export class Upstreams {
  readonly #limits: Limits;
  readonly #backends = new Map<string, Backend>();
  readonly #services = new WeakMap<Service, ServiceUpstream>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  of(service: Service): ServiceUpstream {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const upstream = new ServiceUpstream(
      service.backends.map((url) => this.#backend(url, service.timeouts.connect)),
    );
    this.#services.set(service, upstream);
    return upstream;
  }

  #backend(url: string, connectTimeout: number): Backend {
    const key = `${connectTimeout} ${url}`;
    const known = this.#backends.get(key);
    if (known !== undefined) return known;
    const backend = new Backend(url, connectTimeout, this.#limits.upstreamConnections);
    this.#backends.set(key, backend);
    return backend;
  }

  closeUnused(at: number): void {
    for (const backend of this.#backends.values()) backend.closeUnused(at);
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#backends.values()].map((backend) => backend.destroy()));
  }
}
