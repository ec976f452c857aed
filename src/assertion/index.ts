/** `onecert/assertion`: what a department's back end needs to know its callers by the gateway's word. */
export { AssertionError, type AssertionErrorCode } from './assertion-error.ts';
export {
  ASSERTION_HEADER,
  ASSERTION_TYPE,
  type AssertedActor,
  type AssertedIdentifier,
  type AssertionClaims,
} from './claims.ts';
export { requireAssertion, type AssertionMiddleware } from './express.ts';
export {
  createAssertionIssuer,
  type AssertionIssuer,
  type AssertionIssuerOptions,
  type AssertionSubject,
  type JsonWebKeySet,
} from './issue.ts';
export type { KeySource } from './key-set.ts';
export { verifyAssertion, type VerifyAssertionOptions } from './verify.ts';
