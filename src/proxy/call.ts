import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission, CallTarget } from '../decision/types.ts';
import type { Service } from '../services/enrolment.ts';
import type { Caller } from './caller.ts';
import type { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { CallSpan } from './call-span.ts';
import type { Plane } from './plane.ts';
import type { TraceContext } from '../tracing/trace-context.ts';

/** How a call ended for its client. */
export const CLIENT_GONE = 0;

/** One request and the answer to it, from its head to the end of the answer. */
export class Call implements CallTarget {
  readonly plane: Plane;
  readonly connection: Connection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Names the call in the audit log, to the department and on refusal pages. */
  readonly reference: string;
  /** ms since the epoch. */
  readonly receivedAt: number;
  /** performance.now() */
  readonly #begun: number;
  readonly method: string;
  path = '';
  search = '';
  /** Fields that may go on: alternating names and values. */
  headers: readonly string[] = [];
  /** Trace id (W3C Trace Context), once it is forwarded. */
  trace: string | undefined;
  /** What has been decided of its trace, where traces are exported. */
  tracing: TraceContext | undefined;
  /** Its spans, where it is traced. */
  span: CallSpan | undefined;
  /** Of the body: octets as declared, -1 where it comes in chunks, 0 where there is none. */
  bodyLength = 0;
  /** The client waits for 100 (Continue) before it sends the body. */
  awaitsContinue = false;
  /** What came after the head of a WebSocket request; undefined for any other. */
  readonly upgradeHead: Buffer | undefined;
  /** Who makes it; undefined until that is known, and where the message was refused before. */
  caller: Caller | undefined;
  /** Address it comes from as text. */
  from: string;
  /** Where it comes from, for the department: alternating names and values. */
  forwarding: readonly string[];
  service: Service | undefined;
  exchange: Exchange | undefined;
  /** The connection cannot be used after this answer. */
  closes = false;
  /** The client can no longer be answered. */
  gone = false;
  /** Why the body cannot be relied on or will not come, where it is so: nothing of it is read any more. */
  unreadable: string | undefined;
  #over = false;

  constructor(
    plane: Plane,
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    upgradeHead?: Buffer,
  ) {
    this.plane = plane;
    this.connection = connection;
    this.from = connection.from;
    this.forwarding = connection.forwarding;
    this.request = request;
    this.response = response;
    this.upgradeHead = upgradeHead;
    this.reference = plane.nextReference();
    this.method = request.method ?? '';
    this.receivedAt = Date.now();
    this.#begun = performance.now();
    plane.parts.metrics.callStarted();
  }

  get admission(): Admission | undefined {
    return this.caller?.admission;
  }

  get isUpgrade(): boolean {
    return this.upgradeHead !== undefined;
  }

  /** Whether octets of the body may still be on their way. */
  get isBodyPending(): boolean {
    return this.bodyLength !== 0 && !this.request.complete && this.unreadable === undefined;
  }

  /** The parser could make nothing of the rest of the body, or waits for it no longer. */
  bodyUnreadable(code: string): void {
    this.unreadable = code;
    this.closes = true;
    this.exchange?.requestFailed(code);
  }

  /** The answer is complete, or there will be none. @param status of the answer, or CLIENT_GONE */
  finish(status: number): void {
    if (this.#over) return;
    this.#over = true;
    const now = performance.now();
    this.span?.finish(status);
    this.plane.parts.metrics.callFinished(this.service?.service ?? '', status, (now - this.#begun) / 1000);
    // Refusals have entries of their own, and so have clients that went away.
    if (this.exchange !== undefined && this.service !== undefined && status !== CLIENT_GONE) {
      const { service, department } = this.service;
      this.plane.parts.answers?.answered(department.department, service, status, now - this.#begun);
    }
    const { connection } = this;
    if (connection.current !== this) return;
    connection.idleSince = now;
    connection.carryNext();
  }
}
