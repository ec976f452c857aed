import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { hostCookie, newCookieId } from './host-cookie.ts';
import { keptKeys, makingKey, type KeptKeys } from './kept-keys.ts';

/**
 * A browser before anybody has signed in with it: challenges and forms are bound to it. Nothing is kept of it on our
 * side; whoever has the cookie is that browser.
 */
export interface BrowserSessions {
  /** The id in a request's Cookie field. */
  read(cookie: string | undefined): string | undefined;
  begin(): { readonly id: string; readonly setCookie: string };
  /**
   * A token for a form of this browser, for one purpose ("sign-out", "end-session") and no other. Each is written
   * differently, so that a compressed page does not betray it.
   */
  formToken(id: string, purpose: string): string;
  /** Whether a form came from a page of ours in this browser, and was made for this. In constant time. */
  isFormToken(token: unknown, id: string, purpose: string): boolean;
}

const SALT_BYTES = 16;
const COOKIE = hostCookie('__Host-onecert-browser');
const TOKEN = /^[\w-]{64}$/;

/** `key`: the same in all processes. */
export const createBrowserSessions = (key: KeptKeys): BrowserSessions => {
  const keys = keptKeys(key);
  const tokenBytes = (secret: Uint8Array, salt: Uint8Array, id: string, purpose: string): Buffer => {
    const mac = createHmac('sha256', secret)
      .update(salt)
      .update(JSON.stringify(['onecert form v1', id, purpose]))
      .digest();
    return Buffer.concat([salt, mac]);
  };
  return {
    read: COOKIE.read,
    begin: () => {
      const id = newCookieId();
      return { id, setCookie: COOKIE.set(id) };
    },
    formToken: (id, purpose) =>
      tokenBytes(makingKey(keys()), randomBytes(SALT_BYTES), id, purpose).toString('base64url'),
    isFormToken: (token, id, purpose) => {
      if (typeof token !== 'string' || !TOKEN.test(token)) return false;
      const given = Buffer.from(token, 'base64url');
      const salt = given.subarray(0, SALT_BYTES);
      return keys().some((secret) => timingSafeEqual(given, tokenBytes(secret, salt, id, purpose)));
    },
  };
};
