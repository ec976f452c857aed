import type { Dispatcher } from 'undici';
import type { Service } from '../services/enrolment.ts';
import type { Backend } from './backend.ts';
import type { Call } from './call.ts';
import type { UpstreamFailure } from './metrics.ts';
import type { RequestBody } from './request-body.ts';
import { classifyUpstreamError } from './upstream-error.ts';
import type { ServiceUpstream } from './upstream.ts';

/** A back end that answers so has taken the call, and something behind it or in it does not work. */
const isGatewayError = (status: number): boolean => status >= 502 && status <= 504;

/** Which back end one call goes to, whether it may go to another, and what each is known by afterwards. */
export class Attempts {
  readonly #call: Call;
  readonly #service: Service;
  readonly #upstream: ServiceUpstream;
  #backend: Backend;
  #tried = 1;
  #retried = false;
  /** The request has been written, or part of it: it may have reached the back end. */
  sent = false;
  /** ms since the epoch, of the last dispatch. */
  dispatchedAt: number;

  constructor(call: Call, service: Service, upstream: ServiceUpstream, backend: Backend) {
    this.#call = call;
    this.#service = service;
    this.#upstream = upstream;
    this.#backend = backend;
    this.dispatchedAt = call.receivedAt;
  }

  /** @param headers alternating names and values, complete */
  dispatch(headers: readonly string[], body: RequestBody | null, handler: Dispatcher.DispatchHandler): void {
    const { path, search, method, isUpgrade } = this.#call;
    const { stripPath, path: own, timeouts } = this.#service;
    const backend = this.#backend;
    const below = stripPath ? path.slice(own.length) || '/' : path;
    const { span } = this.#call;
    const options: Dispatcher.DispatchOptions & { servername?: string } = {
      path: backend.basePath + below + search,
      method: method,
      headers: span === undefined ? (headers as string[]) : span.dispatched(headers, backend.origin),
      body,
      headersTimeout: timeouts.response,
      bodyTimeout: timeouts.response,
    };
    if (backend.servername !== undefined) options.servername = backend.servername;
    if (isUpgrade) options.upgrade = 'websocket';
    (isUpgrade ? backend.tunnels : backend.calls).dispatch(options, handler);
  }

  answered(status: number): void {
    this.#call.span?.upstream?.answered(status);
    const backend = this.#backend;
    if (!isGatewayError(status)) {
      backend.servedWell();
      this.#count('answered');
      return;
    }
    this.#count('gateway-error');
    this.#servedPoorly(new Error(`answered ${status}`));
  }

  /** Notes that nothing, or nothing whole, came back. @param begun something of the answer has left for the client */
  failed(error: Error, begun: boolean): Exclude<UpstreamFailure, 'truncated'> {
    const classified = classifyUpstreamError(error);
    const failure = !this.sent && classified === 'reset' ? 'connect' : classified;
    this.#call.plane.parts.metrics.upstreamFailed(this.#service.service, begun ? 'truncated' : failure);
    this.#count(begun ? 'truncated' : failure);
    this.#call.span?.upstream?.end(begun ? 'truncated' : failure);
    if (this.sent) this.#servedPoorly(error);
    else {
      this.#call.plane.parts.metrics.backendRested(this.#service.service, this.#backend.origin);
      if (this.#backend.unreached(Date.now())) this.log('warn', 'a back end cannot be reached', error);
    }
    return failure;
  }

  /** Takes another back end where there is one and the call may be sent again. Whether it may be dispatched now. */
  again(failure: UpstreamFailure): boolean {
    if (!this.#mayTryAgain(failure)) return false;
    const at = Date.now();
    const next = this.#upstream.next(at, this.#backend);
    if (next === undefined) return false;
    this.#call.plane.parts.metrics.upstreamRetried(this.#service.service);
    this.#tried += 1;
    this.sent = false;
    this.dispatchedAt = at;
    this.#backend = next;
    return true;
  }

  #mayTryAgain(failure: UpstreamFailure): boolean {
    // Nothing of it has left: whatever it is, it cannot have been done.
    if (!this.sent) return this.#tried < this.#upstream.size;
    const { method, bodyLength, isUpgrade } = this.#call;
    // It may have arrived: only what changes nothing (RFC 9110 section 9.2.1) is sent again, and only once.
    if (this.#retried || failure !== 'reset' || bodyLength !== 0 || isUpgrade) return false;
    this.#retried = method === 'GET' || method === 'HEAD';
    return this.#retried;
  }

  #servedPoorly(error: Error): void {
    if (!this.#backend.servedPoorly(Date.now())) return;
    this.#call.plane.parts.metrics.backendRested(this.#service.service, this.#backend.origin);
    this.log('warn', 'a back end does not serve its calls: others are preferred for a while', error);
  }

  #count(outcome: string): void {
    this.#call.plane.parts.metrics.backendCalled(this.#backend.origin, outcome);
  }

  log(level: 'debug' | 'warn' | 'error', message: string, error: Error): void {
    this.#call.plane.parts.log(level, message, {
      service: this.#service.service,
      backend: this.#backend.origin,
      reference: this.#call.reference,
      code: (error as NodeJS.ErrnoException).code ?? error.name,
    });
  }
}
