import type { Credential } from '../signin/credential.ts';

/** RFC 9440 section 2.1: DER as a Structured Field byte sequence (RFC 8941 section 3.3.5). */
const byteSequence = (der: Uint8Array): string => `:${Buffer.from(der).toString('base64')}:`;

/** Back ends limit the size of a request head: what a peer sent beyond this stays with us. */
const CHAIN_SIZE_LIMIT = 8_192;

/** Client-Cert, and Client-Cert-Chain where the peer presented more than its own certificate (RFC 9440). */
export const clientCertHeaders = ({ chain }: Credential): string[] => {
  const [leaf, ...presented] = chain;
  if (leaf === undefined) return [];
  const headers = ['Client-Cert', byteSequence(leaf)];
  const value = presented.map(byteSequence).join(', ');
  if (value !== '' && value.length <= CHAIN_SIZE_LIMIT) headers.push('Client-Cert-Chain', value);
  return headers;
};
