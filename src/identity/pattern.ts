/** Characters of a pattern, and of the text one is run over. */
const PATTERN_LIMIT = 200;
export const TEXT_LIMIT = 256;

/** Steps of the worst pattern on the longest text; some 15 ns each. */
const STEPS_LIMIT = 2 ** 22;

/**
 * What is wrong with an operator's regular expression; undefined when nothing is. Beside syntax, it may not take long
 * on any text: groups are not repeated, back references not used, and repeats and choices are few.
 */
export const patternProblem = (source: string): string | undefined => {
  if (source.length > PATTERN_LIMIT) return `a regular expression of over ${PATTERN_LIMIT} characters`;
  try {
    new RegExp(source);
  } catch (error) {
    return (error as Error).message;
  }
  if (/\\[1-9]|\\k</.test(source.replaceAll('\\\\', ''))) return 'back references are not supported';
  // Escapes and classes are single characters to what follows.
  const flat = source.replace(/\\./g, 'a').replace(/\[[^\]]*\]/g, 'a');
  if (/\)(?:[*+]|\{)/.test(flat))
    return 'a repeated group can take very long: repeat characters or classes only';
  if (worstSteps(flat) > STEPS_LIMIT) {
    return 'it can take very long: use fewer repeats, alternatives and optional parts, or begin with ^';
  }
  return undefined;
};

/**
 * A bound on the ways a backtracking matcher can try: every repeat may end anywhere after the one before it, every
 * choice doubles, and a pattern that may begin anywhere has one more place to choose.
 */
const worstSteps = (flat: string): number => {
  const repeats = flat.match(/[^(][*+]|\{\d+,\d*\}/g)?.length ?? 0;
  const optionals = flat.match(/[^(*+?}]\?/g)?.length ?? 0;
  const alternatives = flat.match(/\|/g)?.length ?? 0;
  const places = repeats + (isAnchored(flat) ? 0 : 1);
  let steps = 2 ** (optionals + alternatives);
  for (let place = 1; place <= places; place++) steps *= (TEXT_LIMIT + place) / place;
  return steps;
};

/** Begins with ^, in every alternative outside groups: there is only one. */
const isAnchored = (flat: string): boolean => {
  let depth = 0;
  for (const character of flat) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return false;
  }
  return flat.startsWith('^');
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
