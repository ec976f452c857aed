import type { Credential, Proof } from './credential.ts';

/**
 * A browser that has signed in. It stands for the certificate that was shown then, which is judged again as the
 * epochs move: a session never outlives the trust in its certificate.
 */
export interface Session {
  /** SHA-256 of the id in the cookie, base64url. The id itself is kept nowhere. */
  readonly key: string;
  readonly unifiedId: string;
  readonly kind: 'citizen' | 'enterprise';
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** Of the leaf, as in its Verdict. */
  readonly thumbprint: string;
  /** Identifier of the authority in the trust list. */
  readonly authority: string;
  readonly proof: Proof;
  /** ms since the epoch, as all times here. */
  readonly provenAt: number;
  readonly createdAt: number;
  /** Up to a minute behind the last request: it is not written at each. */
  readonly lastSeen: number;
  /** Address the sign-in came from. */
  readonly from: string;
  /** Family of the browser ("Firefox"), for the person to recognise a session by; not its version. */
  readonly agent: string;
}

export interface SessionLimits {
  /** A session without a request for so long is over. */
  readonly idleMs: number;
  /** Every session is over so long after it began. */
  readonly absoluteMs: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = { idleMs: 30 * 60_000, absoluteMs: 8 * 3_600_000 };

/** How long a session still has without another request; 0 or less: it is over. */
export const timeLeft = (
  { createdAt, lastSeen }: Session,
  { idleMs, absoluteMs }: SessionLimits,
  now: number,
): number => Math.min(lastSeen + idleMs, createdAt + absoluteMs) - now;

/** The credential that calls of a session are decided on; `from` is where this call comes from. */
export const credentialOf = ({ chain, proof, provenAt }: Session, from: string): Credential => ({
  chain,
  proof,
  provenAt,
  from,
});

/** Which sessions ended: one, all of one identity, certificate or authority, or possibly any. */
export type EndedSessions =
  | { readonly key: string }
  | { readonly unifiedId: string }
  | { readonly thumbprint: string }
  | { readonly authority: string }
  | { readonly any: true };

export const hasEnded = (session: Session, ended: EndedSessions): boolean =>
  'any' in ended || Object.entries(ended).every(([name, value]) => session[name as keyof Session] === value);
