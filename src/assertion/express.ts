import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AssertionError } from './assertion-error.ts';
import { ASSERTION_HEADER, type AssertionClaims } from './claims.ts';
import { checkOptions, verifyAssertion, type VerifyAssertionOptions } from './verify.ts';

declare global {
  // Express's own place for what middleware adds to a request.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** Who calls, as the gateway asserts it; set by requireAssertion. */
      onecert?: AssertionClaims;
    }
  }
}

export type AssertionMiddleware = (
  request: IncomingMessage & { onecert?: AssertionClaims },
  response: ServerResponse,
  next: () => void,
) => void;

/**
 * Middleware for Express (and anything else with its signature) that lets only calls through which the gateway
 * asserts, with the claims in `req.onecert`. Others are answered here with problem+json (RFC 9457): 401, or 503
 * when the gateway's keys cannot be fetched.
 *
 * @throws TypeError at once where the options leave a check out
 */
export const requireAssertion = (options: VerifyAssertionOptions): AssertionMiddleware => {
  checkOptions(options);
  const name = ASSERTION_HEADER.toLowerCase();
  return (request, response, next) => {
    const header = request.headers[name];
    verifyAssertion(typeof header === 'string' ? header : '', options).then(
      (claims) => {
        request.onecert = claims;
        next();
      },
      (error: AssertionError) => refuse(response, error),
    );
  };
};

const refuse = (response: ServerResponse, error: AssertionError): void => {
  const status = error.code === 'ASSERTION_KEYS_UNAVAILABLE' ? 503 : 401;
  const problem = {
    type: `urn:onecert:assertion:${error.code}`,
    title:
      status === 503 ? 'The keys of the gateway cannot be fetched' : 'This call was not made through OneCert',
    status,
    code: error.code,
  };
  response
    .writeHead(status, {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(status === 401 ? { 'WWW-Authenticate': ASSERTION_HEADER } : { 'Retry-After': '5' }),
    })
    .end(JSON.stringify(problem));
};
