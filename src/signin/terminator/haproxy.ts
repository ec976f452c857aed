import { DerError, DerReader, TAG } from '../../certificate/der.ts';
import { CHAIN_LIMIT } from './chain-limit.ts';
import { malformed } from './malformed.ts';
import { onlyField } from './only-field.ts';
import { strictBase64 } from './strict-base64.ts';

/**
 * HAProxy's %[ssl_c_der,base64], and %[ssl_c_chain_der,base64] where it is handed on too: certificates one after the
 * other, the leaf again among them or not. HAProxy writes an empty field where there is no certificate.
 *
 * @throws Refusal
 */
export const readHaproxy = (
  raw: readonly string[],
  header: string,
  chainHeader: string | undefined,
): Uint8Array[] | undefined => {
  const value = onlyField(raw, header);
  if (value === undefined) return undefined;
  const leaf = strictBase64(value) ?? malformed(`${header} is not Base64`);
  const chain = chainHeader === undefined ? undefined : onlyField(raw, chainHeader);
  if (chainHeader === undefined || chain === undefined) return [leaf];
  const others = concatenated(strictBase64(chain) ?? malformed(`${chainHeader} is not Base64`), chainHeader);
  return [leaf, ...others.filter((der) => Buffer.compare(der, leaf) !== 0)];
};

const concatenated = (octets: Uint8Array, name: string): Uint8Array[] => {
  const reader = new DerReader(octets);
  const certificates: Uint8Array[] = [];
  try {
    while (!reader.done) {
      if (certificates.length >= CHAIN_LIMIT) return malformed(`${name} has too many certificates`);
      certificates.push(reader.element(TAG.sequence));
    }
  } catch (error) {
    if (error instanceof DerError) return malformed(`${name} is not certificates one after the other`);
    throw error;
  }
  return certificates;
};
