import { hash } from 'node:crypto';
import { CHAIN_LIMIT } from './chain-limit.ts';
import { readEscapedPem } from './escaped-pem.ts';
import { malformed } from './malformed.ts';
import { onlyField } from './only-field.ts';

const NAME = 'X-Forwarded-Client-Cert';

/**
 * Envoy's X-Forwarded-Client-Cert: one element of `key=value` pairs, of which Cert, Chain and Hash are read. Several
 * elements mean that the terminator appended to what its own client sent (APPEND_FORWARD): whose certificate is meant
 * cannot be told, so they are refused. The terminator is to be set to SANITIZE_SET.
 *
 * @throws Refusal
 */
export const readEnvoy = (raw: readonly string[]): Uint8Array[] | undefined => {
  const value = onlyField(raw, NAME);
  if (value === undefined) return undefined;
  const pairs = readPairs(value);
  const [cert, chain, digest] = ['cert', 'chain', 'hash'].map((key) => pairs.get(key));
  const leaf = cert === undefined ? undefined : readEscapedPem(cert, `Cert of ${NAME}`, 1)[0];
  const whole = chain === undefined ? [] : readEscapedPem(chain, `Chain of ${NAME}`, CHAIN_LIMIT);
  const first = leaf ?? whole[0] ?? malformed(`${NAME} has neither Cert nor Chain`);
  if (whole[0] !== undefined && Buffer.compare(first, whole[0]) !== 0)
    return malformed(`Cert and Chain of ${NAME} are of different certificates`);
  if (digest !== undefined && digest.toLowerCase() !== hash('sha256', first, 'hex'))
    return malformed(`Hash of ${NAME} is of another certificate`);
  return whole.length > 0 ? whole : [first];
};

/** A key, and a value in quotes (with \\ before what would end it) or without. */
const PAIR = /([A-Za-z]+)=(?:"((?:[^"\\]|\\["\\])*)"|([^",;=\\]*))(;|$)/y;

const readPairs = (element: string): ReadonlyMap<string, string> => {
  const pairs = new Map<string, string>();
  for (let at = 0; at < element.length; at = PAIR.lastIndex) {
    PAIR.lastIndex = at;
    const match = PAIR.exec(element);
    if (match === null) return malformed(`${NAME} is not one element of key=value pairs`);
    const [, key = '', quoted, plain = ''] = match;
    const name = key.toLowerCase();
    // URI and DNS may come several times; of what is read here there is one.
    if (pairs.has(name) && READ.has(name)) return malformed(`${NAME} has two of ${key}`);
    pairs.set(name, quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  return pairs;
};
const READ: ReadonlySet<string> = new Set(['cert', 'chain', 'hash']);
