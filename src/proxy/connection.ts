import type { TLSSocket } from 'node:tls';
import { forwardingHeaders } from './caller-headers.ts';
import { Caller } from './caller.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import { readPeerCredential } from './peer-credential.ts';
import type { Plane } from './plane.ts';

/** One TLS connection: the calls on it, one after the other. */
export class Connection {
  readonly socket: TLSSocket;
  /** Address of the peer as text. */
  readonly from: string;
  /** Where calls come from, for the department; unless they say otherwise themselves (a terminator's). */
  readonly forwarding: readonly string[];
  /** The call being carried; the others wait, so that a department meets them in the order they were sent. */
  current: Call | undefined;
  readonly waiting: Call[] = [];
  /** performance.now() at which the last call ended. */
  idleSince: number;
  readonly #plane: Plane;
  readonly #begin: (call: Call) => void;
  #peer: Caller | undefined;
  #sealed = false;
  #whenFree: (() => void) | undefined;

  /** @param begin carries a call whose turn has come */
  constructor(plane: Plane, socket: TLSSocket, begin: (call: Call) => void) {
    this.#plane = plane;
    this.#begin = begin;
    this.socket = socket;
    this.from = (socket.remoteAddress ?? '').replace(/^::ffff:(?=[0-9.]+$)/, '');
    this.forwarding = forwardingHeaders(this.from, plane.publicHost);
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

  /** Whoever is at the other end, by the certificate presented in the handshake. */
  get peer(): Caller {
    this.#peer ??= new Caller(this.#plane, readPeerCredential(this.socket, this.from, Date.now()));
    return this.#peer;
  }
}
