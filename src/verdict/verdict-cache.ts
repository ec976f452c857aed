import { createHash } from 'node:crypto';
import type { Judge } from './judge.ts';
import type { Verdict } from './verdict.ts';

export interface VerdictEpochs {
  readonly trust: () => number;
  readonly revocation: () => number;
}

/** Whether a verdict still stands: same trust list, same revocation data, not past its time. */
export const isVerdictCurrent = (verdict: Verdict, epochs: VerdictEpochs, at: number): boolean =>
  verdict.trustEpoch === epochs.trust() &&
  verdict.revocationEpoch === epochs.revocation() &&
  at < verdict.validUntil &&
  at >= verdict.judgedAt - CLOCK_STEP_MS;

/** A clock set back further than this makes verdicts be reached again. */
const CLOCK_STEP_MS = 60_000;

/**
 * Remembers verdicts by the SHA-256 of the presented chain, at most `capacity` of them, least recently used out
 * first. Verdicts asked for at the same time are reached once.
 */
export const cacheVerdicts = (judge: Judge, epochs: VerdictEpochs, capacity = 100_000): Judge => {
  const verdicts = new Map<string, Promise<Verdict>>();
  return async (chain, at) => {
    const key = keyOf(chain);
    for (let known = verdicts.get(key); known !== undefined;) {
      const verdict = await known;
      const latest = verdicts.get(key);
      if (isVerdictCurrent(verdict, epochs, at)) {
        if (latest === known) {
          verdicts.delete(key);
          verdicts.set(key, known);
        }
        return verdict;
      }
      // Somebody else may have begun a fresh one while this call waited.
      known = latest === known ? undefined : latest;
    }
    const fresh = judge(chain, at);
    verdicts.delete(key);
    verdicts.set(key, fresh);
    if (verdicts.size > capacity)
      for (const oldest of verdicts.keys()) {
        verdicts.delete(oldest);
        break;
      }
    // A judge that failed (a defect, not a refusal) must not be remembered as an answer.
    fresh.catch(() => verdicts.get(key) === fresh && verdicts.delete(key));
    return fresh;
  };
};

const keyOf = (chain: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const der of chain) {
    // Length first: no two different chains may run together into the same bytes.
    hash.update(Uint32Array.of(der.length)).update(der);
  }
  return hash.digest('base64');
};
