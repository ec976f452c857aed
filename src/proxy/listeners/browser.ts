import type { RefusalCode } from '../../refusal/catalogue.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { SessionCache } from '../../signin/session-cache.ts';
import { credentialOf } from '../../signin/session.ts';
import type { Call } from '../call.ts';
import { Caller, Callers } from '../caller.ts';
import type { Plane } from '../plane.ts';
import type { Listener } from './listener.ts';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Callers are who they are by the session in their cookie; nobody is asked for a certificate. A session stands for the
 * certificate that was shown when it began, which is judged again as the epochs move.
 */
export const browserListener = (plane: Plane, sessions: SessionCache, origin: string): Listener => {
  const callers = new Callers();
  const nobody = new Caller(plane, undefined);
  return {
    kind: 'browser',
    callerOf: async (call) => {
      const { cookie } = call.request.headers;
      const session = cookie === undefined ? undefined : await sessions.find(cookie);
      if (session === undefined) return nobody;
      // The cookie is SameSite=Lax; this is for browsers that do not know it, and for WebSockets.
      if (isFromElsewhere(call, origin)) {
        throw new Refusal('ONECERT_CROSS_SITE', 'a call of a session that another site has made');
      }
      const stands = (): Promise<boolean> =>
        sessions.find(cookie).then(
          (found) => found !== undefined,
          () => false,
        );
      const onRefused = (code: RefusalCode): void => plane.parts.onSessionRefused?.(session, code);
      return callers.of(
        session.key,
        () => new Caller(plane, credentialOf(session, call.from), { stands, onRefused }),
      );
    },
  };
};

/** Fetch metadata where the browser sends it, else Origin (RFC 6454). What changes nothing may be linked to. */
const isFromElsewhere = ({ method, request, isUpgrade }: Call, origin: string): boolean => {
  if (SAFE_METHODS.has(method) && !isUpgrade) return false;
  const { 'sec-fetch-site': site, origin: sent } = request.headers;
  if (typeof site === 'string') return site !== 'same-origin' && site !== 'none';
  return sent !== undefined && sent !== origin;
};
