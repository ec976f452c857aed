/** What one peer may take of the gateway's time and memory. Times in ms, sizes in bytes. */
export interface Limits {
  /** From the TCP connection to the end of the TLS handshake. */
  readonly handshakeTimeout: number;
  /** From the first byte of a request to the end of its head. */
  readonly headTimeout: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeout: number;
  /** A connection without a request is closed after this. */
  readonly keepAliveTimeout: number;
  /** Nothing has moved on an open WebSocket in either direction. */
  readonly tunnelIdleTimeout: number;
  /** Request line and header fields together. */
  readonly headSize: number;
  readonly headerCount: number;
  /** Of one data-plane thread. */
  readonly connections: number;
  /** A call that takes longer is judged again when an epoch moves, as WebSockets are. */
  readonly longCall: number;
  /** Requests sent ahead on one connection; they are carried one after the other. */
  readonly pipelined: number;
  /** Body of a refused request up to which its connection stays usable; after a longer one it is closed. */
  readonly discardedBody: number;
  /** Connections to one back end, of one data-plane thread. */
  readonly upstreamConnections: number;
}

export const DEFAULT_LIMITS: Limits = {
  handshakeTimeout: 10_000,
  headTimeout: 15_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 65_000,
  tunnelIdleTimeout: 300_000,
  headSize: 16_384,
  headerCount: 100,
  connections: 10_000,
  longCall: 10_000,
  pipelined: 16,
  discardedBody: 65_536,
  upstreamConnections: 256,
};
