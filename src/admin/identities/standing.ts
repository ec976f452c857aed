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
  /** Unified id whose document says so: the identity's own, or an alias that was locked when it was merged. */
  readonly name: string;
}

/** Whether an identity is locked, by what is in force: by its own id, or by that of one merged into it. */
export const standingOf = async (
  { changes }: Pick<AdminParts, 'changes'>,
  unifiedId: string,
  aliases: readonly string[],
): Promise<KeptStanding> => {
  const [own, ...others] = await Promise.all([unifiedId, ...aliases].map((name) => keptOf(changes, name)));
  const locked = [own, ...others].find((each) => each?.locked === true);
  return locked ?? (own as KeptStanding);
};

const keptOf = async (changes: AdminParts['changes'], name: string): Promise<KeptStanding> => {
  const current = await changes.store.current({ kind: 'identity', name });
  const [file] = current?.files ?? [];
  if (current === undefined || file === undefined)
    return { locked: false, reason: undefined, version: current?.version ?? 0, name };
  const { locked, reason } = schema.parse(parse(file.content.toString('utf8')));
  return { locked, reason, version: current.version, name };
};

/** POST /console/identities/of/:identity/standing : a draft that locks or unlocks; two have to want it. */
export const proposeStanding = async (call: PageCall): Promise<PageAnswer> => {
  const reason = reasonOf(call.form);
  const name = call.parameters['identity'] ?? '';
  const found = await call.parts.register.identityById(name);
  const locked = call.form.get('locked') === 'true';
  // An alias is not locked any more; one that was locked when it was merged can be let go.
  if (found === undefined || (locked && found.identity.unifiedId !== name))
    throw new Refusal('ONECERT_IDENTITY_UNKNOWN', 'to be locked');
  const content = Buffer.from(stringify({ locked, reason }));
  return proposeDraft(call, {
    kind: 'identity',
    name,
    base: baseOf(call),
    files: [{ path: STANDING_FILE, content }],
    note: reason,
  });
};
