import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Service } from '../services/enrolment.ts';
import { refusalForParserError } from './answer-unreadable.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import { DepartmentAnswer, type AnswerOwner } from './department-answer.ts';
import { withDepartmentCookies } from './department-cookies.ts';
import { cleanResponseHeaders } from './header-hygiene.ts';
import { outcomeEntry } from './record.ts';
import { refuseCall, sendRefusal } from './refuse-call.ts';
import { RequestBody } from './request-body.ts';
import { openTunnel } from './tunnel.ts';
import { classifyUpstreamError } from './upstream-error.ts';
import type { Backend, ServiceUpstream } from './upstream.ts';

type Controller = Dispatcher.DispatchController;

/**
 * One allowed call between its client and a back end: undici's handler. The request is on its way while the audit
 * log writes its entry; nothing of the answer leaves before the log has confirmed it (design, decision 9).
 */
export class Exchange implements Dispatcher.DispatchHandler, AnswerOwner {
  readonly #call: Call;
  readonly #service: Service;
  readonly #upstream: ServiceUpstream;
  readonly #headers: readonly string[];
  readonly #body: RequestBody | null;
  readonly #answer: DepartmentAnswer;
  #backend: Backend;
  #controller: Controller | undefined;
  /** The request has been written, or part of it: it may have reached the back end. */
  #sent = false;
  #retried = false;
  #tried = 1;
  /** ms since the epoch, of the last dispatch. */
  #dispatchedAt: number;
  /** Entries the audit log has not confirmed yet. */
  #unconfirmed: number;
  #upgraded: { readonly socket: Duplex; readonly headers: readonly string[] } | undefined;
  /** Nothing more comes of this exchange. */
  #over = false;

  /** @param headers alternating names and values, complete */
  constructor(
    call: Call,
    service: Service,
    upstream: ServiceUpstream,
    headers: readonly string[],
    unconfirmed: number,
  ) {
    this.#call = call;
    this.#service = service;
    this.#upstream = upstream;
    this.#headers = headers;
    this.#unconfirmed = unconfirmed;
    this.#body = call.bodyLength === 0 ? null : new RequestBody(call, service.bodyLimit);
    this.#answer = new DepartmentAnswer(call, this);
    this.#backend = upstream.next(call.receivedAt);
    this.#dispatchedAt = call.receivedAt;
  }

