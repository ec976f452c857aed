import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { hostCookie, newCookieId } from './host-cookie.ts';

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

/** `key`: 32 secret bytes, the same in all processes. */
export const createBrowserSessions = (key: Uint8Array): BrowserSessions => {
  const tokenBytes = (salt: Uint8Array, id: string, purpose: string): Buffer => {
    const mac = createHmac('sha256', key)
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
    formToken: (id, purpose) => tokenBytes(randomBytes(SALT_BYTES), id, purpose).toString('base64url'),
    isFormToken: (token, id, purpose) => {
      if (typeof token !== 'string' || !TOKEN.test(token)) return false;
      const given = Buffer.from(token, 'base64url');
      return timingSafeEqual(given, tokenBytes(given.subarray(0, SALT_BYTES), id, purpose));
    },
  };
};
