import type { RequestHandler } from 'express';
import type { AuditSink } from '../audit/entry.ts';
import type { SignInProof, SignInRecord } from '../audit/read-sign-ins.ts';
import type { EndCause } from '../decision/judge-session.ts';
import type { Gate } from '../decision/types.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { Directory } from '../services/directory.ts';
import type { BrowserSessions } from '../signin/browser-session.ts';
import type { ChallengeStore } from '../signin/challenge-store.ts';
import type { Handover } from '../signin/handover.ts';
import type { Session } from '../signin/session.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { Assets } from './assets.ts';

export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** An authority in force, as people are told of it. */
export interface PortalAuthority {
  readonly authority: string;
  readonly name: Bilingual;
  /** Of the trust list: whom to ask for a new certificate. */
  readonly contact?:
    | {
        readonly phone?: string | undefined;
        readonly website?: string | undefined;
        readonly email?: string | undefined;
      }
    | undefined;
}

/** What is asked of a rate limiter (src/storage/rate-limiter.ts). */
export interface AttemptLimiter {
  ask(key: string): Promise<{ readonly allowed: boolean; readonly retryAfterMs: number }>;
}

/**
 * How many attempts there may be: by address (a whole office may share one), and by certificate, whose key has been
 * proved to be at hand before it counts, so that nobody can shut out somebody else.
 */
export const SIGN_IN_LIMITS = {
  address: { limit: 120, windowMs: 60_000 },
  certificate: { limit: 20, windowMs: 60_000 },
} as const;

/** Where agents made for OneCert listen. */
export const KEY_AGENTS: readonly string[] = ['http://127.0.0.1:18463/onecert/1'];

export interface PortalRouter {
  readonly path: string;
  /** Default: those of browsers. */
  readonly listeners?: 'browser' | 'all';
  readonly router: RequestHandler;
}

/** Everything the portal works with, made by whoever composes the gateway. */
export interface PortalParts {
  readonly gate: Pick<Gate, 'admit' | 'decide'>;
  readonly sessions: Sessions;
  /** Ends a session for what became of its certificate or identity, and records that. */
  readonly endSession: (session: Session, why: EndCause) => Promise<unknown>;
  readonly handover: Handover;
  readonly challenges: ChallengeStore;
  readonly browserSessions: BrowserSessions;
  /** Of SIGN_IN_LIMITS, or stricter. */
  readonly limiters: { readonly address: AttemptLimiter; readonly certificate: AttemptLimiter };
  /** Authorities of whose certificates a signed challenge must name the one it was made with; default: none. */
  readonly requiresSigningCertificate?: (authority: string) => boolean;
  readonly register: Pick<IdentityRegister, 'find'>;
  readonly audit: AuditSink;
  /** Sign-ins of one identity, the latest first (src/audit/read-sign-ins.ts). */
  readonly signInsOf: (unifiedId: string) => Promise<readonly SignInRecord[]>;
  /** That one of them is in the log. */
  readonly proveSignIn: (unifiedId: string, seq: number) => Promise<SignInProof>;
  readonly directory: () => Directory;
  /** In force, in the order shown. */
  readonly authorities: () => readonly PortalAuthority[];
  readonly urls: {
    /** Origin of the browser listener: https://localhost:8440. */
    readonly browser: string;
    /** Origin of the listener that asks for certificates: https://localhost:8443. */
    readonly certificateSignIn: string;
  };
  /** Addresses of key agents on people's own machines (docs/key-middleware.md); default: KEY_AGENTS. */
  readonly keyAgents?: readonly string[];
  /** Scripts of the sign-in page; see loadAssets. */
  readonly assets: Assets;
  /** Answers what proxies ask (src/federation/forward-auth/), before the pages are asked. */
  readonly forwardAuth?: RequestHandler;
  /** What else is answered below a reserved path; the portal's headers are set and the visit is open by then. */
  readonly routers?: readonly PortalRouter[];
  /** ms since the epoch. */
  readonly clock: () => number;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Record<string, unknown>,
  ) => void;
}
