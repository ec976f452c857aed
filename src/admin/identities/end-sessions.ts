import type { AuditEntry } from '../../audit/entry.ts';
import type { PortalParts } from '../../portal/portal-parts.ts';
import { record } from '../../portal/record.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { openIdentity } from './find-identity.ts';
import { identityPage } from './identity-page.ts';
import { reasonOf } from './reason.ts';
import { IDENTITY_TEXTS } from './texts.ts';

export interface EndWanted {
  readonly unifiedId: string;
  /** One of its sessions; all of them where absent. */
  readonly session?: string | undefined;
  readonly reason: string;
}

/** Ends sessions of one identity, each with its entry first; how many. @throws Refusal ONECERT_AUDIT_UNAVAILABLE */
export const endSessions = async (
  { parts, caller, at }: { readonly parts: AdminParts; readonly caller: AdminCaller; readonly at: number },
  { unifiedId, session, reason }: EndWanted,
): Promise<number> => {
  const { sessions } = parts.portal;
  const all = await sessions.list(unifiedId);
  const chosen = session === undefined ? all : all.filter(({ key }) => key === session);
  const { unifiedId: actor } = caller.actor;
  await Promise.all(
    chosen.map(({ thumbprint, authority, createdAt }) => {
      const entry: AuditEntry = {
        event: 'session-end',
        at,
        by: 'operator',
        actor,
        reason,
        unifiedId,
        thumbprint,
        authority,
        begunAt: createdAt,
      };
      return record(parts.portal as PortalParts, entry);
    }),
  );
  // Also those that began meanwhile, or were too many to list.
  if (session === undefined) return sessions.endAllOf({ unifiedId });
  const ended = await Promise.all(chosen.map(({ key }) => sessions.end(key, unifiedId)));
  return ended.filter(Boolean).length;
};

/** POST /console/identities/of/:identity/end */
export const endFromPage = async (call: PageCall): Promise<PageAnswer> => {
  const { form, parameters, language } = call;
  const reason = reasonOf(form);
  // The page is shown again: that is a look of its own.
  const found = await openIdentity(call, parameters['identity'] ?? '', { reason, what: 'identity-search' });
  const { unifiedId } = found.identity;
  await endSessions(call, { unifiedId, session: form.get('session') ?? undefined, reason });
  return identityPage(call, found, { reason, full: false, told: IDENTITY_TEXTS[language].ended });
};
