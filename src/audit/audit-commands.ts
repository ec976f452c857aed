import { z } from 'zod';
import type { AuditEntry, AuditSink } from './entry.ts';
import type { AuditKeyStore } from './key-store.ts';
import { identityOwner } from './personal-fields.ts';

const line = (most: number) => z.string().trim().min(1).max(most);
const asked = {
  /** Who asks, as far as the operating system knows: `command:alice`; in the console, a unified id. */
  actor: line(128),
  reason: line(500),
};

/** What is done to the audit log's surroundings, each with an entry that says who, why and for what. */
export const auditCommandSchema = z.discriminatedUnion('what', [
  /** Personal data of entries is about to be shown (`search`) or written out (`export`). */
  z.strictObject({ what: z.literal('audit-search'), ...asked, filter: line(1_000) }),
  z.strictObject({ what: z.literal('audit-export'), ...asked, filter: line(1_000) }),
  z.strictObject({ what: z.literal('audit-erase'), ...asked, unifiedId: z.string().regex(/^[\w-]{1,64}$/) }),
  z.strictObject({ what: z.literal('audit-index'), actor: asked.actor }),
  /** A step of a document under change control that a command takes: enrolments and roles, which name nobody. */
  z.strictObject({
    what: z.literal('document'),
    actor: asked.actor,
    step: z.enum(['submitted', 'withdrawn', 'put']),
    kind: z.enum(['department', 'roles']),
    name: line(64),
    base: z.int().nonnegative(),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    version: z.int().positive().optional(),
    proposal: line(22).optional(),
    origin: z.enum(['import', 'command']),
    by: z.literal('system'),
    role: z.literal('command'),
    failed: line(64).optional(),
  }),
]);
export type AuditCommand = z.output<typeof auditCommandSchema>;

export interface AuditCommandParts {
  readonly sink: AuditSink;
  readonly keys: AuditKeyStore;
  /** Everybody who may hold the key forgets it. */
  readonly onDestroyed: (holder: string) => Promise<unknown>;
  readonly rebuildIndex: () => Promise<unknown>;
  readonly clock?: () => number;
}

/** `done: false`: there was nothing to do, as where the identity has no key. */
export interface AuditCommandResult {
  readonly done: boolean;
}

/**
 * Does a command; its entry is fsynced first. Rejects with AuditUnavailableError where that cannot be: nothing is done
 * then.
 */
export const doAuditCommand = async (
  command: AuditCommand,
  { sink, keys, onDestroyed, rebuildIndex, clock = Date.now }: AuditCommandParts,
): Promise<AuditCommandResult> => {
  const record = (fields: Omit<AuditEntry, 'event' | 'at'>): Promise<void> =>
    new Promise((resolve, reject) => {
      sink.record({ event: 'change', at: clock(), ...fields }, 'synced', (error) =>
        error === undefined ? resolve() : reject(error),
      );
    });
  if (command.what === 'audit-index') {
    await record(command);
    await rebuildIndex();
    return { done: true };
  }
  if (command.what !== 'audit-erase') {
    await record(command);
    return { done: true };
  }
  const { what, actor, reason, unifiedId } = command;
  const owner = identityOwner(unifiedId);
  const erased = (await keys.find(owner))?.holder;
  // Not the unified id: it would be sealed under the very key.
  await record({ what, actor, reason, erased });
  if (erased === undefined) return { done: false };
  await keys.destroy(owner);
  await onDestroyed(erased);
  return { done: true };
};