  dispatch(): void {
    const { path, search, method, isUpgrade } = this.#call;
    const backend = this.#backend;
    const { response: timeout } = this.#service.timeouts;
    const below = this.#service.stripPath ? path.slice(this.#service.path.length) || '/' : path;
    const options: Dispatcher.DispatchOptions & { servername?: string } = {
      path: backend.basePath + below + search,
      method: method,
      headers: this.#headers as string[],
      body: this.#body,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    };
    if (backend.servername !== undefined) options.servername = backend.servername;
    if (isUpgrade) options.upgrade = 'websocket';
    (isUpgrade ? backend.tunnels : backend.calls).dispatch(options, this);
  }

  /** One of the audit entries is written, or could not be. */
  confirm(error: Error | undefined): void {
    this.#unconfirmed -= 1;
    if (this.#over) return;
    if (error !== undefined) this.#giveUp('ONECERT_AUDIT_UNAVAILABLE');
    else if (this.#unconfirmed === 0) {
      this.#answer.release();
      this.#openTunnel();
    }
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#sent = true;
    if (this.#over) controller.abort(new Error('the call is over'));
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    if (this.#over) return;
    if (status < 200) {
      this.#forwardInformational(status, headers);
      return;
    }
    const { method, request } = this.#call;
    this.#backend.answered();
    const canTrail = method !== 'HEAD' && status !== 204 && status !== 304 && request.httpVersionMinor === 1;
    const cleaned = this.#clean(controller.rawHeaders as Buffer[], canTrail);
    this.#answer.begin(controller, status, statusMessage, cleaned);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (!this.#over) this.#answer.push(chunk);
  }

  onResponseEnd({ rawTrailers }: Controller): void {
    if (this.#over) return;
    const trailers = rawTrailers as Buffer[] | null;
    this.#answer.end(trailers === null || trailers.length === 0 ? [] : cleanResponseHeaders(trailers, false));
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    if (this.#over) return;
    if (this.#call.gone) {
      this.clientGone();
      return;
    }
    if (this.#body?.tooLarge === true && !this.#answer.headSent) {
      this.#giveUp('ONECERT_BODY_TOO_LARGE');
      return;
    }
    if ((error as NodeJS.ErrnoException).code === 'UND_ERR_INVALID_ARG') {
      // A request undici will not write; the checks before this should have refused it.
      this.#log('error', 'a call could not be written', error);
      this.#giveUp('ONECERT_INTERNAL');
      return;
    }
    const classified = classifyUpstreamError(error);
    const failure = !this.#sent && classified === 'reset' ? 'connect' : classified;
    const { metrics } = this.#call.plane.parts;
    metrics.upstreamFailed(this.#service.service, this.#answer.headSent ? 'truncated' : failure);
    if (!this.#sent && this.#backend.failed(Date.now()))
      this.#log('warn', 'a back end cannot be reached', error);
    if (this.#answer.headSent) this.#cut();
    else if (this.#answer.status === 0 && this.#mayTryAgain(failure)) this.#tryAgain();
    else {
      this.#log('debug', 'a back end failed a call', error);
      this.#giveUp(failure.endsWith('timeout') ? 'ONECERT_UPSTREAM_TIMEOUT' : 'ONECERT_UPSTREAM_UNREACHABLE');
    }
  }

  onRequestUpgrade(
    { rawHeaders }: Controller,
    status: number,
    _headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    socket.on('error', () => {});
    if (this.#over || status !== 101) {
      socket.destroy();
      if (!this.#over) this.#giveUp('ONECERT_UPSTREAM_UNREACHABLE');
      return;
    }
    this.#backend.answered();
    this.#upgraded = { socket, headers: this.#clean(rawHeaders as Buffer[], false) };
    this.#openTunnel();
  }

  /** A department speaks for itself and keeps its cookies to itself; the portal is the gateway's own. */
  #clean(raw: readonly Buffer[], canTrail: boolean): string[] {
    const isPortal = this.#call.plane.parts.portal?.service === this.#service;
    const cleaned = cleanResponseHeaders(raw, canTrail, isPortal);
    return isPortal ? cleaned : withDepartmentCookies(cleaned, this.#service.path);
  }

  answerUnwritable(error: Error): void {
    this.#call.plane.parts.metrics.upstreamFailed(this.#service.service, 'malformed');
    this.#log('warn', 'an answer has a field that cannot be written', error);
    this.#giveUp('ONECERT_UPSTREAM_UNREACHABLE');
  }

  /** The client has closed its connection. */
  clientGone(): void {
    if (this.#over) return;
    this.#stop('the client went away');
    this.#record('client-gone');
    this.#call.finish(CLIENT_GONE);
  }

  /** The rest of the request's body cannot be had. @param code of Node's parser */
  requestFailed(code: string): void {
    if (this.#over) return;
    if (this.#answer.headSent) this.#cut();
    else this.#giveUp(refusalForParserError(code));
  }

  /** Gives up where no connection to the back end has come free for longer than an answer may take. */
  expire(now: number): void {
    const { connect, response } = this.#service.timeouts;
    if (this.#over || this.#sent || now - this.#dispatchedAt < connect + response) return;
    this.#call.plane.parts.metrics.upstreamFailed(this.#service.service, 'connect-timeout');
    this.#giveUp('ONECERT_UPSTREAM_TIMEOUT');
  }

  /** Ends the call in the middle, in a way that cannot be taken for its own end. */
  cut(): void {
    if (this.#over) return;
    if (this.#answer.headSent) this.#cut();
    else {
      this.#stop('cut');
      this.#call.connection.socket.destroy();
      this.#call.finish(CLIENT_GONE);
    }
  }

  #openTunnel(): void {
    if (this.#upgraded === undefined || this.#unconfirmed > 0) return;
    this.#over = true;
    this.#answer.drop();
    openTunnel(this.#call, this.#service, this.#upgraded.socket, this.#upgraded.headers);
  }

  /** Early hints (RFC 8297); passed over while the call is not in the log. */
  #forwardInformational(status: number, { link }: IncomingHttpHeaders): void {
    const { response, request, isUpgrade } = this.#call;
    if (status !== 103 || link === undefined || this.#unconfirmed > 0) return;
    if (isUpgrade || request.httpVersionMinor === 0) return;
    try {
      response.writeEarlyHints({ link });
    } catch {
      // Hints that Node finds malformed are hints no more.
    }
  }

  #mayTryAgain(failure: ReturnType<typeof classifyUpstreamError>): boolean {
    if (!this.#sent) return this.#tried < this.#upstream.backends.length;
    const { method, bodyLength, isUpgrade } = this.#call;
    // It may have arrived: only what changes nothing (RFC 9110 section 9.2.1) is sent again, and only once.
    if (this.#retried || failure !== 'reset' || bodyLength !== 0 || isUpgrade) return false;
    this.#retried = method === 'GET' || method === 'HEAD';
    return this.#retried;
  }

  #tryAgain(): void {
    this.#call.plane.parts.metrics.upstreamRetried(this.#service.service);
    this.#tried += 1;
    this.#sent = false;
    this.#controller = undefined;
    this.#dispatchedAt = Date.now();
    this.#backend = this.#upstream.next(this.#dispatchedAt, this.#backend);
    setImmediate(() => {
      if (!this.#over) this.dispatch();
    });
  }

  /** Aborts what is under way at the back end. */
  #stop(reason: string): void {
    this.#over = true;
    this.#answer.drop();
    this.#upgraded?.socket.destroy();
    this.#controller?.abort(new Error(reason));
    this.#body?.destroy();
  }

  /** Answers in the department's place. */
  #giveUp(code: RefusalCode): void {
    this.#stop(code);
    const isUpstream = code === 'ONECERT_UPSTREAM_UNREACHABLE' || code === 'ONECERT_UPSTREAM_TIMEOUT';
    if (isUpstream) this.#record('answered-by-gateway', code, () => sendRefusal(this.#call, code));
    else if (code === 'ONECERT_AUDIT_UNAVAILABLE') sendRefusal(this.#call, code);
    else refuseCall(this.#call, code);
  }

  /** Part of the answer is out: an end that cannot be taken for the answer's own. */
  #cut(): void {
    this.#stop('the answer is cut');
    this.#record('answer-cut');
    this.#call.connection.socket.destroy();
    this.#call.finish(this.#answer.status);
  }

  #record(
    outcome: Parameters<typeof outcomeEntry>[1],
    code?: RefusalCode,
    done: () => void = () => {},
  ): void {
    const entry = outcomeEntry(this.#call, outcome, Date.now(), code);
    this.#call.plane.parts.audit.record(entry, 'written', done);
  }

  #log(level: 'debug' | 'warn' | 'error', message: string, error: Error): void {
    this.#call.plane.parts.log(level, message, {
      service: this.#service.service,
      backend: this.#backend.origin,
      reference: this.#call.reference,
      code: (error as NodeJS.ErrnoException).code ?? error.name,
    });
  }
}
