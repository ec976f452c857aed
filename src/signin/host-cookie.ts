import { randomBytes } from 'node:crypto';
import { readCookie } from './read-cookie.ts';

/**
 * A random id in a cookie that belongs to one host (RFC 6265bis section 4.1.3.2, prefix `__Host-`): no subdomain can
 * set it, no other host sees it, no script reads it, and forms of other sites do not send it.
 */
export interface HostCookie {
  /** The id that a request's Cookie field holds, if it has the form of one. */
  readonly read: (field: string | undefined) => string | undefined;
  /** The Set-Cookie field that gives a browser this id, until it is closed. */
  set(id: string): string;
  /** The Set-Cookie field that takes it away. */
  readonly clear: string;
}

const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const ID = /^[\w-]{43}$/;

export const hostCookie = (name: `__Host-${string}`): HostCookie => ({
  read: (field) => {
    const value = readCookie(field, name);
    return value !== undefined && ID.test(value) ? value : undefined;
  },
  set: (id) => `${name}=${id}; ${ATTRIBUTES}`,
  clear: `${name}=; ${ATTRIBUTES}; Max-Age=0`,
});

/** 256 bits, base64url. */
export const newCookieId = (): string => randomBytes(32).toString('base64url');
