import { z } from 'zod';
import type { Identified } from '../decision/enrolled-claims.ts';
import type { Credential } from '../signin/credential.ts';
import type { FederationCipher } from './federation-parts.ts';

/** Who an assertion is about, for the gateway alone: enough to judge the certificate again. */
export interface ExchangeTicket {
  readonly unifiedId: string;
  readonly credential: Credential;
}

/** Octets of chain that are carried; beyond, the leaf alone: its issuers stand in the trust list as a rule. */
const MAX_CHAIN = 3_072;

const ticketSchema = z.strictObject({
  unifiedId: z.string().min(1),
  /** DER in Base64, leaf first. */
  chain: z.array(z.base64()).min(1),
  proof: z.enum(['mutual-tls', 'signed-challenge', 'terminator']),
  provenAt: z.number(),
  from: z.string(),
});

/** Sealed for one audience: what another service was given does not open. */
export const sealExchangeTicket = (
  cipher: FederationCipher,
  { identity, credential: { chain, proof, provenAt, from } }: Identified,
  audience: string,
): string => {
  const size = chain.reduce((sum, der) => sum + der.length, 0);
  const carried = size <= MAX_CHAIN ? chain : chain.slice(0, 1);
  const ticket: z.input<typeof ticketSchema> = {
    unifiedId: identity.unifiedId,
    chain: carried.map((der) => Buffer.from(der).toString('base64')),
    proof,
    provenAt,
    from,
  };
  return Buffer.from(cipher.encrypt(JSON.stringify(ticket), bindingOf(audience))).toString('base64url');
};

/** undefined for anything but a ticket sealed for this audience. */
export const openExchangeTicket = (
  cipher: FederationCipher,
  ticket: string,
  audience: string,
): ExchangeTicket | undefined => {
  try {
    const { unifiedId, chain, ...rest } = ticketSchema.parse(
      JSON.parse(cipher.decrypt(Buffer.from(ticket, 'base64url'), bindingOf(audience))),
    );
    return {
      unifiedId,
      credential: { ...rest, chain: chain.map((der) => Buffer.from(der, 'base64')) },
    };
  } catch {
    return undefined;
  }
};

const bindingOf = (audience: string): string => `exchange ticket v1 ${audience}`;
