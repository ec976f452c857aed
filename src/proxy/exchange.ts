import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Service } from '../services/enrolment.ts';
import { refusalForParserError } from './answer-unreadable.ts';
import type { Attempts } from './attempts.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import { DepartmentAnswer, type AnswerOwner } from './department-answer.ts';
import { withDepartmentCookies } from './department-cookies.ts';
import { cleanResponseHeaders, cleanTrailers } from './header-hygiene.ts';
import { outcomeEntry } from './record.ts';
import { refuseCall, sendRefusal } from './refuse-call.ts';
import { RequestBody } from './request-body.ts';
import { openTunnel } from './tunnel.ts';

type Controller = Dispatcher.DispatchController;

/** What the caller is told where no back end served the call. */
const REFUSALS = {
  connect: 'ONECERT_UPSTREAM_UNREACHABLE',
  'connect-timeout': 'ONECERT_UPSTREAM_TIMEOUT',
  reset: 'ONECERT_UPSTREAM_UNREACHABLE',
  timeout: 'ONECERT_UPSTREAM_TIMEOUT',
  malformed: 'ONECERT_UPSTREAM_UNREACHABLE',
  untrusted: 'ONECERT_UPSTREAM_UNTRUSTED',
} as const satisfies Record<string, RefusalCode>;

/**
 * One allowed call between its client and a back end: undici's handler. The request is on its way while the audit
 * log writes its entry; nothing of the answer leaves before the log has confirmed it (design, decision 9).
 */
export class Exchange implements Dispatcher.DispatchHandler, AnswerOwner {
  readonly #call: Call;
  readonly #service: Service;
  readonly #attempts: Attempts;
  readonly #headers: readonly string[];
  readonly #body: RequestBody | null;
  readonly #answer: DepartmentAnswer;
  #controller: Controller | undefined;
  /** Entries the audit log has not confirmed yet. */
  #unconfirmed: number;
  #upgraded: { readonly socket: Duplex; readonly headers: readonly string[] } | undefined;
  /** Nothing more comes of this exchange. */
  #over = false;

  /** @param headers alternating names and values, complete */
  constructor(
    call: Call,
    service: Service,
    attempts: Attempts,
    headers: readonly string[],
    unconfirmed: number,
  ) {
    this.#call = call;
    this.#service = service;
    this.#attempts = attempts;
    this.#headers = headers;
    this.#unconfirmed = unconfirmed;
    this.#body = call.bodyLength === 0 ? null : new RequestBody(call, service.bodyLimit);
    this.#answer = new DepartmentAnswer(call, this);
  }

  dispatch(): void {
    this.#attempts.dispatch(this.#headers, this.#body, this);
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
    this.#attempts.sent = true;
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
    this.#attempts.answered(status);
    const canTrail = method !== 'HEAD' && status !== 204 && status !== 304 && request.httpVersionMinor === 1;
    const cleaned = this.#clean(controller.rawHeaders as Buffer[], canTrail);
    this.#answer.begin(controller, status, statusMessage, cleaned);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (!this.#over) this.#answer.push(chunk);
  }

  onResponseEnd({ rawTrailers }: Controller): void {
    if (this.#over) return;
    this.#call.span?.upstream?.end();
    const trailers = rawTrailers as Buffer[] | null;
    this.#answer.end(trailers === null || trailers.length === 0 ? [] : cleanTrailers(trailers));
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
      this.#attempts.log('error', 'a call could not be written', error);
      this.#giveUp('ONECERT_INTERNAL');
      return;
    }
    const failure = this.#attempts.failed(error, this.#answer.headSent);
    if (this.#answer.headSent) this.#cut();
    else if (this.#answer.status === 0 && this.#attempts.again(failure)) {
      this.#controller = undefined;
      setImmediate(() => {
        if (!this.#over) this.dispatch();
      });
    } else {
      this.#attempts.log('debug', 'a back end failed a call', error);
      this.#giveUp(REFUSALS[failure]);
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
    this.#attempts.answered(status);
    this.#call.span?.upstream?.end();
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
    this.#attempts.log('warn', 'an answer has a field that cannot be written', error);
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
    if (this.#over || this.#attempts.sent || now - this.#attempts.dispatchedAt < connect + response) return;
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
    if (code.startsWith('ONECERT_UPSTREAM_'))
      this.#record('answered-by-gateway', code, () => sendRefusal(this.#call, code));
    else if (code === 'ONECERT_AUDIT_UNAVAILABLE') sendRefusal(this.#call, code);
    else refuseCall(this.#call, code);
  }

  /** Part of the answer is out: an end that cannot be taken for the answer's own. */
  #cut(): void {
    this.#stop('the answer is cut');
    this.#call.span?.cut('answer-cut');
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
}
