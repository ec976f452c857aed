import type { Seeds } from '../seeds.ts';

/** One parser or check that is given bytes by strangers. */
export interface Target {
  readonly name: string;
  /** How often, to the others. */
  readonly weight: number;
  readonly seeds: (seeds: Seeds) => readonly Uint8Array[];
  /**
   * Runs once. What came of it, in a few words: a new answer makes the input one to begin from. Throws what no caller
   * is told to expect, and Broken.
   */
  readonly run: (bytes: Uint8Array) => string | Promise<string>;
}

/** Something that must hold whatever the bytes are, and did not. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Broken(what);
};

/** What came of `run`: its own words, or those of an error its contract names. Any other error passes through. */
export const documented = <T>(
  run: () => T,
  isDocumented: (error: Error) => boolean,
): { readonly value: T } | { readonly refused: string } => {
  try {
    return { value: run() };
  } catch (error) {
    if (!(error instanceof Error) || !isDocumented(error)) throw error;
    return { refused: outline(error.message) };
  }
};

/** A message without the numbers in it. */
export const outline = (message: string): string => message.replace(/0x[0-9a-f]+|[\d.]+|"[^"]*"/g, '#');
