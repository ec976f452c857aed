import { Refusal } from '../../refusal/refusal.ts';

/** Where proxies ask. */
export const VERIFY_PATH = '/auth/verify';

/** The request that a proxy asks about before it lets it through. */
export interface AskedAbout {
  readonly method: string;
  /** Request target as the proxy's client sent it: path and query. */
  readonly uri: string;
  /**
   * What becomes of an answer of no: nginx looks at its status and fields alone; Traefik, Caddy and Envoy send the
   * answer itself to their client.
   */
  readonly isRelayed: boolean;
}

/** @param name in lower case */
type Fields = readonly (readonly [name: string, value: string])[];

/**
 * Reads what a proxy asks about, from the one place where its kind says it: X-Original-Method and X-Original-URI (nginx),
 * X-Forwarded-Method and X-Forwarded-Uri (Traefik, Caddy), or method and path of the question itself, below /auth/verify
 * (Envoy's path_prefix). A proxy always sets its own pair, and hands on what its client has set of the others: so more
 * than one of the three is refused, and none is preferred.
 *
 * @throws Refusal ONECERT_FORWARD_AUTH_MALFORMED
 */
export const readAskedAbout = (fields: Fields, method: string, url: string): AskedAbout => {
  const found = [
    pairOf(fields, 'x-original-method', 'x-original-uri', false),
    pairOf(fields, 'x-forwarded-method', 'x-forwarded-uri', true),
    url.startsWith(`${VERIFY_PATH}/`)
      ? { method, uri: url.slice(VERIFY_PATH.length), isRelayed: true }
      : undefined,
  ].filter((asked) => asked !== undefined);
  const [asked] = found;
  if (asked === undefined || found.length > 1)
    return malformed(`what is asked about is said in ${found.length} ways`);
  if (!/^[A-Z]{1,16}$/.test(asked.method)) return malformed('the method asked about is none');
  return asked;
};

const pairOf = (
  fields: Fields,
  methodField: string,
  uriField: string,
  isRelayed: boolean,
): AskedAbout | undefined => {
  const [methods, uris] = [methodField, uriField].map((wanted) =>
    fields.filter(([name]) => name === wanted).map(([, value]) => value),
  ) as [string[], string[]];
  if (methods.length === 0 && uris.length === 0) return undefined;
  const [method] = methods;
  const [uri] = uris;
  if (method === undefined || uri === undefined || methods.length > 1 || uris.length > 1)
    return malformed(`not one ${methodField} and one ${uriField}`);
  return { method, uri, isRelayed };
};

const malformed = (detail: string): never => {
  throw new Refusal('ONECERT_FORWARD_AUTH_MALFORMED', detail);
};
