import type { TLSSocket } from 'node:tls';
import type { Admission } from '../decision/types.ts';
import type { Service } from '../services/enrolment.ts';
import type { Credential } from '../signin/credential.ts';
import { callerHeaders, forwardingHeaders, type CallerHeaders } from './caller-headers.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import { readPeerCredential } from './peer-credential.ts';
import type { Plane } from './plane.ts';

/**
 * One TLS connection and what is known of whoever is at its other end. The admission is reached at the first call
 * and stands while `Gate.isCurrent` says so, whether the session is new or resumed.
 */
export class Connection {
  readonly socket: TLSSocket;
  /** Address of the peer as text. */
  readonly from: string;
  admission: Admission | undefined;
  /** Whether the sign-in stands in the audit log. */
  signedIn = false;
  /** The call being carried; the others wait, so that a department meets them in the order they were sent. */
  current: Call | undefined;
  readonly waiting: Call[] = [];
  /** performance.now() at which the last call ended. */
  idleSince: number;
  readonly #plane: Plane;
  readonly #begin: (call: Call) => void;
  readonly #forwarding: readonly string[];
  #credential: Credential | undefined;
  #credentialRead = false;
  #sealed = false;
  #whenFree: (() => void) | undefined;
  readonly #callers = new Map<Service, CallerHeaders>();
  #callersOf: Admission | undefined;

  /** @param begin carries a call whose turn has come */
  constructor(plane: Plane, socket: TLSSocket, begin: (call: Call) => void) {
    this.#plane = plane;
    this.#begin = begin;
    this.socket = socket;
    this.from = (socket.remoteAddress ?? '').replace(/^::ffff:(?=[0-9.]+$)/, '');
    this.#forwarding = forwardingHeaders(this.from, plane.publicHost);
    this.idleSince = performance.now();
  }

  /** Carries a call now or when those before it are answered; false where too many wait already. */
  take(call: Call): boolean {
    if (this.#sealed) {
      call.gone = true;
      call.finish(CLIENT_GONE);
      return true;
    }
    if (this.current !== undefined) return this.waiting.push(call) <= this.#plane.limits.pipelined;
    this.current = call;
    this.#begin(call);
    return true;
  }

  /** The current call is over. */
  carryNext(): void {
    this.current = this.waiting.shift();
    if (this.current !== undefined) this.#begin(this.current);
    else if (!this.#sealed) this.#whenFree?.();
  }

  /** The answer to the current call closes the connection: whatever was sent ahead after it is passed over. */
  seal(): void {
    this.#sealed = true;
    this.#dropWaiting();
  }

  #dropWaiting(): void {
    for (const call of this.waiting.splice(0)) {
      call.gone = true;
      call.finish(CLIENT_GONE);
    }
  }

  /** Whether something unreadable has come: nothing that follows it is read as a request. */
  get poisoned(): boolean {
    return this.#whenFree !== undefined;
  }

  /**
   * Something unreadable has come. Where it belongs to the body of the last call that call fails with it; where
   * it comes after, `then` follows when all calls before it are answered.
   */
  poison(code: string, then: () => void): void {
    const last = this.waiting.at(-1) ?? this.current;
    if (last?.isBodyPending === true) {
      this.#whenFree = () => this.socket.destroySoon();
      last.bodyUnreadable(code);
    } else {
      this.#whenFree = then;
      if (this.current === undefined) then();
    }
  }

  /** The client is gone, and with it everybody to answer. */
  abandon(): void {
    const { current } = this;
    this.#dropWaiting();
    if (current === undefined) return;
    current.gone = true;
    current.exchange?.clientGone();
  }

  /** Whether `admission` (or its absence, where no certificate was presented) can be relied on now. */
  get isJudged(): boolean {
    if (this.admission !== undefined) return this.#plane.parts.gate.isCurrent(this.admission);
    return this.#credentialRead && this.#credential === undefined;
  }

  /** Judges what the peer presented. Never rejects. */
  async judge(): Promise<void> {
    if (!this.#credentialRead) {
      this.#credential = readPeerCredential(this.socket, this.from, Date.now());
      this.#credentialRead = true;
    }
    if (this.#credential === undefined) return;
    const { gate, metrics } = this.#plane.parts;
    const begun = performance.now();
    this.admission = await gate.admit(this.#credential);
    metrics.admitted((performance.now() - begun) / 1000);
  }

  /** The fields that tell `service` who calls; signed again when half of the assertion's life is over. */
  callerHeaders(service: Service, admission: Admission, at: number): readonly string[] {
    if (this.#callersOf !== admission) {
      this.#callers.clear();
      this.#callersOf = admission;
    }
    const known = this.#callers.get(service);
    if (known !== undefined && at < known.renewAt) return known.headers;
    const { identity } = admission;
    if (identity === undefined) throw new Error('only an identified caller is asserted');
    const fresh = callerHeaders(this.#plane, service, { ...admission, identity }, this.#forwarding, at);
    this.#callers.set(service, fresh);
    return fresh.headers;
  }
}
