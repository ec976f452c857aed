/**
 * What becomes of the header fields of a call on its way to a department and back. Works on arrays of alternating
 * names and values, as Node and undici give them: no object is built for a request.
 */

/** What is done with a request field: `forged` is removed and counted, `hop` removed, the others looked at. */
export type Treatment =
  | { readonly kind: 'keep' | 'hop' | 'disguised' }
  | { readonly kind: 'forged'; readonly label: string }
  | {
      readonly kind: 'host' | 'content-length' | 'transfer-encoding' | 'connection' | 'expect';
    };

const KEEP: Treatment = { kind: 'keep' };
const HOP: Treatment = { kind: 'hop' };
const DISGUISED: Treatment = { kind: 'disguised' };

/** Fields that say where a message ends or whom it is for: known in one spelling only, whatever stands in others. */
const FRAMING: ReadonlyMap<string, Treatment> = new Map<string, Treatment>([
  ['host', { kind: 'host' }],
  ['content-length', { kind: 'content-length' }],
  ['transfer-encoding', { kind: 'transfer-encoding' }],
]);

/** For the next hop only (RFC 9110 section 7.6.1), or answered by the gateway itself. */
const FOR_THIS_HOP: ReadonlyMap<string, Treatment> = new Map<string, Treatment>([
  ['connection', { kind: 'connection' }],
  ['expect', { kind: 'expect' }],
  ['upgrade', HOP],
  ['keep-alive', HOP],
  ['proxy-connection', HOP],
  ['proxy-authorization', HOP],
  ['proxy-authenticate', HOP],
  ['te', HOP],
  ['trailer', HOP],
  ['http2-settings', HOP],
]);

/**
 * Fields by which back ends are told who calls, from where, or what for, by some proxy or other. From a client they
 * are forgeries, whichever of them a department's system happens to believe. Authorization and Cookie are not
 * among them: departments use these themselves.
 */
const FORGED_NAMES: ReadonlySet<string> = new Set([
  // RFC 9440, and what came before it
  'client-cert',
  'client-cert-chain',
  'x-client-cert',
  'x-client-certificate',
  'x-client-dn',
  'x-client-verify',
  'x-arr-clientcert',
  'ssl-cert',
  // A user by name
  'remote-user',
  'x-remote-user',
  'x-user',
  'x-user-id',
  'x-user-name',
  'x-username',
  'x-userid',
  'x-user-email',
  'x-user-groups',
  'x-user-roles',
  'x-authenticated-user',
  'x-webauth-user',
  'x-ms-client-principal',
  // Where a call comes from: the gateway says so itself (RFC 7239)
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'via',
  // Another method or path than the one that was decided on
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-original-uri',
  'x-original-method',
  'x-rewrite-url',
  // Becomes HTTP_PROXY in CGI programs
  'proxy',
]);

const FORGED_PREFIXES: readonly string[] = [
  'onecert-',
  'x-onecert-',
  'x-forwarded-',
  'x-ssl-',
  'ssl-client-',
  'x-client-cert-',
  'x-auth-request-',
  'x-amzn-mtls-',
  'x-amzn-oidc-',
  'x-ms-client-principal-',
  'x-goog-authenticated-user-',
  'x-remote-user-',
];

/**
 * Many back ends cannot tell `X_User` or `X.User` from `X-User`: CGI, WSGI and PHP turn all of them into the same
 * variable. So names are compared with every character but letters and digits read as a hyphen.
 */
export const fold = (lower: string): string => lower.replace(/[^a-z0-9]/g, '-');

const classify = (name: string): Treatment => {
  const lower = name.toLowerCase();
  const exact = FRAMING.get(lower) ?? FOR_THIS_HOP.get(lower);
  if (exact !== undefined) return exact;
  const folded = fold(lower);
  if (FRAMING.has(folded)) return DISGUISED;
  if (FOR_THIS_HOP.has(folded)) return HOP;
  if (FORGED_NAMES.has(folded)) return { kind: 'forged', label: folded };
  const prefix = FORGED_PREFIXES.find((start) => folded.startsWith(start));
  return prefix === undefined ? KEEP : { kind: 'forged', label: `${prefix}*` };
};

/** Spellings seen so far. Real clients use a few dozen; the bound is for those who make them up. */
const treatments = new Map<string, Treatment>();
const SPELLINGS = 2_048;

export const treatmentOf = (name: string): Treatment => {
  const known = treatments.get(name);
  if (known !== undefined) return known;
  const treatment = classify(name);
  if (treatments.size < SPELLINGS) treatments.set(name, treatment);
  return treatment;
};

