import type { Listener } from './listener.ts';

/** Callers are who they are by the certificate of their TLS connection. */
export const mutualTlsListener: Listener = {
  kind: 'mutual-tls',
  callerOf: ({ connection }) => connection.peer,
};
