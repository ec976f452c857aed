import { hash } from 'node:crypto';
import { hostCookie } from './host-cookie.ts';

/** The cookie of signed-in browsers. */
export const SESSION_COOKIE = hostCookie('__Host-onecert');

/** What stands for a session in stores, lists and messages. Nobody gets from it to the id in the cookie. */
export const sessionKeyOf = (id: string): string => hash('sha256', id, 'base64url');
