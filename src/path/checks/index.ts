import { algorithms } from './algorithms.ts';
import { basicConstraints } from './basic-constraints.ts';
import type { PathCheck } from './check.ts';
import { criticalExtensions } from './critical-extensions.ts';
import { extendedKeyUsage } from './extended-key-usage.ts';
import { keyUsage } from './key-usage.ts';
import { nameChaining } from './name-chaining.ts';
import { pathLength } from './path-length.ts';
import { signature } from './signature.ts';
import { validity } from './validity.ts';

/** Every check on every certificate below the anchor, in the order of RFC 5280 sections 6.1.3 to 6.1.5. */
export const PATH_CHECKS: readonly PathCheck[] = [
  algorithms,
  signature,
  validity,
  nameChaining,
  basicConstraints,
  pathLength,
  keyUsage,
  extendedKeyUsage,
  criticalExtensions,
];

/** What the anchor's own certificate is held to: it is trusted, but not beyond its time or with a weak key. */
export const ANCHOR_CHECKS: readonly PathCheck[] = [validity];
