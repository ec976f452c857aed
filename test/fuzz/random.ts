/** A stream of numbers that depends on its seed alone, so that every execution can be had again. */
export interface Random {
  /** 0 to `below` - 1. */
  int(below: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** mulberry32, of a seed and the number of the execution. */
export const createRandom = (seed: number, execution = 0): Random => {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(execution + 1, 0xc2b2ae35)) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const int = (below: number): number => next() % below;
  return {
    int,
    chance: (probability) => next() < probability * 2 ** 32,
    pick: <T>(from: readonly T[]): T => from[int(from.length)] as T,
  };
};
