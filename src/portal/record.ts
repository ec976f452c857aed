import type { AuditEntry } from '../audit/entry.ts';
import type { Admission } from '../decision/types.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Session } from '../signin/session.ts';
import type { PortalParts } from './portal-parts.ts';
import type { Visit } from './visit.ts';

/** Keeps an entry, fsynced before anything is answered. @throws Refusal ONECERT_AUDIT_UNAVAILABLE */
export const record = ({ audit }: PortalParts, entry: AuditEntry): Promise<void> =>
  new Promise((resolve, reject) => {
    audit.record(entry, 'synced', (error) => {
      if (error === undefined) resolve();
      else reject(new Refusal('ONECERT_AUDIT_UNAVAILABLE', error.message, { cause: error }));
    });
  });

/** Somebody proved to hold a good certificate's key. */
export const signInEntry = (
  { at, context }: Visit,
  { credential, verdict, identity }: Admission,
): AuditEntry => ({
  event: 'sign-in',
  at,
  reference: context.reference,
  from: context.from,
  proof: credential.proof,
  provenAt: credential.provenAt,
  claimedSigningTime: credential.claimedSigningTime,
  unifiedId: identity?.unifiedId,
  thumbprint: verdict.thumbprint,
  authority: verdict.authority,
  acting: identity?.acting?.role,
  verdict: verdict.id,
});

/** Somebody ended a session of their own: the one they are in, or one in another browser. */
export const sessionEndEntry = (
  { at, context }: Visit,
  { unifiedId, thumbprint, authority, createdAt }: Session,
): AuditEntry => ({
  event: 'session-end',
  at,
  reference: context.reference,
  from: context.from,
  by: 'person',
  unifiedId,
  thumbprint,
  authority,
  begunAt: createdAt,
});

export interface RefusalFields {
  readonly code: string;
  /** For operators; no personal data. */
  readonly reason: string | undefined;
  readonly admission: Admission | undefined;
  readonly method: string;
  readonly path: string;
}

export const refusalEntry = (
  { at, context }: Visit,
  { code, reason, admission, method, path }: RefusalFields,
): AuditEntry => ({
  event: 'refusal',
  at,
  reference: context.reference,
  from: context.from,
  code,
  reason,
  proof: admission?.credential.proof,
  unifiedId: admission?.identity?.unifiedId,
  thumbprint: admission?.verdict.thumbprint,
  authority: admission?.verdict.authority,
  verdict: admission?.verdict.id,
  method,
  path,
});
