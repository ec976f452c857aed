import type { Roles } from './roles.ts';
import type { Department } from '../services/enrolment.ts';

/** The same in both languages of the report. */
export interface Text {
  readonly zh: string;
  readonly en: string;
}

/** What was seen, or why it could not be. */
export type Seen<T> = { readonly seen: T } | { readonly unseen: Text };

/** A listener of the gateway as a client meets it. Times in ms since the epoch. */
export interface ListenerFacts {
  /** As in gateway.yaml: listen, browser, terminator. */
  readonly name: string;
  readonly certificate: Seen<{
    readonly notBefore: number;
    readonly notAfter: number;
    readonly fitsName: boolean;
    /** Host of the public URL. */
    readonly publicName: string;
    /** Undefined where a path to a known root was found; otherwise what OpenSSL says. */
    readonly chainProblem: string | undefined;
    readonly key: { readonly type: string; readonly bits: number };
  }>;
  /** Versions before TLS 1.2 that it takes. */
  readonly oldVersions: Seen<readonly string[]>;
  readonly suites: Seen<{
    /** NULL, anonymous, export, RC4, DES and triple DES. */
    readonly broken: readonly string[];
    /** RSA key transport: no forward secrecy. */
    readonly withoutForwardSecrecy: readonly string[];
  }>;
}

export interface KeyFacts {
  readonly name: string;
  readonly version: number;
  readonly createdAt: number;
  readonly inUse: boolean;
  readonly rotation: 'overlap' | 'reseal' | 'never';
  /** What is wrong with its size or form. */
  readonly problem: string | undefined;
}

export interface PathFacts {
  /** Below the data folder or as configured; for the report. */
  readonly path: string;
  /** `secret`: nobody else may read it; `decides`: nobody else may write it. */
  readonly demand: 'secret' | 'decides';
  readonly mode: number;
}

export interface AuthorityFacts {
  readonly authority: string;
  readonly status: 'active' | 'winding-down' | 'withdrawn' | 'draft';
  /** End of `validity` in the trust list. */
  readonly until: number | undefined;
  readonly certificates: readonly { readonly kind: 'anchor' | 'intermediate'; readonly notAfter: number }[];
  readonly usesCrl: boolean;
  readonly usesOcsp: boolean;
  readonly softFail: boolean;
  /** ms. */
  readonly grace: number;
  /** Weak algorithms let through, each with the day it ends. */
  readonly exceptions: readonly { readonly allow: string; readonly until: string }[];
}

export interface CrlFacts {
  readonly authority: string;
  readonly address: string;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** Why the gateway does not use it. */
  readonly problem: string | undefined;
}

export interface GatewayMetrics {
  readonly responders: readonly { readonly responder: string; readonly up: boolean }[];
  /** Undefined where the gateway does not say. */
  readonly auditHealthy: boolean | undefined;
  /** Seconds until the CRL in force is stale. */
  readonly crls: readonly { readonly authority: string; readonly seconds: number }[];
}

export interface StoreFacts {
  readonly kind: 'redis' | 'postgres';
  readonly host: string;
  readonly local: boolean;
  readonly tls: boolean;
  readonly password: boolean;
}

export type AdvisoryLevel = 'critical' | 'high' | 'moderate' | 'low' | 'info';

/** All that checks look at. Holds no secret and nothing that tells of a person. Times in ms since the epoch. */
export interface Facts {
  readonly at: number;
  readonly listeners: readonly ListenerFacts[];
  readonly keys: Seen<readonly KeyFacts[]>;
  readonly paths: Seen<readonly PathFacts[]>;
  readonly authorities: readonly AuthorityFacts[];
  readonly crls: Seen<readonly CrlFacts[]>;
  readonly metrics: Seen<GatewayMetrics>;
  /** Of a signed trust list; null: not signed. */
  readonly trustSignature: { readonly expires: number } | null;
  readonly departments: readonly Department[];
  /** Calls by service since `since`. */
  readonly usage: Seen<{ readonly since: number; readonly calls: ReadonlyMap<string, number> }>;
  readonly roles: Roles;
  /** End of certificates known to the register, by thumbprint (SHA-256, lower-case hex). */
  readonly certificateEnds: Seen<ReadonlyMap<string, number>>;
  readonly audit: {
    readonly witnesses: number;
    readonly exports: number;
    /** When the last entry and the last checkpoint were written. */
    readonly checkpoint: Seen<{ readonly lastEntry: number; readonly lastCheckpoint: number | undefined }>;
    /** What is wrong in the last segment. */
    readonly lastSegment: Seen<{ readonly entries: number; readonly problem: string | undefined }>;
  };
  readonly stores: readonly StoreFacts[];
  readonly admin: { readonly host: string };
  /** Undefined: no backup left a mark. */
  readonly backup: Seen<{ readonly madeAt: number | undefined }>;
  readonly advisories: Seen<readonly { readonly name: string; readonly level: AdvisoryLevel }[]>;
  /** `local`: the peer has the clock of this machine, and says nothing of it. Skew in ms, positive: theirs is ahead. */
  readonly clocks: readonly { readonly peer: string; readonly local: boolean; readonly skew: number }[];
  readonly host: {
    /** 24.21.0 */
    readonly node: string;
    readonly gatewayUser: Seen<number>;
    /** Soft limit of core files, bytes. */
    readonly coreLimit: Seen<number>;
  };
}
