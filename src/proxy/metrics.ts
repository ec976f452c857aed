import type { RefusalCode } from '../refusal/catalogue.ts';

/** Why nothing, or nothing whole, came back from a back end. */
export type UpstreamFailure =
  'connect' | 'connect-timeout' | 'reset' | 'timeout' | 'malformed' | 'truncated' | 'untrusted';

/**
 * What the data plane counts. Called on the hot path: an implementation adds to numbers and does nothing else.
 * All labels come from bounded sets: services are enrolled ones, header names those of header-hygiene.ts, reasons
 * those of framing.ts and Node's parser codes (HPE_…).
 */
export interface ProxyMetrics {
  /** A TCP connection was accepted; `connectionClosed` follows for each. */
  connectionOpened(): void;
  connectionClosed(): void;
  handshake(outcome: 'full' | 'resumed' | 'failed'): void;
  /** A connection turned away because there are as many as allowed. */
  connectionDropped(): void;
  callStarted(): void;
  /**
   * The call that `callStarted` announced is over. `service` is empty where it reached none; `status` is 0 where
   * the client went away before an answer. Seconds from the request head to the end of the answer.
   */
  callFinished(service: string, status: number, seconds: number): void;
  refused(code: RefusalCode): void;
  /** A request header a client may not set was removed; `name` in lower case, or a pattern such as "onecert-*". */
  headerRemoved(name: string): void;
  /** A request that could be read in more than one way was refused. */
  malformed(reason: string): void;
  upstreamFailed(service: string, failure: UpstreamFailure): void;
  upstreamRetried(service: string): void;
  /** A back end (its origin) was sent a call: "answered", "gateway-error" (502, 503, 504), or an UpstreamFailure. */
  backendCalled(backend: string, outcome: string): void;
  /** Others are preferred to a back end for a while. */
  backendRested(service: string, backend: string): void;
  assertionSigned(): void;
  /** Seconds a credential took to judge and identify. */
  admitted(seconds: number): void;
  tunnelOpened(service: string): void;
  tunnelClosed(service: string): void;
}
