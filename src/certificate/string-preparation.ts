/**
 * String preparation for name matching (RFC 5280 section 7.1, RFC 4518 section 2): values that compare equal
 * prepared are equal by caseIgnoreMatch. Prohibited characters are left as they are, so that a value with one
 * matches only itself.
 */
export const prepareString = (value: string): string => {
  if (PLAIN.test(value)) return value.toLowerCase();
  const mapped = value
    .replace(MAPPED_TO_NOTHING, '')
    .replace(MAPPED_TO_SPACE, ' ')
    .normalize('NFKC')
    // RFC 3454 table B.2 folds ß to ss and both sigmas to one; upper case does the first, the last step the second.
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFKC');
  // RFC 4518 section 2.6.1: spaces at either end do not count, several within count as one.
  return mapped.trim().replace(/ {2,}/g, ' ');
};

/**
 * ASCII letters, digits, punctuation, Chinese characters (the block 4E00 to 9FFF, which no step changes), and single
 * spaces within: what nearly all names are.
 */
const PLAIN = /^[!-~\u4e00-\u9fff]+(?: [!-~\u4e00-\u9fff]+)*$/;

/** RFC 4518 section 2.2: controls and other characters that say nothing to a reader. */
const MAPPED_TO_NOTHING =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- the RFC's own list of controls
  /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u06dd\u070f\u1806\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/gu;

/** RFC 4518 section 2.2: line and field separators, and every Unicode space. */
const MAPPED_TO_SPACE = /[\t\n\v\f\r\u0085\p{Z}]/gu;
