import type { AssertionIssuer } from '../assertion/issue.ts';
import type { AuditSink } from '../audit/entry.ts';
import type { EndCause } from '../decision/judge-session.ts';
import type { Gate } from '../decision/types.ts';
import type { Directory } from '../services/directory.ts';
import type { Session } from '../signin/session.ts';
import type { Sessions } from '../signin/sessions.ts';

/** What is asked of a store of records in groups (src/storage/grouped-store.ts). */
export interface FederationRecords {
  put(key: string, value: string, groups: readonly string[], ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
  renew(key: string, value: string, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<string | undefined>;
  list(group: string, limit: number): Promise<readonly { readonly key: string; readonly value: string }[]>;
  deleteGroup(group: string): Promise<number>;
}

/** What is asked of a store of values that expire (src/storage/expiring-store.ts). */
export interface FederationMarks {
  put(key: string, value: string, ttlMs: number, options?: { readonly ifAbsent?: boolean }): Promise<boolean>;
  get(key: string): Promise<string | undefined>;
}

/** What seals records before they may leave this process (src/storage/field-cipher.ts). */
export interface FederationCipher {
  encrypt(text: string, binding: string): Uint8Array;
  /** Throws when key, binding or bytes do not fit together. */
  decrypt(sealed: Uint8Array, binding: string): string;
}

export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** A short page in the gateway's own design. */
export interface FederationPage {
  readonly title: Bilingual;
  readonly text: Bilingual;
  /** POSTed to the gateway itself, by a button. */
  readonly form?: {
    readonly action: string;
    readonly fields: Readonly<Record<string, string>>;
    readonly button: Bilingual;
    /** Origin that its answer may lead to. */
    readonly leadsTo?: string;
  };
  /** Where the browser goes by itself, at once. */
  readonly onward?: { readonly to: string; readonly label: Bilingual };
}

/** HTML with the Content-Security-Policy that goes with it, in the language that the headers ask for. */
export type RenderFederationPage = (
  page: FederationPage,
  headers: { readonly 'accept-language'?: string | undefined; readonly cookie?: string | undefined },
) => { readonly html: string; readonly policy: string };

/** Of `limiter`: a whole office may share an address. */
export const AUTHORIZATION_LIMIT = { limit: 240, windowMs: 60_000 } as const;

/** Everything federation works with, made by whoever composes the gateway. */
export interface FederationParts {
  /** Of the OpenID Provider: https://localhost:8440/oidc. */
  readonly issuer: string;
  readonly gate: Pick<Gate, 'admit'>;
  readonly sessions: Pick<Sessions, 'find' | 'get' | 'end' | 'onEnded'>;
  /** Ends a session for what became of its certificate or identity, and records that. */
  readonly endSession: (session: Session, why: EndCause) => Promise<unknown>;
  /** How long a session can last at most. */
  readonly sessionMs: number;
  readonly directory: () => Directory;
  /** A subject's name for one department, as its assertions have it. */
  readonly pairwiseId: (unifiedId: string, department: string) => string;
  readonly audit: AuditSink;
  readonly records: FederationRecords;
  readonly marks: FederationMarks;
  readonly cipher: FederationCipher;
  /** Seals what assertions carry for being exchanged (exchange-ticket.ts), as in the data plane. */
  readonly ticketCipher: FederationCipher;
  /** PKCS#8 PEM of P-256 keys for ID tokens and logout tokens, as of now: the first signs, all are published. */
  readonly signingKeys: () => readonly string[];
  /** 32 secret bytes each: cookies of the provider are signed with the first, and verified with any. */
  readonly cookieKeys: () => readonly Uint8Array[];
  /** Issues assertions, under the gateway's own issuer. */
  readonly assertions: AssertionIssuer;
  /** URL of the gateway: "iss" of its assertions. */
  readonly gatewayIssuer: string;
  /** How often one address may ask for a sign-in: each leaves records behind that nobody has to answer for. */
  readonly limiter: {
    ask(key: string): Promise<{ readonly allowed: boolean; readonly retryAfterMs: number }>;
  };
  readonly renderPage: RenderFederationPage;
  /** ms since the epoch. */
  readonly clock: () => number;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Record<string, unknown>,
  ) => void;
}
