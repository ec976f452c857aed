import { hash, randomBytes } from 'node:crypto';

/** ms. Long enough to find a key device and type its PIN. */
export const CHALLENGE_LIFETIME_MS = 120_000;

/** What a person is asked to sign in order to sign in: once, soon, for one site, in one browser. */
export interface Challenge {
  /** Random, 128 bits, base64url. Names the challenge; not part of the text. */
  readonly id: string;
  /** What is signed: its UTF-8 octets, exactly. NFC, lines end in LF, the last one too. */
  readonly text: string;
  /** The site the text was made for (RFC 6454 section 6.2), e.g. "https://signin.example.gov.cn". */
  readonly origin: string;
  /** browserSessionHash of the session it was issued to. */
  readonly browserSession: string;
  /** ms since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface ChallengeRequest {
  /** As a browser writes it: scheme, host and port, no path. */
  readonly origin: string;
  /** Opaque, from the browser's cookie; kept as a hash. */
  readonly browserSession: string;
  /** Where the person wants to go, named in the text. */
  readonly service?: { readonly zh: string; readonly en: string };
  /** ms since the epoch. */
  readonly at: number;
  /** Default CHALLENGE_LIFETIME_MS. */
  readonly lifetimeMs?: number;
}

/**
 * A new challenge. The form of its text is described in docs/key-middleware.md; agents show it before they sign.
 *
 * @throws TypeError for an origin that is none, or a service's name that is not one line of plain text
 */
export const createChallenge = ({
  origin,
  browserSession,
  service,
  at,
  lifetimeMs = CHALLENGE_LIFETIME_MS,
}: ChallengeRequest): Challenge => {
  if (URL.parse(origin)?.origin !== origin) throw new TypeError('not an origin');
  const names = service === undefined ? undefined : { zh: oneLine(service.zh), en: oneLine(service.en) };
  return {
    id: randomBytes(16).toString('base64url'),
    text: challengeText({ origin, at, code: newCode(), service: names }),
    origin,
    browserSession: browserSessionHash(browserSession),
    issuedAt: at,
    expiresAt: at + lifetimeMs,
  };
};

/** What stands for a browser's session in a challenge: whoever reads the store learns no session. */
export const browserSessionHash = (browserSession: string): string =>
  hash('sha256', `challenge:${browserSession}`, 'base64url');

interface TextParts {
  readonly origin: string;
  readonly at: number;
  readonly code: string;
  readonly service: { readonly zh: string; readonly en: string } | undefined;
}

/** Chinese first, then English. What a device's small screen shows first says what the signature is for. */
const challengeText = ({ origin, at, code, service }: TextParts): string => {
  const time = chinaTime(at);
  const lines = [
    '一证通登录确认',
    `登录网站：${origin}`,
    ...(service === undefined ? [] : [`办理服务：${service.zh}`]),
    `时间：${time}（北京时间）`,
    `随机码：${code}`,
    '本签名仅用于本次登录，不表示同意其他任何事项。',
    '',
    'OneCert sign-in',
    `Site: ${origin}`,
    ...(service === undefined ? [] : [`Service: ${service.en}`]),
    `Time: ${time} (UTC+8)`,
    `Code: ${code}`,
    'This signature signs you in, this once. It agrees to nothing else.',
  ];
  return lines.map((line) => `${line}\n`).join('');
};

const chinaTime = (at: number): string =>
  new Date(at + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

/** Crockford's alphabet: no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 140 random bits, in groups that can be compared by eye. */
const newCode = (): string =>
  [...randomBytes(28)]
    .map((octet) => ALPHABET[octet & 31])
    .join('')
    .replace(/(.{4})(?!$)/g, '$1-');

const NAME_LIMIT = 100;
/** A name that could end its line, hide text or turn it around would let a service write the rest of the text. */
const oneLine = (name: string): string => {
  const normal = name.normalize('NFC');
  if (normal === '' || normal.length > NAME_LIMIT || /[\p{C}\p{Zl}\p{Zp}]/u.test(normal))
    throw new TypeError('a service name that is not one line of plain text');
  return normal;
};
