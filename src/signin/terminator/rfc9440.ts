import { CHAIN_LIMIT } from './chain-limit.ts';
import { malformed } from './malformed.ts';
import { onlyField } from './only-field.ts';
import { strictBase64 } from './strict-base64.ts';

/**
 * Client-Cert and Client-Cert-Chain (RFC 9440 section 2): a Byte Sequence, and a List of them (RFC 8941 sections 3.3.5 and
 * 3.1). Neither has parameters. DER, leaf first.
 *
 * @throws Refusal
 */
export const readRfc9440 = (raw: readonly string[]): Uint8Array[] | undefined => {
  const leaf = onlyField(raw, 'Client-Cert');
  const chain = onlyField(raw, 'Client-Cert-Chain');
  if (leaf === undefined) {
    // RFC 9440 section 2.3: not without Client-Cert.
    return chain === undefined ? undefined : malformed('Client-Cert-Chain without Client-Cert');
  }
  const members = chain === undefined ? [] : chain.split(',');
  if (members.length >= CHAIN_LIMIT) return malformed('Client-Cert-Chain has too many certificates');
  return [
    byteSequence(leaf, 'Client-Cert'),
    ...members.map((member) => byteSequence(member, 'Client-Cert-Chain')),
  ];
};

const byteSequence = (padded: string, name: string): Uint8Array => {
  const item = withoutPadding(padded);
  const octets =
    item.startsWith(':') && item.endsWith(':') && item.length > 2
      ? strictBase64(item.slice(1, -1))
      : undefined;
  return octets ?? malformed(`${name} is not a Byte Sequence`);
};

/** Spaces and tabs around it off. Not by a regular expression: these take time in the square of a run of spaces. */
const withoutPadding = (text: string): string => {
  const isPadding = (at: number): boolean => text[at] === ' ' || text[at] === '\t';
  let [start, end] = [0, text.length];
  while (start < end && isPadding(start)) start++;
  while (end > start && isPadding(end - 1)) end--;
  return text.slice(start, end);
};
