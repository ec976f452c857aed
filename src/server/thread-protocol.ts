import type { MessagePort } from 'node:worker_threads';
import type { HolderKey } from '../audit/key-store.ts';
import type { KeyOwner } from '../audit/personal-fields.ts';
import type { Identity } from '../identity/identity.ts';
import type { MetricsPart } from '../observability/metrics.ts';
import type { PackedRevocationQuestion } from '../revocation/question.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { UpstreamTls } from '../proxy/upstream-tls.ts';
import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { CountedCalls } from '../storage/shared-counts.ts';
import type { RevocationAnswer } from '../revocation/types.ts';
import type { Department } from '../services/enrolment.ts';
import type { EndedSessions, Session, SessionLimits } from '../signin/session.ts';
import type { KeyVersion } from '../storage/key-version.ts';
import type { TerminatorFormat } from '../signin/terminator/read-terminator-credential.ts';
import type { Sampling } from '../tracing/tracing.ts';
import type { PackedTrustList } from '../trust/trust-list.ts';

/** Everything data-plane threads decide by. One message changes any part of it, so no call sees half a change. */
export interface GatewayState {
  readonly trust: PackedTrustList;
  readonly departments: readonly Department[];
  /** Unified ids that operators have locked. */
  readonly locked: readonly string[];
  readonly revocation: RevocationSnapshot;
  readonly tls: TlsMaterial;
  readonly upstreamTls: UpstreamTls;
  /** Back ends that health checks have found unwell, as backendKey (src/services/back-ends.ts) names them. */
  readonly unwellBackends: readonly string[];
  readonly keys: ThreadKeys;
}

/** All kept versions of the keys that data-plane threads make things with. */
export interface ThreadKeys {
  /** PKCS#8 PEM of ES256 keys: assertions are signed with them. */
  readonly assertion: readonly KeyVersion[];
  /** They seal what assertions carry for being exchanged (src/federation/exchange-ticket.ts). */
  readonly ticket: readonly KeyVersion[];
}

/** What a data-plane thread is born with: all of it crosses by structured clone. */
export interface DataPlaneStart {
  readonly listeners: Listeners;
  readonly issuer: string;
  /** Unix socket of the portal and where browsers sign in; not given: there is no portal. */
  readonly portal?: { readonly socket: string };
  readonly sessions: SessionLimits;
  readonly pairwiseKey: Uint8Array;
  readonly state: GatewayState;
  readonly auditPort: MessagePort;
  /** Not given: no call is traced. */
  readonly tracing?: Sampling & { readonly port: MessagePort };
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** All ways in that this gateway has. */
export interface Listeners {
  readonly mutualTls: Address;
  readonly browser?: Address & { readonly url: string };
  readonly terminator?: Address & {
    readonly format: TerminatorFormat;
    /** PEM */
    readonly authority: string;
  };
}

/** What the listeners listen on, where 0 was asked for. */
export type Ports = Readonly<Partial<Record<keyof Listeners, number>>>;

export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  readonly minimumVersion: 'TLSv1.2' | 'TLSv1.3';
  /** 48 bytes, the same for all threads, so that a session resumes on any of them. */
  readonly ticketKeys: Uint8Array;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** What the control thread answers to data-plane threads. */
export type ControlAnswers = {
  resolveRevocation(question: PackedRevocationQuestion): Promise<RevocationAnswer>;
  identify(subject: { der: Uint8Array; authority: string }): Promise<Identity>;
  getSession(key: string): Promise<Session | undefined>;
  touchSession(session: Session): Promise<Session | undefined>;
  /** Its certificate is refused with this code at a call. */
  sessionRefused(found: { readonly session: Session; readonly code: RefusalCode }): Promise<void>;
  /** What seals the audit entries of an identity, or of a month. */
  auditKey(owner: KeyOwner): Promise<HolderKey>;
  /** What a thread has let through of services' limits (SharedCounts.add). */
  countCalls(batch: readonly CountedCalls[]): Promise<readonly number[]>;
  log(line: LogLine): void;
};

/** What a data-plane thread answers to the control thread. Each answer means: in force from now on. */
export type DataPlaneAnswers = {
  listen(nothing: undefined): Promise<Ports>;
  take(change: Partial<GatewayState>): void;
  sessionsEnded(ended: EndedSessions): void;
  /** The key with this holder is destroyed. */
  auditKeyDestroyed(holder: string): void;
  metrics(nothing: undefined): MetricsPart;
  drain(graceMs: number): Promise<void>;
};
