import { acceptedPolicies } from './accepted-policies.ts';
import { algorithms } from './algorithms.ts';
import { anchorKey } from './anchor-key.ts';
import { authorityStanding } from './authority-standing.ts';
import { basicConstraints } from './basic-constraints.ts';
import { certificatePolicies } from './certificate-policies.ts';
import { certificateProfile } from './certificate-profile.ts';
import type { PathCheck } from './check.ts';
import { criticalExtensions } from './critical-extensions.ts';
import { extendedKeyUsage } from './extended-key-usage.ts';
import { inheritedNameConstraints } from './inherited-name-constraints.ts';
import { keyUsage } from './key-usage.ts';
import { nameChaining } from './name-chaining.ts';
import { nameConstraints } from './name-constraints.ts';
import { pathLength } from './path-length.ts';
import { policyConstraints } from './policy-constraints.ts';
import { policyMappings } from './policy-mappings.ts';
import { signature } from './signature.ts';
import { trustListExpiry } from './trust-list-expiry.ts';
import { validity } from './validity.ts';

/** Every check on every certificate below the anchor, in the order of RFC 5280 sections 6.1.3 to 6.1.5. */
export const PATH_CHECKS: readonly PathCheck[] = [
  algorithms,
  signature,
  authorityStanding,
  validity,
  nameChaining,
  nameConstraints,
  certificatePolicies,
  policyMappings,
  inheritedNameConstraints,
  policyConstraints,
  basicConstraints,
  pathLength,
  keyUsage,
  extendedKeyUsage,
  certificateProfile,
  criticalExtensions,
  acceptedPolicies,
];

/**
 * What the anchor's own certificate is held to: it is trusted, but not beyond its time, with a weak key, for what it
 * says it is not for, or under rules that are not understood. Its constraints are in the state paths begin with.
 */
export const ANCHOR_CHECKS: readonly PathCheck[] = [
  trustListExpiry,
  anchorKey,
  validity,
  basicConstraints,
  keyUsage,
  extendedKeyUsage,
  criticalExtensions,
];
