import type { Admission } from '../../decision/types.ts';
import type { Identified } from '../../decision/enrolled-claims.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import type { Session } from '../../signin/session.ts';

/**
 * What the provider calls an account: one sign-in of one identity. It stands while its session does, so that codes and
 * access tokens end with the session.
 */
export const accountIdOf = ({ unifiedId, key }: Pick<Session, 'unifiedId' | 'key'>): string =>
  // Both are base64url: neither holds a dot.
  `${unifiedId}.${key}`;

export const unifiedIdOf = (accountId: string): string => accountId.slice(0, accountId.indexOf('.'));
export const sessionKeyIn = (accountId: string): string => accountId.slice(accountId.indexOf('.') + 1);

/** Somebody signed in, whose certificate has just been judged again. */
export interface SignedIn {
  readonly session: Session;
  readonly admission: Identified;
}

/** A session that stands, whose certificate cannot be judged now, or is good no longer. */
export interface Refused {
  readonly session: Session;
  readonly admission: Admission;
  readonly code: RefusalCode;
}

export type FoundAccount = SignedIn | Refused | undefined;

export const isSignedIn = (found: FoundAccount): found is SignedIn =>
  found !== undefined && !('code' in found);

/** acr: what is known of every sign-in here. Which device holds the key is not. */
export const CERTIFICATE_ACR = 'urn:onecert:acr:certificate';

/** amr (RFC 8176): "pop", proof of possession of a key, and how: in a TLS handshake, or by signing a text. */
export const methodsOf = ({ proof }: Session): string[] => [
  'pop',
  proof === 'signed-challenge' ? 'sign' : 'mtls',
];
