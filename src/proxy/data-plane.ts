import type { IncomingHttpHeaders } from 'node:http';
import type { AssertionIssuer } from '../assertion/index.ts';
import type { AnswerFigures } from '../audit/answer-figures.ts';
import type { AuditSink } from '../audit/entry.ts';
import type { CallLimiter } from '../decision/call-limiter.ts';
import type { Identified } from '../decision/enrolled-claims.ts';
import type { Admission, Gate } from '../decision/types.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { RefusalContext } from '../refusal/context.ts';
import type { Service } from '../services/enrolment.ts';
import type { SessionCache } from '../signin/session-cache.ts';
import type { Session } from '../signin/session.ts';
import type { TerminatorFormat } from '../signin/terminator/read-terminator-credential.ts';
import type { Limits } from './limits.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { UpstreamParts } from './upstream.ts';

export interface ListenerTls {
  /** PEM: the gateway's certificate, then its chain. */
  readonly certificate: string;
  readonly key: string;
  readonly minimumVersion: 'TLSv1.2' | 'TLSv1.3';
  /** 48 bytes, the same in all threads and replicas: a session resumes on any of them. */
  readonly ticketKeys: Uint8Array;
  /**
   * DER of the anchors and intermediates whose names are sent to clients (RFC 8446 section 4.2.4), so that a
   * browser offers only certificates that can be of use. None: it offers all of them.
   */
  readonly clientAuthorities?: readonly Uint8Array[];
}

/** How calls of a listener are found out to be whose (src/proxy/listeners/). */
export type WayIn =
  | { readonly kind: 'mutual-tls' }
  | { readonly kind: 'browser'; readonly sessions: SessionCache }
  | {
      readonly kind: 'terminator';
      readonly format: TerminatorFormat;
      /** PEM of the authority whose certificates terminators connect with; nobody else gets in. */
      readonly terminatorAuthority: string;
    };

export interface DataPlaneOptions {
  readonly listen: { readonly host: string; readonly port: number; readonly reusePort?: boolean };
  readonly tls: ListenerTls;
  /** URL that clients of this listener use. */
  readonly url: string;
  /** Default: mutual TLS. */
  readonly wayIn?: WayIn;
  /**
   * Fields in which terminators of this gateway hand certificates on, lower case: read and taken off on the listener
   * for terminators, forgeries on every other. Default: none but those that are forgeries anyway.
   */
  readonly terminatorFields?: readonly string[];
  readonly limits?: Partial<Limits>;
}

/** An answer the gateway gives itself, such as the home page. */
export interface LocalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Where the gateway's own pages come from. */
export interface Portal {
  /** Stands for the portal as if it were enrolled: back end, time-outs, body limit. */
  readonly service: Service;
  /** Where a browser that has to sign in is led; `target` is the path and query it wanted. */
  readonly signIn: (target: string) => string;
}

export type ProxyLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;

export interface DataPlaneParts extends UpstreamParts {
  readonly gate: Gate;
  readonly audit: AuditSink;
  /** Counts how long answers took. Not given: nobody wants to know. */
  readonly answers?: Pick<AnswerFigures, 'answered'>;
  readonly assertions: AssertionIssuer;
  /** Keeps services' limits. Not given: there are none. */
  readonly limiter?: Pick<CallLimiter, 'ask'>;
  /** A subject's name for one department. */
  readonly pairwiseId: (unifiedId: string, department: string) => string;
  /** What an assertion for `audience` carries so that it can be exchanged for another (RFC 8693). */
  readonly exchangeTicket?: (admission: Identified, audience: string) => string;
  /** Names of the authorities the service (or the platform) accepts. */
  readonly acceptedAuthorities: (service?: Service) => RefusalContext['accepted'];
  /** HTML of a refusal. */
  readonly refusalPage: (context: RefusalContext, acceptLanguage: string | undefined) => string;
  /** RFC 9457 document of a refusal. */
  readonly problem: (context: RefusalContext) => object;
  /** Asked for GET and HEAD of a path no enrolment covers. `admission` where a certificate was presented. */
  readonly local: (
    path: string,
    admission: Admission | undefined,
    headers: IncomingHttpHeaders,
  ) => LocalAnswer | undefined;
  /** Carries calls of reserved paths (src/services/reserved-paths.ts). Not given: there are no such pages. */
  readonly portal?: Portal;
  /** Told that the certificate of a session is refused: calls do not wait for what becomes of the session. */
  readonly onSessionRefused?: (session: Session, code: RefusalCode) => void;
  readonly metrics: ProxyMetrics;
  /** Spans of calls. Not given: no call is traced. */
  readonly tracing?: Tracing;
  readonly log: ProxyLog;
}

export interface DataPlane {
  readonly port: number;
  /** New connections use it; open ones keep what they have. Throws when certificate and key do not fit. */
  useTls(tls: ListenerTls): void;
  /** To be called when an epoch has moved: open WebSockets whose caller is no longer admitted are cut. */
  reviewConnections(): void;
  /**
   * Takes no new connections, finishes every call and resolves when all connections are closed; after `graceMs`
   * what is left is cut.
   */
  drain(graceMs: number): Promise<void>;
  /** Cuts everything at once. */
  close(): Promise<void>;
}
