/** Characters of a pattern, and of the text one is run over. */
const PATTERN_LIMIT = 200;
export const TEXT_LIMIT = 256;

/** Together they bound the steps of the worst pattern on the longest text to some hundred million. */
const REPEATS_LIMIT = 3;
const OPTIONALS_LIMIT = 8;

/**
 * What is wrong with an operator's regular expression; undefined when nothing is. Beside syntax, it may not take
 * exponential time: groups are not repeated, back references not used, and repeats are few.
 */
export const patternProblem = (source: string): string | undefined => {
  if (source.length > PATTERN_LIMIT) return `a regular expression of over ${PATTERN_LIMIT} characters`;
  try {
    new RegExp(source);
  } catch (error) {
    return (error as Error).message;
  }
  // Escapes and classes are single characters to what follows.
  if (/\\[1-9]|\\k</.test(source.replace(/\\\\/g, ''))) return 'back references are not supported';
  const flat = source.replace(/\\./g, 'a').replace(/\[[^\]]*\]/g, 'a');
  if (/\)(?:[*+]|\{)/.test(flat))
    return 'a repeated group can take very long: repeat characters or classes only';
  const repeats = flat.match(/[^(\\][*+]|\{\d+,\d*\}/g)?.length ?? 0;
  if (repeats > REPEATS_LIMIT) return `more than ${REPEATS_LIMIT} repeats can take very long`;
  const optionals = flat.match(/[^(*+?}]\?/g)?.length ?? 0;
  if (optionals > OPTIONALS_LIMIT) return `more than ${OPTIONALS_LIMIT} optional parts can take very long`;
  return undefined;
};

/** Patterns come from the trust list, which has few; each is compiled once. */
const COMPILED = new Map<string, RegExp>();
const COMPILED_LIMIT = 1_000;

export const compiledPattern = (source: string, flags: '' | 'g' = ''): RegExp => {
  const key = `${flags}/${source}`;
  const known = COMPILED.get(key);
  if (known !== undefined) return known;
  if (COMPILED.size >= COMPILED_LIMIT) COMPILED.clear();
  const made = new RegExp(source, flags);
  COMPILED.set(key, made);
  return made;
};
