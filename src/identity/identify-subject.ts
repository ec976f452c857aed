import type { Certificate } from '../certificate/certificate.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Identity, SubjectReading } from './identity.ts';
import type { IdentityProfile } from './profile.ts';
import { readSubject } from './read-subject.ts';
import type { IdentityRegister } from './register.ts';

/**
 * Whom a certificate is of: read by the profile of its authority, then found in the register. A certificate that
 * contradicts itself is queued for an operator like one that contradicts the register. `at`: ms since the epoch.
 *
 * Rejects with Refusal ONECERT_IDENTIFIER_MISSING, ONECERT_IDENTIFIER_INVALID or ONECERT_IDENTITY_CONFLICT.
 */
export const identifySubject = async (
  register: IdentityRegister,
  certificate: Certificate,
  profile: IdentityProfile,
  { authority, at }: { readonly authority: string; readonly at: number },
): Promise<Identity> => {
  const thumbprint = Buffer.from(certificate.fingerprint, 'hex').toString('base64url');
  const context = { authority, thumbprint, at, notAfter: certificate.notAfter };
  let reading: SubjectReading;
  try {
    reading = readSubject(certificate, profile);
  } catch (error) {
    const contradicts = error instanceof Refusal && error.code === 'ONECERT_IDENTITY_CONFLICT';
    if (contradicts) await register.recordContradiction(context);
    throw error;
  }
  return register.identify(reading, context);
};
