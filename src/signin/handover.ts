import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../refusal/refusal.ts';
import type { ExpiringValues } from './challenge-store.ts';
import { newCookieId } from './host-cookie.ts';
import { keptKeys, makingKey, type KeptKeys } from './kept-keys.ts';
import { returnTo } from './return-to.ts';
import type { BegunSession, Sessions } from './sessions.ts';
import { orRefuse } from './store-refusal.ts';

/**
 * Sign-in happens on a listener of its own (it alone asks browsers for certificates), often under another host name,
 * where the browser's cookies are not seen. So the session is handed over:
 *
 * 1. The browser listener sends the browser to sign-in with a *request*, which names the browser, the origin and where
 *    to go back to, sealed with a key of ours.
 * 2. Sign-in begins a session, whose id it gives to nobody, and sends the browser back with a *code*.
 * 3. The browser listener exchanges the code for the session, under a new id, in a cookie.
 *
 * A code works once, within a minute, in the browser that asked, on the origin it asked for: one that was caught, or
 * slipped to somebody else (login CSRF), is of no use, and the session it stands for ends.
 */
export interface Handover {
  /** Step 1. `browser` is the id of the browser session on `origin`; `target` as returnTo gives it. */
  request(browser: string, origin: string, target: string): string;
  /** Step 2, before sign-in begins. Undefined for what is no request of ours or older than ten minutes. */
  read(request: unknown): HandoverRequest | undefined;
  /** Step 2, after it. Gives the code to send the browser back with. */
  issue(request: HandoverRequest, sessionKey: string): Promise<string>;
  /**
   * Step 3.
   *
   * @throws Refusal ONECERT_HANDOVER_INVALID for a code that is unknown, used, lapsed, of another browser or origin
   */
  exchange(code: unknown, by: HandoverTaker): Promise<HandedOver>;
}

export interface HandoverRequest {
  /** SHA-256 of the browser session's id, base64url. */
  readonly browser: string;
  readonly origin: string;
  readonly target: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

/** The request that brings a code. */
export interface HandoverTaker {
  /** Id of its browser session. */
  readonly browser: string | undefined;
  /** Of the listener it came to. */
  readonly origin: string;
  /** Its Cookie field: a session that the browser had before ends. */
  readonly cookie: string | undefined;
}

export interface HandedOver extends BegunSession {
  readonly target: string;
}

export interface HandoverParts {
  readonly codes: ExpiringValues;
  readonly sessions: Pick<Sessions, 'reissue' | 'end'>;
  /** The same in all processes. */
  readonly key: KeptKeys;
  /** ms since the epoch. */
  readonly clock: () => number;
}

const REQUEST_MS = 10 * 60_000;
const CODE_MS = 60_000;
const MAX_REQUEST = 8_192;
const CODE = /^[\w-]{43}$/;

/** What a code stands for. */
interface Pending {
  readonly sessionKey: string;
  readonly browser: string;
  readonly origin: string;
  readonly target: string;
}

export const createHandover = ({ codes, sessions, key, clock }: HandoverParts): Handover => {
  const keys = keptKeys(key);
  const macOf = (payload: string, secret: Uint8Array): Buffer =>
    createHmac('sha256', secret).update(`onecert handover v1:${payload}`).digest();
  const invalid = (detail: string): Refusal => new Refusal('ONECERT_HANDOVER_INVALID', detail);

  const exchange: Handover['exchange'] = async (code, { browser, origin, cookie }) => {
    if (typeof code !== 'string' || !CODE.test(code)) throw invalid('no code');
    const found = await codes.take(nameOf(code));
    if (found === undefined) throw invalid('an unknown code, or used, or lapsed');
    const { sessionKey, target, ...pending } = JSON.parse(found) as Pending;
    if (browser === undefined || pending.browser !== fingerprint(browser) || pending.origin !== origin) {
      await sessions.end(sessionKey);
      throw invalid('a code of another browser or origin');
    }
    const begun = await sessions.reissue(sessionKey, cookie);
    if (begun === undefined) throw invalid('the session has ended meanwhile');
    return { ...begun, target };
  };

  return {
    request: (browser, origin, target) => {
      if (URL.parse(origin)?.origin !== origin) throw new TypeError('not an origin');
      if (returnTo(target) !== target) throw new TypeError('not a place to return to');
      const expiresAt = clock() + REQUEST_MS;
      const fields: HandoverRequest = { browser: fingerprint(browser), origin, target, expiresAt };
      const payload = Buffer.from(JSON.stringify(fields)).toString('base64url');
      return `${payload}.${macOf(payload, makingKey(keys())).toString('base64url')}`;
    },
    read: (request) => {
      if (typeof request !== 'string' || request.length > MAX_REQUEST) return undefined;
      const [, payload, mac] = /^([\w-]+)\.([\w-]{43})$/.exec(request) ?? [];
      if (payload === undefined || mac === undefined) return undefined;
      const given = Buffer.from(mac, 'base64url');
      if (!keys().some((secret) => timingSafeEqual(given, macOf(payload, secret)))) return undefined;
      const fields = JSON.parse(Buffer.from(payload, 'base64url').toString()) as HandoverRequest;
      return fields.expiresAt > clock() ? fields : undefined;
    },
    issue: async ({ browser, origin, target }, sessionKey) => {
      const code = newCookieId();
      const pending: Pending = { sessionKey, browser, origin, target };
      await orRefuse(codes.put(nameOf(code), JSON.stringify(pending), CODE_MS));
      return code;
    },
    exchange: (...asked) => orRefuse(exchange(...asked)),
  };
};

/** Whoever reads the store learns no code. */
const nameOf = (code: string): string => `handover:${hash('sha256', code, 'base64url')}`;

const fingerprint = (browser: string): string => hash('sha256', `handover:${browser}`, 'base64url');