/** Options of Connection that are not names of fields to remove. */
const CONNECTION_OPTIONS: ReadonlySet<string> = new Set(['', 'close', 'keep-alive', 'upgrade']);

/** Names in a Connection field that are to be removed with it (RFC 9110 section 7.6.1), folded. */
export const namedInConnection = (value: string): string[] =>
  value
    .toLowerCase()
    .split(',')
    .map((option) => fold(option.trim()))
    .filter((option) => !CONNECTION_OPTIONS.has(option));

/** Removes the named fields, in any spelling, from an array of names and values. */
export const withoutNamed = (headers: readonly string[], names: readonly string[]): string[] => {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!names.includes(fold(name.toLowerCase()))) kept.push(name, headers[index + 1] as string);
  }
  return kept;
};

/** `origin`: the gateway's own to say; a department's is dropped. */
type ResponseTreatment = 'keep' | 'drop' | 'origin' | 'connection' | 'trailer';

const RESPONSE_FIELDS: ReadonlyMap<string, ResponseTreatment> = new Map([
  ['connection', 'connection'],
  ['trailer', 'trailer'],
  ['keep-alive', 'drop'],
  ['proxy-connection', 'drop'],
  ['proxy-authenticate', 'drop'],
  ['te', 'drop'],
  ['transfer-encoding', 'drop'],
  ['upgrade', 'drop'],
  // These speak for the whole origin, or for all of the host, which is not one department's: they would move it
  // elsewhere (RFC 7838), take the pages of other departments over (a service worker beyond its own folder), have the
  // calls to them reported (NEL), or wipe out what they keep in the browser.
  ['alt-svc', 'origin'],
  ['service-worker-allowed', 'origin'],
  ['nel', 'origin'],
  ['report-to', 'origin'],
  ['clear-site-data', 'origin'],
  ['strict-transport-security', 'origin'],
  ['public-key-pins', 'origin'],
  ['accept-ch', 'origin'],
  ['origin-agent-cluster', 'origin'],
]);

const responseTreatments = new Map<string, ResponseTreatment>();

const responseTreatmentOf = (name: string): ResponseTreatment => {
  const known = responseTreatments.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const treatment =
    RESPONSE_FIELDS.get(lower) ??
    (fold(lower).startsWith('onecert-') ? ('origin' as const) : ('keep' as const));
  if (responseTreatments.size < SPELLINGS) responseTreatments.set(name, treatment);
  return treatment;
};

/**
 * The fields of a department's answer that go on to the client. OneCert-* is the gateway's own.
 *
 * @param isPortal the answer is the gateway's own, which alone may speak for the origin
 * @param canTrail Trailer may stay, where no length is given: only then there can be trailers (RFC 9112 section 7.1.2)
 */
export const cleanResponseHeaders = (
  raw: readonly (Buffer | string)[],
  canTrail: boolean,
  isPortal = false,
): string[] => {
  const kept: string[] = [];
  let named: string[] | undefined;
  let trailer: string | undefined;
  let hasLength = false;
  for (let index = 0; index < raw.length; index += 2) {
    const name = textOf(raw[index] as Buffer);
    const treatment = responseTreatmentOf(name);
    if (treatment === 'drop' || (treatment === 'origin' && !isPortal)) continue;
    const value = textOf(raw[index + 1] as Buffer);
    if (treatment === 'keep' || treatment === 'origin') {
      kept.push(name, value);
      if (name.length === 14 && name.toLowerCase() === 'content-length') hasLength = true;
    } else if (treatment === 'trailer') trailer = value;
    else named = (named ?? []).concat(namedInConnection(value));
  }
  if (trailer !== undefined && canTrail && !hasLength) kept.push('Trailer', trailer);
  return named === undefined || named.length === 0 ? kept : withoutNamed(kept, named);
};

/**
 * Trailers that go on. What browsers act on in a head has no business after the body (RFC 9110 section 6.5.1): a cookie
 * there would also be one that was not confined to its department.
 */
export const cleanTrailers = (raw: readonly (Buffer | string)[]): string[] => {
  const cleaned = cleanResponseHeaders(raw, false);
  const kept: string[] = [];
  for (let index = 0; index < cleaned.length; index += 2) {
    const name = cleaned[index] as string;
    if (!/^(?:set-cookie2?|content-length)$/i.test(name)) kept.push(name, cleaned[index + 1] as string);
  }
  return kept;
};

/** Node has it, its types do not; it saves `toString` its look at the encoding, twice for each field. */
interface Latin1 {
  latin1Slice(): string;
}

const textOf = (octets: Buffer | string): string =>
  typeof octets === 'string' ? octets : (octets as Buffer & Latin1).latin1Slice();
