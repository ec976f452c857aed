import { sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { operatorAlgorithm, operatorKeyId } from './operator-key.ts';

/** Says what is signed, so that no other statement of the operators' key can be taken for a trust list. */
const TYPE = 'onecert-trust-list';
const TEXT_LENGTH = 4096;

/** Strict: a header parameter this does not know, `crit` among them, is refused (RFC 7515 section 4.1.11). */
const headerSchema = z.strictObject({
  alg: z.enum(['EdDSA', 'ES256']),
  kid: z.string(),
  typ: z.literal(TYPE),
});

/** A JWS over `payload`, compact, with the payload left out (RFC 7515 Appendix F): "header..signature". */
export const signDetached = (payload: Uint8Array, key: KeyObject): string => {
  const header = encode(JSON.stringify({ alg: operatorAlgorithm(key), kid: operatorKeyId(key), typ: TYPE }));
  const signature = sign(hashOf(key), signingInput(header, payload), { key, dsaEncoding: 'ieee-p1363' });
  return `${header}..${signature.toString('base64url')}`;
};

/** What is wrong with `jws` as a signature of `key` over `payload`; undefined when nothing is. Never throws. */
export const detachedSignatureProblem = (
  jws: string,
  payload: Uint8Array,
  key: KeyObject,
): string | undefined => {
  if (jws.length > TEXT_LENGTH) return 'too long for a signature';
  const [, header, signature] = /^([\w-]+)\.\.([\w-]+)\s*$/.exec(jws) ?? [];
  if (header === undefined || signature === undefined) return 'not a detached JWS ("header..signature")';
  const read = headerSchema.safeParse(parseJson(header));
  if (!read.success) return `the header of the signature is not that of a trust list (typ ${TYPE})`;
  // The key says which algorithm it is for; the header only has to agree (RFC 8725 section 3.1).
  const { alg, kid } = read.data;
  if (kid !== operatorKeyId(key))
    return `made by another key (${kid}); the key set here is ${operatorKeyId(key)}`;
  const good =
    alg === operatorAlgorithm(key) &&
    verify(
      hashOf(key),
      signingInput(header, payload),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  return good
    ? undefined
    : 'the signature does not verify: the list, or the signature, was altered after signing';
};

const hashOf = (key: KeyObject): string | null => (operatorAlgorithm(key) === 'ES256' ? 'sha256' : null);

const encode = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url');

const signingInput = (header: string, payload: Uint8Array): Buffer =>
  Buffer.from(`${header}.${encode(payload)}`);

const parseJson = (base64url: string): unknown => {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
};
