import type { AssertionIssuer } from '../../assertion/issue.ts';
import type { AuditSink } from '../../audit/entry.ts';
import type { CallLimiter } from '../../decision/call-limiter.ts';
import type { SessionJudgeParts } from '../../decision/judge-session.ts';
import type { Gate } from '../../decision/types.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import type { RefusalContext } from '../../refusal/context.ts';
import type { Service } from '../../services/enrolment.ts';
import type { SessionCache } from '../../signin/session-cache.ts';

/** Everything forward-auth works with, made by whoever composes the gateway. */
export interface ForwardAuthParts {
  readonly gate: Pick<Gate, 'admit' | 'decide'>;
  readonly sessions: Pick<SessionCache, 'find'>;
  /** Ends one that is found to be over, and sees to it that the audit log has it. */
  readonly endSession: SessionJudgeParts['endSession'];
  readonly assertions: Pick<AssertionIssuer, 'issue'>;
  /** Keeps services' limits. Not given: there are none. */
  readonly limiter?: Pick<CallLimiter, 'ask'>;
  /** A call was refused; for metrics. */
  readonly onRefused?: (code: RefusalCode) => void;
  /** A subject's name for one department. */
  readonly pairwiseId: (unifiedId: string, department: string) => string;
  readonly audit: AuditSink;
  /** The data plane's reading of a request target (src/proxy/target.ts). */
  readonly readTarget: (
    uri: string,
  ) => { readonly path: string; readonly search: string } | 'ambiguous' | 'malformed';
  /** Origin where people sign in: https://localhost:8440. */
  readonly signInOrigin: string;
  /** Names of the authorities the service (or the platform) accepts. */
  readonly acceptedAuthorities: (service?: Service) => RefusalContext['accepted'];
  /** HTML of a refusal with the Content-Security-Policy that goes with it. */
  readonly refusalPage: (
    context: RefusalContext,
    headers: { readonly 'accept-language'?: string | undefined; readonly cookie?: string | undefined },
  ) => { readonly html: string; readonly policy: string };
  /** ms since the epoch. */
  readonly clock: () => number;
}
