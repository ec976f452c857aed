/**
 * `onecert/verify`: the verification engine by itself. Give it a trust list, revocation data and a presented
 * chain; it answers with a Verdict that explains itself.
 */
export { createJudge, thumbprintOf, type Judge, type JudgeParts } from './judge.ts';
export { cacheVerdicts, isVerdictCurrent, type VerdictEpochs } from './verdict-cache.ts';
export type { Verdict } from './verdict.ts';
export { loadTrustList } from '../trust/load-trust-list.ts';
export type { TrustList } from '../trust/trust-list.ts';
