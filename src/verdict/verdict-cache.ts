import { hash } from 'node:crypto';
import { createByteMemo } from '../certificate/byte-memo.ts';
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
 * Refusals kept. Anybody can make certificates to be refused, each as large as is read at all (64 KiB); good ones only
 * authorities can. So the two are kept apart: whoever sends the former pushes out none of the latter, nor fills the
 * memory.
 */
const REFUSED_CAPACITY = 1_000;

/** Good verdicts kept: with its certificate and report each takes some 10 KiB, so 200 MiB in each thread at the most. */
const GOOD_CAPACITY = 20_000;

/**
 * Remembers verdicts by the presented certificates, at most `capacity` good ones, least recently used
 * out first. Verdicts asked for at the same time are reached once.
 */
export const cacheVerdicts = (judge: Judge, epochs: VerdictEpochs, capacity = GOOD_CAPACITY): Judge => {
  const good = createRecentVerdicts(capacity);
  const refused = createRecentVerdicts(REFUSED_CAPACITY);
  const pending = new Map<string, Promise<Verdict>>();
  const keyOf = createChainKey();

  const reach = async (key: string, chain: readonly Uint8Array[], at: number): Promise<Verdict> => {
    let running = pending.get(key);
    while (running !== undefined) {
      const verdict = await running;
      if (isVerdictCurrent(verdict, epochs, at)) return verdict;
      // An epoch moved while this call waited; somebody else may have begun a fresh one already.
      const latest = pending.get(key);
      running = latest === running ? undefined : latest;
    }

    const fresh = judge(chain, at);
    pending.set(key, fresh);
    const settle = (): void => {
      if (pending.get(key) === fresh) pending.delete(key);
    };
    // A judge that failed (a defect, not a refusal) is not remembered as an answer.
    fresh.then((verdict) => {
      settle();
      good.delete(key);
      refused.delete(key);
      (verdict.outcome === 'good' ? good : refused).set(key, { verdict, answer: fresh });
    }, settle);
    return fresh;
  };

  return (chain, at) => {
    const key = keyOf(chain);
    const known = good.get(key) ?? refused.get(key);
    return known !== undefined && isVerdictCurrent(known.verdict, epochs, at)
      ? known.answer
      : reach(key, chain, at);
  };
};

interface Remembered {
  readonly verdict: Verdict;
  /** Resolved: what is given out, again and again. */
  readonly answer: Promise<Verdict>;
}

const createRecentVerdicts = (capacity: number) => {
  const verdicts = new Map<string, Remembered>();
  return {
    /** Makes it the most recently used one. */
    get: (key: string): Remembered | undefined => {
      const remembered = verdicts.get(key);
      if (remembered !== undefined) {
        verdicts.delete(key);
        verdicts.set(key, remembered);
      }
      return remembered;
    },
    set: (key: string, remembered: Remembered): void => {
      verdicts.set(key, remembered);
      if (verdicts.size <= capacity) return;
      for (const oldest of verdicts.keys()) {
        verdicts.delete(oldest);
        break;
      }
    },
    delete: (key: string): void => void verdicts.delete(key),
  };
};

/** Octets of an issuing certificate that is remembered: 2 MiB in each thread at the most. */
const LONGEST = 8192;

/**
 * The leaf's SHA-256, and a number for each certificate behind it. Those are few, and comparing one with those known
 * costs a tenth of hashing it. A number is never given twice: a certificate that was forgotten gets a new one, and its
 * chains are judged again.
 */
const createChainKey = () => {
  const numbers = createByteMemo<number>(256, LONGEST);
  let last = 0;
  const numberOf = (der: Uint8Array): number | string => {
    if (der.length > LONGEST) return hash('sha256', der, 'base64');
    let number = numbers.get(der);
    if (number === undefined) {
      number = ++last;
      numbers.set(der, number);
    }
    return number;
  };
  return (chain: readonly Uint8Array[]): string => {
    const [leaf] = chain;
    let key = leaf === undefined ? '' : hash('sha256', leaf, 'base64');
    for (let index = 1; index < chain.length; index++) key += ` ${numberOf(chain[index] as Uint8Array)}`;
    return key;
  };
};
