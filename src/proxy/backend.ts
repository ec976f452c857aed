import type { EventEmitter } from 'node:events';
import { Pool } from 'undici';
import type { BackendEntry } from '../services/back-ends.ts';
import { createConnector, serverNameOf, type UpstreamTlsMaterial } from './upstream-tls.ts';

/** First rest of a back end that could not be reached, doubled with each failure after it, and the longest. ms. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;
/**
 * Calls in a row that a back end takes and does not answer, or answers with 502, 503 or 504, before others are
 * preferred: consecutive_gateway_failure of Envoy's outlier detection.
 */
const POOR_ANSWERS = 5;
/** Connections to back ends nobody has called for this long are closed. ms. */
const UNUSED_MS = 10 * 60_000;

export interface BackendOptions {
  /** ms */
  readonly connectTimeout: number;
  /** At most so many connections. */
  readonly connections: number;
  /** What `tls.use` of the entry names. */
  readonly material?: UpstreamTlsMaterial | undefined;
}

/** One back end of a department, with its connections (of this thread). */
export class Backend {
  readonly #url: URL;
  readonly #entry: Pick<BackendEntry, 'url' | 'tls'>;
  readonly #options: BackendOptions;
  /** Taken before the path of every call: the path of the back end's URL, without trailing slash. */
  readonly basePath: string;
  /** The name its certificate must be for; undefined for http. */
  readonly servername: string | undefined;
  /** For metrics and logs. */
  readonly origin: string;
  /** ms since the epoch until which others are preferred. */
  restsUntil = 0;
  lastUsed = 0;
  /** Times it was set to rest since it answered well. */
  #rests = 0;
  /** Calls in a row that it did not serve. */
  #poor = 0;
  #calls: Pool | undefined;
  #tunnels: Pool | undefined;

  constructor(entry: Pick<BackendEntry, 'url' | 'tls'>, options: BackendOptions) {
    this.#entry = entry;
    this.#url = new URL(entry.url);
    this.#options = options;
    const { protocol, pathname, origin } = this.#url;
    this.basePath = protocol === 'unix:' ? '' : pathname.replace(/\/+$/, '');
    this.servername = protocol === 'https:' ? serverNameOf(this.#url, entry.tls) : undefined;
    this.origin = protocol === 'unix:' ? 'portal' : origin;
  }

  get calls(): Pool {
    return (this.#calls ??= this.#open(false));
  }

  /** Apart from calls: a tunnel may end in one direction before the other, and lasts. */
  get tunnels(): Pool {
    return (this.#tunnels ??= this.#open(true));
  }

  #open(allowHalfOpen: boolean): Pool {
    const { connectTimeout, connections, material } = this.#options;
    const pool = new Pool(this.#url.protocol === 'unix:' ? 'http://localhost' : this.origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      connect: createConnector({
        url: this.#url,
        timeout: connectTimeout,
        allowHalfOpen,
        tls: this.#entry.tls,
        material,
      }),
    });
    // Failures reach the calls they belong to; unheard they would end the process.
    (pool as EventEmitter).on('error', () => {});
    return pool;
  }

  /** A connection could not be opened, or not to the right server. Whether this is the first failure since an answer. */
  unreached(at: number): boolean {
    this.#rest(at);
    return this.#rests === 1;
  }

  /** A call was taken and not served. Whether the back end is set to rest for it. */
  servedPoorly(at: number): boolean {
    this.#poor += 1;
    // Once it has rested, one more is enough.
    if (this.#poor < POOR_ANSWERS && this.#rests === 0) return false;
    this.#rest(at);
    return true;
  }

  #rest(at: number): void {
    this.restsUntil = at + Math.min(FIRST_REST_MS * 2 ** Math.min(this.#rests, 10), LONGEST_REST_MS);
    this.#rests += 1;
  }

  servedWell(): void {
    if (this.#rests === 0 && this.#poor === 0) return;
    this.#rests = 0;
    this.#poor = 0;
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
