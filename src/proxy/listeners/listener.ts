import type { ListenerKind } from '../../signin/portal-context.ts';
import type { Call } from '../call.ts';
import type { Caller } from '../caller.ts';

/** One way in: how it is found out who makes a call. */
export interface Listener {
  readonly kind: ListenerKind;
  /**
   * Who makes the call; at once where nothing has to be asked.
   *
   * @throws Refusal (or rejects with one) for a call that says who makes it in a way that cannot be believed
   */
  callerOf(call: Call): Caller | Promise<Caller>;
  /** Fields by which a peer that is believed says what other request it asks about: names and values, as sent. */
  askedAbout?(call: Call): readonly [string, string][];
}
