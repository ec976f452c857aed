/** A request target that can be read in one way only. */
export interface Target {
  /** As sent: begins with "/", nothing decoded. */
  readonly path: string;
  /** "?" and the query, or empty. */
  readonly search: string;
}

/** `ambiguous`: it has more than one reading. `malformed`: it is no target of a request to an origin server. */
export type TargetFault = 'ambiguous' | 'malformed';

const ABSOLUTE = /^https:\/\/([^/?#]+)(.*)$/i;

/**
 * Reads a request target (RFC 9112 section 3.2). What is decided on must be what the department's server acts on,
 * so a path is refused where servers are known to differ: dot segments in any spelling, empty segments, backslashes,
 * parameters before the last segment, encoded separators, encoded characters that need no encoding (RFC 3986
 * section 6.2.2.2), and percent signs that encode nothing.
 */
export const readTarget = (url: string, host: string | undefined): Target | TargetFault => {
  if (url.charCodeAt(0) === SLASH) return readOriginForm(url);
  const absolute = ABSOLUTE.exec(url);
  // Absolute form must be accepted (section 3.2.2); the host in it and the one in Host cannot differ honestly.
  if (absolute === null || absolute[1]?.toLowerCase() !== host?.toLowerCase()) return 'malformed';
  const rest = absolute[2] as string;
  return readOriginForm(rest.startsWith('/') ? rest : `/${rest}`);
};

const SLASH = 0x2f;
const PERCENT = 0x25;
const QUESTION = 0x3f;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const HASH = 0x23;

const readOriginForm = (url: string): Target | TargetFault => {
  const end = url.length;
  let pathEnd = end;
  /** Dots seen since the last slash while nothing else was; -1 once something else was. */
  let dots = 0;
  let hasParameters = false;
  for (let index = 1; index < end; index += 1) {
    const code = url.charCodeAt(index);
    if (code === QUESTION) {
      pathEnd = index;
      break;
    }
    if (code === SLASH) {
      // "//", "/./", "/../", and parameters on a segment that is not the last
      if (dots >= 0 || hasParameters) return 'ambiguous';
      dots = 0;
    } else if (code === DOT) {
      if (dots >= 0) dots = dots === 2 ? -1 : dots + 1;
    } else if (code === SEMICOLON) {
      if (dots >= 0) return 'ambiguous';
      hasParameters = true;
    } else if (code === PERCENT) {
      if (!isHarmlessEscape(url, index)) return 'ambiguous';
      index += 2;
      dots = -1;
    } else if (code <= 0x20 || code >= 0x7f || code === BACKSLASH || code === HASH) return 'ambiguous';
    else dots = -1;
  }
  if (dots > 0) return 'ambiguous';
  if (pathEnd === end) return { path: url, search: '' };
  return isPlain(url, pathEnd) ? { path: url.slice(0, pathEnd), search: url.slice(pathEnd) } : 'ambiguous';
};

/** Whether "%XX" encodes an octet that has to be encoded and separates nothing. */
const isHarmlessEscape = (url: string, at: number): boolean => {
  const high = hexValue(url.charCodeAt(at + 1));
  const low = hexValue(url.charCodeAt(at + 2));
  if (high < 0 || low < 0) return false;
  const octet = high * 16 + low;
  if (octet < 0x20 || octet === 0x7f) return false;
  if (octet === SLASH || octet === BACKSLASH || octet === PERCENT || octet === SEMICOLON) return false;
  return !isUnreserved(octet) && !isOverlong(octet, url, at + 3);
};

/** The octets before 0x80 once more, written in two or three (RFC 3629 section 3): "%c0%af" is a slash to some. */
const isOverlong = (octet: number, url: string, next: number): boolean => {
  if (octet !== 0xc0 && octet !== 0xc1 && octet !== 0xe0) return false;
  if (url.charCodeAt(next) !== PERCENT) return false;
  const following = hexValue(url.charCodeAt(next + 1)) * 16 + hexValue(url.charCodeAt(next + 2));
  return following >= 0x80 && following <= (octet === 0xe0 ? 0x9f : 0xbf);
};

const hexValue = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
};

/** RFC 3986 section 2.3. */
const isUnreserved = (octet: number): boolean =>
  (octet >= 0x30 && octet <= 0x39) ||
  (octet >= 0x41 && octet <= 0x5a) ||
  (octet >= 0x61 && octet <= 0x7a) ||
  octet === 0x2d ||
  octet === DOT ||
  octet === 0x5f ||
  octet === 0x7e;

/** A query is the department's own affair, but for characters no request line may have. */
const isPlain = (url: string, from: number): boolean => {
  for (let index = from; index < url.length; index += 1) {
    const code = url.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f || code > 0xff || code === HASH) return false;
  }
  return true;
};
