import { newSpanId } from '../tracing/trace-context.ts';
import type { CallSpan } from './call-span.ts';

/** One time that a traced call was sent to a back end. */
export class UpstreamSpan {
  readonly id = newSpanId();
  readonly begun: number;
  /** How often the call had been sent before. */
  readonly resent: number;
  readonly #call: CallSpan;
  readonly #backend: string;
  #status: number | undefined;
  #over = false;

  /** @param backend its origin, or "portal" */
  constructor(call: CallSpan, backend: string, resent: number) {
    this.#call = call;
    this.#backend = backend;
    this.resent = resent;
    this.begun = call.now();
  }

  answered(status: number): void {
    this.#status = status;
  }

  /** @param error why nothing, or nothing whole, came back */
  end(error?: string): void {
    if (this.#over) return;
    this.#over = true;
    const status = this.#status;
    const problem = error ?? (status !== undefined && status >= 400 ? String(status) : undefined);
    this.#call.upstreamOver(
      {
        ...addressOf(this.#backend),
        ...(status !== undefined && { 'http.response.status_code': status }),
        ...(this.resent > 0 && { 'http.request.resend_count': this.resent }),
        ...(problem !== undefined && { 'error.type': problem }),
      },
      this,
      problem !== undefined,
    );
  }
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const addressOf = (backend: string): Record<string, string | number> => {
  const url = URL.parse(backend);
  if (url === null) return { 'server.address': backend };
  const port = url.port === '' ? PORTS[url.protocol] : Number(url.port);
  return { 'server.address': url.hostname, ...(port !== undefined && { 'server.port': port }) };
};
