import type { Certificate } from '../certificate/certificate.ts';
import { formatName } from '../certificate/name.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';
import { Budget } from './budget.ts';
import { candidatePaths, type CandidatePath } from './build.ts';
import type { Link, PathCheck } from './checks/check.ts';
import { ANCHOR_CHECKS, PATH_CHECKS } from './checks/index.ts';
import { initialState } from './path-state.ts';
import type { Attempt, PathInput, PathResult, VerifiedPath } from './types.ts';
import { noPath } from './no-path.ts';

/** Reports kept of the paths that were tried. */
const ATTEMPTS_KEPT = 8;

/**
 * Builds and validates a certification path (RFC 5280 section 6.1). Tries candidates until one passes; when none
 * does, the report is that of the candidate that came nearest. Pure: the same input gives the same result.
 */
export const validatePath = (input: PathInput, budget = new Budget()): PathResult => {
  const attempts: Attempt[] = [];
  let best: Failure | undefined;
  for (const candidate of candidatePaths(input, budget)) {
    const result = validateCandidate(candidate, input, budget);
    if ('path' in result) return { ok: true, ...result };
    if (attempts.length < ATTEMPTS_KEPT) attempts.push(result.attempt);
    if (best === undefined || isNearer(result, best)) best = result;
    if (budget.isSpent) break;
  }
  if (best === undefined) return { ok: false, ...noPath(input), attempts };
  return { ok: false, code: best.attempt.code, steps: best.attempt.steps, attempts };
};

interface Success {
  readonly path: VerifiedPath;
  readonly steps: readonly Step[];
}

interface Failure {
  readonly attempt: Attempt;
  /** Certificates from the leaf up to the one that failed. */
  readonly remaining: number;
  /** Checks that this one passed. */
  readonly passed: number;
  readonly check: string;
}

/**
 * A signature that does not verify says that the path was the wrong one (an authority's old key, a namesake), unless
 * there is no other; so any other failure tells more. Beyond that, the path that got nearer to the leaf tells most.
 */
const isNearer = (a: Failure, b: Failure): boolean => {
  const [aSigned, bSigned] = [a.check !== 'signature', b.check !== 'signature'];
  if (aSigned !== bSigned) return aSigned;
  return a.remaining === b.remaining ? a.passed > b.passed : a.remaining < b.remaining;
};

const validateCandidate = (
  { below, anchor }: CandidatePath,
  input: PathInput,
  budget: Budget,
): Success | Failure => {
  const steps: Step[] = [];
  const state = initialState(anchor);
  const shared = { anchor, at: input.at, purpose: input.purpose ?? 'client-auth', budget, state };
  const top = anchor.certificate;
  const certificates = [...below, top];
  const failure = (failed: Failed, remaining: number): Failure => ({
    attempt: { certificates, code: failed.code, steps },
    remaining,
    passed: failed.passed,
    check: failed.check,
  });

  const above: Link = {
    ...shared,
    certificate: top,
    issuer: top,
    isLeaf: below.length === 0,
    isSelfIssued: true,
  };
  const failed = runChecks(ANCHOR_CHECKS, above, steps);
  if (failed !== undefined) return failure(failed, below.length + 1);

  let issuer = top;
  for (let index = below.length - 1; index >= 0; index--) {
    const certificate = below[index] as Certificate;
    const isSelfIssued = certificate.issuer.key === certificate.subject.key;
    const link: Link = { ...shared, certificate, issuer, isLeaf: index === 0, isSelfIssued };
    const failed = runChecks(PATH_CHECKS, link, steps);
    if (failed !== undefined) return failure(failed, index + 1);
    issuer = certificate;
  }
  const path = { certificates, anchor, policies: state.userPolicies } as unknown as VerifiedPath;
  return { path, steps };
};

interface Failed {
  readonly code: RefusalCode;
  readonly check: string;
  readonly passed: number;
}

const runChecks = (checks: readonly PathCheck[], link: Link, steps: Step[]): Failed | undefined => {
  const on = formatName(link.certificate.subject);
  for (let index = 0; index < checks.length; index++) {
    const { name: check, clause, passed, run } = checks[index] as PathCheck;
    const objection = run(link);
    if (objection !== undefined) {
      steps.push({ check, clause, on, outcome: 'failed', ...objection });
      return { code: objection.code, check, passed: index };
    }
    if (passed !== undefined)
      steps.push({ check, clause, on, outcome: 'passed', zh: passed.zh, en: passed.en });
  }
  return undefined;
};
