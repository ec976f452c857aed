import type { IncomingHttpHeaders } from 'node:http';
import type { AssertionIssuer } from '../assertion/index.ts';
import type { AuditSink } from '../audit/entry.ts';
import type { Admission, Gate } from '../decision/types.ts';
import type { RefusalContext } from '../refusal/context.ts';
import type { Service } from '../services/enrolment.ts';
import type { Limits } from './limits.ts';
import type { ProxyMetrics } from './metrics.ts';

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

export interface DataPlaneOptions {
  readonly listen: { readonly host: string; readonly port: number; readonly reusePort?: boolean };
  readonly tls: ListenerTls;
  /** Public URL of the gateway. */
  readonly issuer: string;
  readonly limits?: Partial<Limits>;
}

/** An answer the gateway gives itself, such as the home page. */
export interface LocalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export type ProxyLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;

export interface DataPlaneParts {
  readonly gate: Gate;
  readonly audit: AuditSink;
  readonly assertions: AssertionIssuer;
  /** A subject's name for one department. */
  readonly pairwiseId: (unifiedId: string, department: string) => string;
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
  readonly metrics: ProxyMetrics;
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
