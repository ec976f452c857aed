import type { Admission } from '../decision/types.ts';
import type { Service } from '../services/enrolment.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Credential } from '../signin/credential.ts';
import { callerHeaders, type CallerHeaders } from './caller-headers.ts';
import type { Plane } from './plane.ts';

/** The session that a credential was taken from. */
export interface CallersSession {
  /** Never rejects. */
  readonly stands: () => Promise<boolean>;
  readonly onRefused: (code: RefusalCode) => void;
}

/**
 * Whoever calls with one credential, or with none, and what is known of them between calls. The admission is reached at
 * the first call and stands while `Gate.isCurrent` says so, whether the connection or session is new or resumed.
 */
export class Caller {
  readonly credential: Credential | undefined;
  admission: Admission | undefined;
  /** Whether the sign-in stands in the audit log. */
  signedIn: boolean;
  readonly #plane: Plane;
  readonly #headers = new Map<Service, CallerHeaders>();
  #headersOf: Admission | undefined;
  #judging: Promise<void> | undefined;

  readonly #of: CallersSession | undefined;

  /** @param session its sign-in was recorded where it happened */
  constructor(plane: Plane, credential: Credential | undefined, session?: CallersSession) {
    this.#plane = plane;
    this.credential = credential;
    this.signedIn = session !== undefined;
    this.#of = session;
  }

  /** Whether what the credential was taken from still stands: false for a session that has ended. Never rejects. */
  async stands(): Promise<boolean> {
    return this.#of === undefined || this.#of.stands();
  }

  /** Whether `admission` (or its absence, where there is no credential) can be relied on now. */
  get isJudged(): boolean {
    if (this.admission !== undefined) return this.#plane.parts.gate.isCurrent(this.admission);
    return this.credential === undefined;
  }

  /** Judges the credential; once for all calls that wait for it. Never rejects. */
  judge(): Promise<void> {
    this.#judging ??= this.#judge().finally(() => {
      this.#judging = undefined;
    });
    return this.#judging;
  }

  async #judge(): Promise<void> {
    if (this.credential === undefined) return;
    const { gate, metrics } = this.#plane.parts;
    const begun = performance.now();
    this.admission = await gate.admit(this.credential);
    metrics.admitted((performance.now() - begun) / 1000);
    const { refusal } = this.admission;
    if (refusal !== undefined) this.#of?.onRefused(refusal);
  }

  /** The fields that tell `service` who calls; signed again when half of the assertion's life is over. */
  headersFor(service: Service, admission: Admission, at: number): readonly string[] {
    if (this.#headersOf !== admission) {
      this.#headers.clear();
      this.#headersOf = admission;
    }
    const known = this.#headers.get(service);
    if (known !== undefined && at < known.renewAt) return known.headers;
    const { identity } = admission;
    if (identity === undefined) throw new Error('only an identified caller is asserted');
    const fresh = callerHeaders(this.#plane, service, { ...admission, identity }, at);
    this.#headers.set(service, fresh);
    return fresh.headers;
  }
}

/** Callers by what names them, at most `limit`: the one unused for longest is forgotten, and judged anew if it returns. */
export class Callers {
  readonly #callers = new Map<string, Caller>();
  readonly #limit: number;

  constructor(limit = 50_000) {
    this.#limit = limit;
  }

  of(name: string, make: () => Caller): Caller {
    const caller = this.#callers.get(name) ?? make();
    this.#callers.delete(name);
    this.#callers.set(name, caller);
    if (this.#callers.size > this.#limit) {
      const [oldest] = this.#callers.keys();
      if (oldest !== undefined) this.#callers.delete(oldest);
    }
    return caller;
  }
}
