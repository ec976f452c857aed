import { createHash, randomBytes } from 'node:crypto';
import type { Credential } from '../../../src/signin/credential.ts';
import { openSessions, type SessionAdmission, type Sessions } from '../../../src/signin/sessions.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import type { ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';

/** Somebody who has shown a certificate and been admitted. */
export interface Person {
  readonly credential: Credential;
  readonly admission: SessionAdmission & {
    readonly verdict: { readonly thumbprint: string; readonly authority: string };
    readonly identity: { readonly unifiedId: string; readonly kind: 'citizen' };
  };
}

/** A person of one identity, with a certificate of their own each time. Sessions do not look into certificates. */
export const person = (
  unifiedId = randomBytes(16).toString('base64url'),
  authority = `authority-${randomBytes(4).toString('hex')}`,
): Person => {
  const leaf = randomBytes(1_200);
  return {
    credential: {
      chain: [leaf, randomBytes(1_500)],
      proof: 'signed-challenge',
      provenAt: 1_700_000_000_000,
      from: '203.0.113.7',
    },
    admission: {
      verdict: { thumbprint: createHash('sha256').update(leaf).digest('base64url'), authority },
      identity: { unifiedId, kind: 'citizen' },
      refusal: undefined,
    },
  };
};

export const noCookie = { cookie: undefined, userAgent: undefined };

/** The Cookie field of a browser that was sent this Set-Cookie field. */
export const cookieOf = (setCookie: string): string => setCookie.slice(0, setCookie.indexOf(';'));

export const CIPHER = createFieldCipher(randomBytes(32));

/** One gateway's sessions over these stores, and its clock. */
export const openCity = async (
  stores: ShortLivedStores,
  namespace: string,
): Promise<{ sessions: Sessions; clock: { now: number }; defects: unknown[] }> => {
  const clock = { now: Date.now() };
  const defects: unknown[] = [];
  const sessions = await openSessions({
    records: stores.grouped(namespace),
    broadcast: stores.broadcast,
    cipher: CIPHER,
    clock: () => clock.now,
    onDefect: (error) => defects.push(error),
  });
  return { sessions, clock, defects };
};
