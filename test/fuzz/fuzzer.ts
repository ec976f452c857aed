import { mutate } from './mutate.ts';
import { createRandom } from './random.ts';
import type { Seeds } from './seeds.ts';
import type { Target } from './targets/target.ts';

export interface Finding {
  readonly target: string;
  readonly execution: number;
  readonly bytes: Uint8Array;
  readonly problem: string;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly executions: number;
  /** ms of work that one execution may take at most. Not looked at where undefined: tests assert no times. */
  readonly slowest?: number;
  readonly onFinding?: (finding: Finding) => void;
  readonly onProgress?: (done: number) => void;
}

/** Inputs of one target kept to begin from besides the seeds, and bytes of one. */
const POOL_LIMIT = 1000;
const POOLED_LIMIT = 8192;
/** Outcomes of one target told apart: some name what a certificate names, which has no end. */
const OUTCOME_LIMIT = 5000;
const PROGRESS = 4096;

/**
 * Gives every target mutated bytes. An input whose outcome is a new one is kept and mutated further, which leads step
 * by step past the first checks of a parser. The same seed makes the same executions.
 */
export const fuzz = async (
  targets: readonly Target[],
  seeds: Seeds,
  { seed, executions, slowest, onFinding, onProgress }: FuzzOptions,
): Promise<{ readonly findings: readonly Finding[]; readonly outcomes: number }> => {
  const findings: Finding[] = [];
  const problems = new Set<string>();
  const arenas = targets.map((target) => ({
    target,
    pool: [...target.seeds(seeds)],
    outcomes: new Set<string>(),
    limit: target.seeds(seeds).length + POOL_LIMIT,
  }));
  const wheel = arenas.flatMap((arena) => Array.from({ length: arena.target.weight }, () => arena));

  for (let execution = 0; execution < executions; execution++) {
    if (execution % PROGRESS === 0) onProgress?.(execution);
    const random = createRandom(seed, execution);
    const { target, pool, outcomes, limit } = random.pick(wheel);
    const bytes = mutate(random.pick(pool), random, random.pick(pool));
    const { outcome, problem } = await execute(target, bytes, slowest);
    if (problem !== undefined) {
      // One of each kind is enough: a defect is hit again and again.
      const kind = `${target.name} ${problem.replace(/\d+/g, '#')}`;
      if (!problems.has(kind)) {
        problems.add(kind);
        const finding = { target: target.name, execution, bytes, problem };
        findings.push(finding);
        onFinding?.(finding);
      }
    } else if (outcomes.size < OUTCOME_LIMIT && !outcomes.has(outcome)) {
      outcomes.add(outcome);
      if (pool.length < limit && bytes.length <= POOLED_LIMIT) pool.push(Uint8Array.from(bytes));
    }
  }
  return { findings, outcomes: arenas.reduce((sum, { outcomes }) => sum + outcomes.size, 0) };
};

/**
 * Runs a target once. Where it took long it is run again and the thread's own time is counted, since the machine may
 * have been busy with something else, and the first run with the garbage of others.
 */
export const execute = async (
  target: Target,
  bytes: Uint8Array,
  slowest = Infinity,
): Promise<{ readonly outcome: string; readonly problem?: string }> => {
  let fastest = Infinity;
  for (let attempt = 0; attempt < 5; attempt++) {
    const begun = attempt === 0 ? performance.now() : threadTime();
    let outcome: string;
    try {
      const pending = target.run(bytes);
      outcome = typeof pending === 'string' ? pending : await pending;
    } catch (error) {
      return { outcome: 'escaped', problem: String(error) };
    }
    fastest = Math.min(fastest, (attempt === 0 ? performance.now() : threadTime()) - begun);
    if (fastest < slowest) return { outcome };
  }
  return { outcome: 'slow', problem: `took ${fastest.toFixed(0)} ms at the least` };
};

/** ms that this thread has worked. */
const threadTime = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
