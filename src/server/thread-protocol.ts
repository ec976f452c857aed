import type { MessagePort } from 'node:worker_threads';
import type { Identity } from '../identity/identity.ts';
import type { PackedRevocationQuestion } from '../revocation/question.ts';
import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { RevocationAnswer } from '../revocation/types.ts';
import type { Department } from '../services/enrolment.ts';
import type { PackedTrustList } from '../trust/trust-list.ts';

/** What a data-plane thread is born with: all of it crosses by structured clone. */
export interface DataPlaneStart {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: TlsMaterial;
  readonly issuer: string;
  /** PKCS#8 PEM of the ES256 key that signs assertions. */
  readonly assertionKey: string;
  readonly pairwiseKey: Uint8Array;
  readonly trust: PackedTrustList;
  readonly departments: readonly Department[];
  readonly revocation: RevocationSnapshot;
  readonly auditPort: MessagePort;
}

export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  readonly minimumVersion: 'TLSv1.2' | 'TLSv1.3';
  /** 48 bytes, the same for all threads, so that a session resumes on any of them. */
  readonly ticketKeys: Uint8Array;
}

/** What the control thread answers to data-plane threads. */
export type ControlAnswers = {
  resolveRevocation(question: PackedRevocationQuestion): Promise<RevocationAnswer>;
  identify(subject: { der: Uint8Array; authority: string }): Promise<Identity>;
  log(line: { level: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> }): void;
};

/** What a data-plane thread answers to the control thread. Each answer means: in force from now on. */
export type DataPlaneAnswers = {
  trust(list: PackedTrustList): void;
  revocation(snapshot: RevocationSnapshot): void;
  departments(departments: readonly Department[]): void;
  tls(material: TlsMaterial): void;
  metrics(): Promise<unknown>;
  drain(graceMs: number): Promise<void>;
};
