import { DatabaseError } from 'pg';

/**
 * What an error of the driver means: `lost`: the server or the way to it is away; `busy`: it is there and cannot do this
 * now; `again`: the transaction met another one and can be run anew; `defect`: everything else.
 */
export type PostgresTrouble = 'lost' | 'busy' | 'again' | 'defect';

/** SQLSTATE codes (PostgreSQL manual, appendix A). */
const AGAIN = new Set(['40001', '40P01']);
const LOST = new Set([
  // admin_shutdown, crash_shutdown, cannot_connect_now
  '57P01',
  '57P02',
  '57P03',
  // read_only_sql_transaction: the server has become a standby
  '25006',
]);
const BUSY = new Set([
  // query_canceled (statement_timeout), lock_not_available, idle_in_transaction_session_timeout
  '57014',
  '55P03',
  '25P03',
]);

export const troubleOf = (error: unknown): PostgresTrouble => {
  if (error instanceof DatabaseError) {
    const { code = '' } = error;
    if (AGAIN.has(code)) return 'again';
    // 08: connection exception; 28, 3D: the server is set up otherwise by now, and somebody has to mend it.
    if (LOST.has(code) || /^(?:08|28|3D)/.test(code)) return 'lost';
    // 53: insufficient resources (connections, disk, memory).
    if (BUSY.has(code) || code.startsWith('53')) return 'busy';
    return 'defect';
  }
  const { message = '', code } = error as NodeJS.ErrnoException;
  // The driver's own, which have no code (pg/lib/client.js, pg-pool/index.js).
  if (message === 'timeout exceeded when trying to connect') return 'busy';
  if (
    /^(?:Connection terminated|Query read timeout|Client has encountered a connection error)/.test(message)
  ) {
    return 'lost';
  }
  if (/^(?:The server does not support SSL|Client was closed|Cannot use a pool after)/.test(message))
    return 'lost';
  return WAY.test(code ?? '') ? 'lost' : 'defect';
};

/** Codes of sockets, name resolution and TLS (errno(3), getaddrinfo(3), OpenSSL's X509_V_ERR_…). */
const WAY =
  /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_\w+|ERR_(?:TLS|SSL)_\w+|CERT_\w+|UNABLE_TO_\w+|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\w*)$/;

/** One line for an operator; the server's messages name objects and hold no values, its details do and are left out. */
export const reasonOf = (error: unknown): string => {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  return error instanceof DatabaseError || typeof code !== 'string' ? (message ?? 'unknown') : code;
};
