import type { UpstreamFailure } from './metrics.ts';

/** What undici's and Node's errors mean for a call. Anything unknown counts as a reset: the call may have arrived. */
export const classifyUpstreamError = (error: Error): Exclude<UpstreamFailure, 'truncated'> => {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'timeout';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'connect-timeout';
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'connect';
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'malformed';
    default:
      return code.startsWith('HPE_') ? 'malformed' : 'reset';
  }
};
