import type { RefusalCode } from '../refusal/catalogue.ts';
import { operationOf } from '../services/directory.ts';
import { reservedPathOf } from '../services/reserved-paths.ts';
import type { SpanAttributes } from '../tracing/span.ts';
import { newSpanId, withTraceparent, type TraceContext } from '../tracing/trace-context.ts';
import type { OpenSpan, Tracing } from '../tracing/tracing.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import type { Caller } from './caller.ts';
import { UpstreamSpan } from './upstream-span.ts';

/** Anything else is the client's own word (HTTP semantic conventions: http.request.method). */
const METHODS: ReadonlySet<string> = new Set([
  ...['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'],
]);

/**
 * The spans of one call that is traced, by OpenTelemetry's semantic conventions for HTTP as far as they tell nothing of
 * who calls: no url.path (it may hold numbers of people), no url.query, no client.address, no user_agent.
 */
export class CallSpan implements OpenSpan {
  readonly trace: TraceContext;
  readonly id = newSpanId();
  readonly #call: Call;
  readonly #tracing: Tracing;
  /** ms since the epoch at performance.now() 0, as of now: the clock may be set while the gateway runs. */
  readonly #epoch: number;
  /** The verdict stood since an earlier call of the connection or session, was in the cache, or was reached for this call. */
  #verdict: 'kept' | 'cached' | 'reached' = 'kept';
  #refusal: RefusalCode | undefined;
  #cut: string | undefined;
  #upstream: UpstreamSpan | undefined;

  constructor(call: Call, trace: TraceContext, tracing: Tracing) {
    this.#call = call;
    this.trace = trace;
    this.#tracing = tracing;
    this.#epoch = Date.now() - performance.now();
  }

  now(): number {
    return this.#epoch + performance.now();
  }

  /** Has the caller judged, with a span for it. Never rejects. */
  async judge(caller: Caller): Promise<void> {
    const judging: OpenSpan = { trace: this.trace, id: newSpanId(), now: () => this.now() };
    const begun = this.now();
    await this.#tracing.within(judging, () => caller.judge());
    const { admission } = caller;
    if (admission !== undefined)
      this.#verdict = admission.verdict.judgedAt < this.#call.receivedAt ? 'cached' : 'reached';
    this.#tracing.add({
      trace: this.trace.id,
      id: judging.id,
      parent: this.id,
      isParentRemote: false,
      name: 'judge certificate',
      kind: 'internal',
      begun,
      ended: this.now(),
      attributes: {
        'onecert.verdict': this.#verdict,
        ...(admission?.refusal !== undefined && { 'onecert.code': admission.refusal }),
      },
      failed: admission?.refusal === 'ONECERT_INTERNAL',
    });
  }

  /** The call goes to a back end, or to another one. The fields that go with it. */
  dispatched(headers: readonly string[], backend: string): string[] {
    const resent = this.#upstream === undefined ? 0 : this.#upstream.resent + 1;
    this.#upstream = new UpstreamSpan(this, backend, resent);
    return withTraceparent(headers, this.trace, this.#upstream.id);
  }

  get upstream(): UpstreamSpan | undefined {
    return this.#upstream;
  }

  /** The span of what is over at a back end. */
  upstreamOver(attributes: SpanAttributes, { id, begun }: UpstreamSpan, failed: boolean): void {
    const method = methodOf(this.#call);
    this.#tracing.add({
      trace: this.trace.id,
      id,
      parent: this.id,
      isParentRemote: false,
      name: method ?? 'HTTP',
      kind: 'client',
      begun,
      ended: this.now(),
      attributes: { 'http.request.method': method ?? '_OTHER', ...attributes },
      failed,
    });
  }

  refused(code: RefusalCode): void {
    this.#refusal = code;
  }

  /** The answer ends in the middle. */
  cut(reason: string): void {
    this.#cut = reason;
  }

  /** @param status of the answer, or CLIENT_GONE */
  finish(status: number): void {
    this.#upstream?.end(this.#cut ?? this.#refusal ?? 'client-gone');
    const method = methodOf(this.#call);
    const route = routeOf(this.#call);
    const error = this.#errorOf(status);
    this.#tracing.add({
      trace: this.trace.id,
      id: this.id,
      parent: this.trace.parent,
      isParentRemote: true,
      name: [method ?? 'HTTP', ...(route === undefined ? [] : [route])].join(' '),
      kind: 'server',
      begun: this.#call.receivedAt,
      ended: this.now(),
      attributes: {
        'http.request.method': method ?? '_OTHER',
        'url.scheme': 'https',
        'network.protocol.version': this.#call.request.httpVersion,
        ...(route !== undefined && { 'http.route': route }),
        ...(status !== CLIENT_GONE && { 'http.response.status_code': status }),
        ...(error !== undefined && { 'error.type': error }),
        ...this.#own(),
      },
      failed: error !== undefined,
    });
  }

  /** What a server is to blame for, and an answer that did not arrive. */
  #errorOf(status: number): string | undefined {
    if (this.#cut !== undefined) return this.#cut;
    if (status === CLIENT_GONE) return 'client-gone';
    return status >= 500 ? (this.#refusal ?? String(status)) : undefined;
  }

  #own(): SpanAttributes {
    const { plane, service, exchange, caller, reference } = this.#call;
    const isForwarded = exchange !== undefined && service !== undefined;
    const isDecided = isForwarded || this.#refusal !== undefined;
    return {
      'onecert.listener': plane.listener.kind,
      'onecert.reference': reference,
      ...(service !== undefined && {
        'onecert.service': service.service,
        'onecert.department': service.department.department,
      }),
      ...(isDecided && { 'onecert.decision': isForwarded ? 'allow' : 'refuse' }),
      ...(this.#refusal !== undefined && { 'onecert.code': this.#refusal }),
      ...(caller?.admission !== undefined && { 'onecert.verdict': this.#verdict }),
    };
  }
}

const methodOf = ({ method }: Call): string | undefined => (METHODS.has(method) ? method : undefined);

/** As it is enrolled, never as it was called. */
const routeOf = ({ service, method, path }: Call): string | undefined => {
  if (service === undefined) return reservedPathOf(path);
  const below = operationOf(service, method, path)?.path;
  return below === undefined || below === '/' ? service.path : service.path + below;
};
