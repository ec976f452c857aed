import type { Actor, ActorRole } from '../changes/change-service.ts';
import type { Roles } from '../changes/schemas.ts';

/** Roles that roles.yaml gives somebody: by unified id, or by the certificate they signed in with. */
export const rolesOf = (
  roles: Roles['roles'],
  { unifiedId, certificate }: Pick<Actor, 'unifiedId' | 'certificate'>,
): readonly ActorRole[] => {
  const held = roles
    .filter((each) => each.unifiedId === unifiedId || each.certificate === hexOf(certificate))
    .map(({ role, department }): ActorRole =>
      role === 'officer' ? { role, department: department ?? '' } : { role },
    );
  return held.filter(
    (each, index) => held.findIndex((other) => JSON.stringify(other) === JSON.stringify(each)) === index,
  );
};

/** Verdicts have thumbprints in base64url (RFC 8705), roles.yaml in hex, as openssl prints them. */
const hexOf = (thumbprint: string): string => Buffer.from(thumbprint, 'base64url').toString('hex');
