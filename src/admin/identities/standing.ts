import { parse, stringify } from 'yaml';
import { CHANGE_SCHEMAS } from '../../changes/schemas.ts';
import type { AdminParts } from '../admin-parts.ts';
import { baseOf, proposeDraft } from '../changes/draft.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { reasonOf } from './reason.ts';

const { file: STANDING_FILE, schema } = CHANGE_SCHEMAS.identity;

export interface KeptStanding {
  readonly locked: boolean;
  readonly reason: string | undefined;
  /** 0 where nothing was ever decided of it. */
  readonly version: number;
}

/** Whether an identity is locked, by what is in force. */
export const standingOf = async (
  { changes }: Pick<AdminParts, 'changes'>,
  unifiedId: string,
): Promise<KeptStanding> => {
  const current = await changes.store.current({ kind: 'identity', name: unifiedId });
  const [file] = current?.files ?? [];
  if (current === undefined || file === undefined)
    return { locked: false, reason: undefined, version: current?.version ?? 0 };
  const { locked, reason } = schema.parse(parse(file.content.toString('utf8')));
  return { locked, reason, version: current.version };
};

/** POST /console/identities/of/:identity/standing : a draft that locks or unlocks; two have to want it. */
export const proposeStanding = async (call: PageCall): Promise<PageAnswer> => {
  const reason = reasonOf(call.form);
  const name = call.parameters['identity'] ?? '';
  const found = await call.parts.register.identityById(name);
  // A lock of an alias would hold nobody.
  if (found?.identity.unifiedId !== name) throw new Refusal('ONECERT_IDENTITY_UNKNOWN', 'to be locked');
  const locked = call.form.get('locked') === 'true';
  const content = Buffer.from(stringify({ locked, reason }));
  return proposeDraft(call, {
    kind: 'identity',
    name,
    base: baseOf(call),
    files: [{ path: STANDING_FILE, content }],
    note: reason,
  });
};
