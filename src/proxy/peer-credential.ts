import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Credential } from '../signin/credential.ts';

/** Certificates taken from a peer; it may have sent any number. */
const CHAIN_LIMIT = 10;

/**
 * The certificate a peer has proven to hold by its TLS handshake (RFC 8446 section 4.4.3), with whatever else it
 * presented, in the order presented; nothing of it judged. A resumed session has the leaf alone: the trust list
 * completes its path. `undefined` where the peer presented none.
 */
export const readPeerCredential = (socket: TLSSocket, from: string, at: number): Credential | undefined => {
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const chain: Uint8Array[] = [];
  while (certificate !== undefined && chain.length < CHAIN_LIMIT) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return { chain, proof: 'mutual-tls', provenAt: at, from };
};
