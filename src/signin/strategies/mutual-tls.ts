import type { Request } from 'express';
import type { Strategy } from 'passport';
import type { Credential } from '../credential.ts';
import { credentialStrategy, type Admit, type Admitted } from './strategy.ts';

export interface MutualTlsParts<A extends Admitted> {
  /** The certificate that the connection's handshake proved; undefined where none was presented. */
  readonly readPeerCredential: (request: Request) => Credential | undefined;
  readonly admit: Admit<A>;
}

/** Sign-in by TLS client certificate, on a listener that asks for one. Name: "mutual-tls". */
export const mutualTlsStrategy = <A extends Admitted>(
  parts: MutualTlsParts<A>,
): Strategy & { readonly name: string } =>
  credentialStrategy('mutual-tls', async (request) => parts.readPeerCredential(request), parts.admit);
