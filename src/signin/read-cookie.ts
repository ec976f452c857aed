/** Longer fields are not read at all; browsers send less. */
const MAX_FIELD = 16 * 1024;

/**
 * The value of a cookie (RFC 6265 section 5.4) that stands in the Cookie field exactly once. Twice is as good as
 * never: whoever can plant a second cookie of this name does not get to choose which one counts.
 */
export const readCookie = (field: string | undefined, name: string): string | undefined => {
  if (field === undefined || field.length > MAX_FIELD) return undefined;
  let found: string | undefined;
  for (const pair of field.split(';')) {
    const text = withoutBlanks(pair);
    const sign = text.indexOf('=');
    const named = sign === -1 ? text : withoutBlanks(text.slice(0, sign));
    if (named !== name) continue;
    if (found !== undefined) return undefined;
    found = sign === -1 ? '' : text.slice(sign + 1);
  }
  return found;
};

/** By hand: a pattern for blanks at the end takes time in the square of those in the middle. */
const withoutBlanks = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
};

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';
