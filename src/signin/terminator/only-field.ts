import { malformed } from './malformed.ts';

/** Characters. A chain of ten certificates, percent-encoded, stays below. */
const VALUE_LIMIT = 65_536;

/**
 * The value of a field that a terminator sets: undefined where it is absent or empty, which is how terminators say "no
 * certificate". Two fields of the name mean that the terminator passed on one of its client's beside its own.
 *
 * @param raw alternating names and values, as IncomingMessage.rawHeaders has them
 * @throws Refusal for two fields, and for one of over 64 KiB
 */
export const onlyField = (raw: readonly string[], name: string): string | undefined => {
  const wanted = name.toLowerCase();
  let found: string | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() !== wanted) continue;
    if (found !== undefined) return malformed(`the field ${name} stands there twice`);
    found = raw[index + 1] ?? '';
  }
  if (found !== undefined && found.length > VALUE_LIMIT) return malformed(`the field ${name} is too long`);
  return found === '' ? undefined : found;
};
