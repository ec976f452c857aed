import { backendKey, type BackendEntry } from '../services/back-ends.ts';
import type { Service } from '../services/enrolment.ts';
import { Backend } from './backend.ts';
import type { Limits } from './limits.ts';
import { materialHash, type UpstreamTls } from './upstream-tls.ts';

interface Member {
  readonly backend: Backend;
  readonly weight: number;
  /** As the control thread names it where it is not well. */
  readonly key: string;
  /** Of the smooth weighted round robin: what it is owed. */
  owed: number;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The back ends of one enrolment, by smooth weighted round robin (as nginx): each gets its share in an even sequence
 * (a a b a a c a for 5 : 1 : 1), not in bursts. Least requests would see the calls of one thread only, and send them where
 * errors come back fastest. Each thread has its own turn.
 */
export class ServiceUpstream {
  readonly #members: readonly Member[];
  readonly #unwell: () => ReadonlySet<string>;

  constructor(members: readonly Omit<Member, 'owed'>[], unwell: () => ReadonlySet<string> = () => NONE) {
    this.#members = members.map((member) => ({ ...member, owed: 0 }));
    this.#unwell = unwell;
  }

  get size(): number {
    return this.#members.length;
  }

  /**
   * The next back end: one that is well, and not resting before one that is; `not` only where there is no other.
   * Undefined where health checks have found all of them unwell.
   */
  next(at: number, not?: Backend): Backend | undefined {
    const unwell = this.#unwell();
    let chosen: Member | undefined;
    let resting: Member | undefined;
    let same: Member | undefined;
    let sum = 0;
    for (const member of this.#members) {
      if (unwell.size > 0 && unwell.has(member.key)) continue;
      const { backend, weight } = member;
      if (backend === not) same = member;
      else if (backend.restsUntil > at) {
        if (resting === undefined || backend.restsUntil < resting.backend.restsUntil) resting = member;
      } else {
        member.owed += weight;
        sum += weight;
        if (chosen === undefined || member.owed > chosen.owed) chosen = member;
      }
    }
    if (chosen !== undefined) chosen.owed -= sum;
    const backend = (chosen ?? resting ?? same)?.backend;
    if (backend !== undefined) backend.lastUsed = at;
    return backend;
  }
}

/** What all back ends of this thread depend on; either may change while running. */
export interface UpstreamParts {
  readonly upstreamTls?: () => UpstreamTls;
  /** Back ends that health checks have found unwell, as backendKey names them. */
  readonly unwellBackends?: () => ReadonlySet<string>;
}

const NO_TLS: UpstreamTls = {};

/** All back ends this thread has connections to. Enrolments that name the same one share its connections. */
export class Upstreams {
  readonly #limits: Limits;
  readonly #parts: UpstreamParts;
  readonly #backends = new Map<string, Backend>();
  #services = new WeakMap<Service, ServiceUpstream>();
  #tls: UpstreamTls;

  constructor(limits: Limits, parts: UpstreamParts = {}) {
    this.#limits = limits;
    this.#parts = parts;
    this.#tls = parts.upstreamTls?.() ?? NO_TLS;
  }

  of(service: Service): ServiceUpstream {
    const tls = this.#parts.upstreamTls?.() ?? NO_TLS;
    if (tls !== this.#tls) {
      this.#tls = tls;
      this.#services = new WeakMap();
    }
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const upstream = new ServiceUpstream(
      service.backends.map((entry) => ({
        backend: this.#backend(entry, service.timeouts.connect),
        weight: entry.weight,
        key: backendKey(service.service, entry.url),
      })),
      service.health === undefined ? undefined : this.#parts.unwellBackends,
    );
    this.#services.set(service, upstream);
    return upstream;
  }

  #backend(entry: BackendEntry, connectTimeout: number): Backend {
    const { url, tls } = entry;
    const material = tls?.use === undefined ? undefined : this.#tls[tls.use];
    const key = JSON.stringify([
      url,
      connectTimeout,
      tls?.use,
      tls?.pin,
      tls?.serverName,
      materialHash(material),
    ]);
    const known = this.#backends.get(key);
    if (known !== undefined) return known;
    const connections = this.#limits.upstreamConnections;
    const backend = new Backend(entry, { connectTimeout, connections, material });
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
