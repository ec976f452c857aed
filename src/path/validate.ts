import type { Certificate } from '../certificate/certificate.ts';
import { formatName } from '../certificate/name.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';
import { Budget } from './budget.ts';
import { candidatePaths, type CandidatePath } from './build.ts';
import type { Link, PathCheck, PathState } from './checks/check.ts';
import { ANCHOR_CHECKS, PATH_CHECKS } from './checks/index.ts';
import type { PathInput, PathResult, VerifiedPath } from './types.ts';

/**
 * Builds and validates a certification path (RFC 5280 section 6.1). Tries candidates until one passes; when none
 * does, the report is that of the candidate that came furthest. Pure: the same input gives the same result.
 */
export const validatePath = (input: PathInput, budget = new Budget()): PathResult => {
  let best: Extract<PathResult, { ok: false }> | undefined;
  for (const candidate of candidatePaths([input.leaf], input.intermediates, input.anchors, budget)) {
    const result = validateCandidate(candidate, input, budget);
    if (result.ok) return result;
    if (best === undefined || result.steps.length > best.steps.length) best = result;
  }
  return best ?? untrusted(input.leaf);
};

const validateCandidate = (
  { below, anchor }: CandidatePath,
  input: PathInput,
  budget: Budget,
): PathResult => {
  const steps: Step[] = [];
  const state: PathState = { maxPathLength: Number.POSITIVE_INFINITY, purposes: undefined };
  const shared = { anchor, at: input.at, purpose: input.purpose ?? 'client-auth', budget, state };
  const top = anchor.certificate;
  state.maxPathLength = top.basicConstraints?.pathLength ?? Number.POSITIVE_INFINITY;

  const above: Link = { ...shared, certificate: top, issuer: top, isLeaf: false };
  const failed = runChecks(ANCHOR_CHECKS, above, steps);
  if (failed !== undefined) return { ok: false, code: failed, steps };

  let issuer = top;
  for (let index = below.length - 1; index >= 0; index--) {
    const certificate = below[index] as Certificate;
    const code = runChecks(PATH_CHECKS, { ...shared, certificate, issuer, isLeaf: index === 0 }, steps);
    if (code !== undefined) return { ok: false, code, steps };
    issuer = certificate;
  }
  return { ok: true, path: { certificates: [...below, top], anchor } as unknown as VerifiedPath, steps };
};

const runChecks = (checks: readonly PathCheck[], link: Link, steps: Step[]): RefusalCode | undefined => {
  const on = formatName(link.certificate.subject);
  for (const { name: check, clause, passed, run } of checks) {
    const objection = run(link);
    if (objection !== undefined) {
      steps.push({ check, clause, on, outcome: 'failed', ...objection });
      return objection.code;
    }
    steps.push({ check, clause, on, outcome: 'passed', zh: passed.zh, en: passed.en });
  }
  return undefined;
};

const untrusted = (leaf: Certificate): PathResult => {
  const code = 'ONECERT_CERTIFICATE_UNTRUSTED';
  const issuer = formatName(leaf.issuer);
  return {
    ok: false,
    code,
    steps: [
      {
        check: 'path',
        clause: 'RFC 5280 6.1',
        on: formatName(leaf.subject),
        outcome: 'failed',
        code,
        zh: `颁发者 ${issuer} 不能连到信任列表中的任何机构`,
        en: `No path from the issuer ${issuer} to any authority in the trust list`,
      },
    ],
  };
};
