import { SignJWT } from 'jose';
import { randomUUID, type KeyObject } from 'node:crypto';
import type { EndedSessions } from '../../signin/session.ts';
import type { FederationParts } from '../federation-parts.ts';
import { serviceNamed } from './client.ts';
import type { Login, Logins } from './logins.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

export interface BackChannelLogout {
  /** Told nothing more; resolves when what was under way is over. */
  close(): Promise<void>;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const TIMEOUT_MS = 5_000;
/** ms before each attempt. */
const ATTEMPTS = [0, 1_000, 5_000];
/**
 * At the same time, to one service: a CRL may end a whole city's sessions, and there may be a service that does not answer.
 * Neither may take the gateway's sockets away.
 */
const PARALLEL = 16;
/** Ended sessions whose services are looked up at the same time. */
const LOOKED_UP = 64;

/**
 * Tells services that a session ended, wherever and by whom it was ended (OpenID Connect Back-Channel Logout 1.0). A
 * session that lapses by itself is not told: a service has limits of its own for that. A service that is slow keeps no
 * other waiting.
 */
export const startBackChannelLogout = (
  parts: FederationParts,
  logins: Logins,
  key: () => { readonly privateKey: KeyObject; readonly keyId: string },
): BackChannelLogout => {
  const closing = new AbortController();
  /** By service. */
  const lanes = new Map<string, WorkQueue<Login>>();

  const send = async (login: Login): Promise<void> => {
    const uri = serviceNamed(parts.directory(), login.client)?.oidc?.backchannelLogoutUri;
    if (uri === undefined) return;
    for (const pause of ATTEMPTS) {
      if (pause > 0) await wait(pause, closing.signal);
      if (closing.signal.aborted) return;
      const failure = await post(uri, await logoutToken(parts, login, key()), closing.signal);
      if (failure === undefined) return;
      parts.log('warn', 'a service was not told that a session ended', { service: login.client, failure });
    }
  };
  const say = (error: unknown): void =>
    parts.log('error', 'services could not be told that a session ended', {
      error: error instanceof Error ? error.message : String(error),
    });
  const laneOf = (client: string): WorkQueue<Login> => {
    const lane = lanes.get(client) ?? createWorkQueue<Login>(PARALLEL, (login) => send(login).catch(say));
    lanes.set(client, lane);
    return lane;
  };
  const ended = createWorkQueue<EndedSessions>(LOOKED_UP, async (each) => {
    try {
      for await (const login of logins.take(each)) laneOf(login.client).push(login);
    } catch (error) {
      say(error);
    }
  });
  // Each is one of its own, also where the same is told twice.
  const stop = parts.sessions.onEnded((each) => ended.push({ ...each }));
  return {
    close: async () => {
      stop();
      closing.abort();
      await ended.close();
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
    },
  };
};

/** Section 2.4. Another for each attempt: its life is short. */
const logoutToken = (
  { issuer, clock }: FederationParts,
  { client, sub, sid }: Login,
  { privateKey, keyId }: { readonly privateKey: KeyObject; readonly keyId: string },
): Promise<string> => {
  const now = Math.floor(clock() / 1000);
  return new SignJWT({ sid, events: { [EVENT]: {} } })
    .setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt', kid: keyId })
    .setIssuer(issuer)
    .setAudience(client)
    .setSubject(sub)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + 120)
    .sign(privateKey);
};

/** Section 2.5; undefined when it was taken, else what was wrong. A redirect is not followed. */
const post = async (uri: string, token: string, closing: AbortSignal): Promise<string | undefined> => {
  try {
    const answer = await fetch(uri, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ logout_token: token }),
      signal: AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    return answer.status === 200 || answer.status === 204 ? undefined : `answered ${answer.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
