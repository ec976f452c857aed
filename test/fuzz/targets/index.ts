import { CERTIFICATE_TARGETS } from './certificate-targets.ts';
import { PATH_TARGETS } from './path-targets.ts';
import { REVOCATION_TARGETS } from './revocation-targets.ts';
import { SIGNIN_TARGETS } from './signin-targets.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [
  ...CERTIFICATE_TARGETS,
  ...REVOCATION_TARGETS,
  ...PATH_TARGETS,
  ...SIGNIN_TARGETS,
];
