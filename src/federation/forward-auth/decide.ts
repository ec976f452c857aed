import { rateLimitFields } from '../../decision/call-limiter.ts';
import type { Admission, Decision } from '../../decision/types.ts';
import { judgeSession } from '../../decision/judge-session.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import type { Service } from '../../services/enrolment.ts';
import type { ForwardAuthParts } from './forward-auth-parts.ts';
import type { Question } from './question.ts';

export type Allowed = Extract<Decision, { outcome: 'allow' }>;

export interface Refused {
  readonly outcome: 'refuse';
  readonly code: RefusalCode;
  /** For the audit entry, where the code alone does not say it. */
  readonly reason?: string;
  readonly service?: Service | undefined;
  readonly admission?: Admission | undefined;
  /** More fields of the answer: alternating names and values. */
  readonly fields?: readonly string[];
}

/**
 * Whether the call asked about may go on. Rejects with a Refusal ONECERT_SESSION_UNAVAILABLE while the store of sessions
 * cannot answer.
 */
export const decide = async (
  parts: Pick<ForwardAuthParts, 'gate' | 'sessions' | 'endSession' | 'limiter'>,
  question: Question,
): Promise<Allowed | Refused> => {
  const { fault, method, path } = question;
  if (fault !== undefined) return { outcome: 'refuse', code: fault.code, reason: fault.detail };
  const admission = await admitCaller(parts, question);
  if (admission !== undefined && isFromElsewhere(question)) {
    return { outcome: 'refuse', code: 'ONECERT_CROSS_SITE', admission };
  }
  const decision = parts.gate.decide(admission, { method, path });
  if (decision.outcome === 'refuse') return { ...decision, admission };
  const { service, identity } = decision;
  const reached = parts.limiter?.ask(service, { ...decision.admission, identity }, question.at);
  if (reached === undefined) return decision;
  return {
    outcome: 'refuse',
    code: 'ONECERT_SERVICE_RATE_LIMITED',
    reason: reached.scope,
    service,
    admission,
    fields: rateLimitFields(reached),
  };
};

/**
 * By the certificate that the proxy hands on, which its client has just proved to hold; else by the session's. A session
 * that is found to be over ends, as at the portal.
 */
const admitCaller = async (
  { gate, sessions, endSession }: Pick<ForwardAuthParts, 'gate' | 'sessions' | 'endSession'>,
  { request, context: { credential, from } }: Question,
): Promise<Admission | undefined> => {
  if (credential !== undefined) {
    const chain = credential.chain.map((der) => Buffer.from(der, 'base64'));
    return gate.admit({ ...credential, chain, from });
  }
  const session = await sessions.find(request.headers.cookie);
  if (session === undefined) return undefined;
  const judge = {
    gate,
    // By a copy of the session people are served while the store is away. This call is refused, whether or not it ends.
    endSession: (...found: Parameters<typeof endSession>) => endSession(...found).catch(() => undefined),
  };
  return (await judgeSession(judge, session, from))?.admission;
};

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A call that changes something, made by a page of another site in the browser of somebody known here (CWE-352). By
 * fetch metadata where the browser sends it, else by Origin, against the host that the proxy was asked for.
 */
const isFromElsewhere = ({ request: { headers }, context, method }: Question): boolean => {
  const isWebSocket = headers['sec-websocket-key'] !== undefined;
  if (SAFE_METHODS.has(method) && !isWebSocket) return false;
  const { 'sec-fetch-site': site, origin } = headers;
  if (typeof site === 'string') return site !== 'same-origin' && site !== 'none';
  if (origin === undefined) return false;
  const hosts = (context.askedAbout ?? []).filter(([name]) => name === 'x-forwarded-host');
  return hosts.length !== 1 || origin !== `https://${hosts[0]?.[1].toLowerCase()}`;
};
