import type { Certificate } from '../certificate/certificate.ts';
import type { VerifiedPath } from '../path/types.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';
import type { RevocationPolicy } from '../revocation/revocation-policy.ts';
import type { RevocationChecker, RevocationReason } from '../revocation/types.ts';

export type PathRevocation =
  | { readonly ok: true; readonly validUntil: number; readonly steps: readonly Step[] }
  | {
      readonly ok: false;
      readonly code: RefusalCode;
      readonly steps: readonly Step[];
      /** Whose status is not good: the leaf, or a certificate above it that another path may do without. */
      readonly certificate: Certificate;
      /** Whether its key is known to be in the wrong hands: then no other certificate of that key will do. */
      readonly compromised: boolean;
    };

/**
 * Asks about every certificate of a verified path but its anchor (RFC 5280 section 6.3), from the top down, so
 * that a revoked authority is named before what it issued. Anything but a definite "good" ends it.
 */
export const checkRevocation = async (
  { certificates, anchor }: VerifiedPath,
  policy: RevocationPolicy,
  checker: RevocationChecker,
  at: number,
): Promise<PathRevocation> => {
  const steps: Step[] = [];
  let validUntil = Infinity;
  for (let index = certificates.length - 2; index >= 0; index--) {
    const certificate = certificates[index];
    const issuer = certificates[index + 1];
    if (certificate === undefined || issuer === undefined) throw new Error('a path has no holes');
    const pending = checker.check({ certificate, issuer, authority: anchor.authority, policy, at });
    const answer = pending instanceof Promise ? await pending : pending;
    steps.push(...answer.steps);
    if (answer.status !== 'good') {
      const compromised = 'reason' in answer && COMPROMISED.has(answer.reason);
      return { ok: false, code: codeOf(answer.status, index), steps, certificate, compromised };
    }
    validUntil = Math.min(validUntil, answer.validUntil);
  }
  return { ok: true, validUntil, steps };
};

const COMPROMISED: ReadonlySet<RevocationReason> = new Set(['keyCompromise', 'cACompromise']);

const codeOf = (status: 'revoked' | 'on-hold' | 'unknown', index: number): RefusalCode => {
  if (status === 'unknown') return 'ONECERT_REVOCATION_UNKNOWN';
  // Above the leaf it is the authority that is out of force: nothing the person can mend.
  if (index > 0) return 'ONECERT_CERTIFICATE_CHAIN';
  return status === 'on-hold' ? 'ONECERT_CERTIFICATE_ON_HOLD' : 'ONECERT_CERTIFICATE_REVOKED';
};
