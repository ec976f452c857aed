import type { Logger } from '../observability/logging.ts';
import { openSessions, type Sessions } from '../signin/sessions.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { openShortLivedStores, type ShortLivedStores } from '../storage/short-lived-stores.ts';
import type { GatewaySettings } from './gateway-settings.ts';

/** What lives for minutes or hours: sessions, and the stores that challenges and limits are kept in. */
export interface SignInState {
  readonly stores: ShortLivedStores;
  readonly sessions: Sessions;
  /** Undefined where nothing is shared. */
  redis(): { readonly ready: boolean } | undefined;
  close(): Promise<void>;
}

/** @throws StorageError for a Redis URL that cannot be used */
export const openSignInState = async (
  { sessions: { idle, absolute, redis }, stores: { redis: shared } }: GatewaySettings,
  keys: KeyRing,
  log: Logger,
): Promise<SignInState> => {
  const onDefect = (error: unknown): void => log.error({ error }, 'a defect in the short-lived stores');
  const url = redis ?? shared;
  let ready = false;
  const stores = openShortLivedStores({
    url,
    onDefect,
    onState: (state) => {
      ready = state.ready;
      if (state.ready) log.info({}, 'Redis answers: sessions and sign-in work');
      else
        log.warn(
          { reason: state.reason },
          'Redis does not answer: nobody can sign in; who is signed in stays so for a while',
        );
    },
  });
  const sessions = await openSessions({
    records: stores.grouped('sessions'),
    cipher: createFieldCipher(() => keys.versions('session.key')),
    broadcast: stores.broadcast,
    limits: { idleMs: idle, absoluteMs: absolute },
    clock: Date.now,
    onDefect,
  });
  return {
    stores,
    sessions,
    redis: () => (url === undefined ? undefined : { ready }),
    close: async () => {
      sessions.close();
      await stores.close();
    },
  };
};
