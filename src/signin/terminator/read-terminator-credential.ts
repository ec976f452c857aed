import { Refusal } from '../../refusal/refusal.ts';
import type { Credential } from '../credential.ts';
import { readEnvoy } from './envoy.ts';
import { readHaproxy } from './haproxy.ts';
import { readNginx } from './nginx.ts';
import { readRfc9440 } from './rfc9440.ts';

/** How the terminator in front hands a certificate on (docs/terminators.md). Header names in any case. */
export type TerminatorFormat =
  | { readonly kind: 'rfc9440' }
  | { readonly kind: 'envoy-xfcc' }
  /** The field that is set to $ssl_client_escaped_cert. */
  | { readonly kind: 'nginx'; readonly header: string }
  /** The fields that are set to %[ssl_c_der,base64] and, optionally, %[ssl_c_chain_der,base64]. */
  | { readonly kind: 'haproxy'; readonly header: string; readonly chainHeader?: string | undefined };

/**
 * The Credential that a terminator hands on: undefined where its client presented no certificate, a Refusal where the
 * header is not what this terminator writes. Never throws.
 *
 * Believes what it reads. Call it only for requests of a listener that has authenticated the terminator itself (mutual
 * TLS with its pinned certificate, or a Unix socket only it may open); anywhere else these headers are forgeries, to be
 * dropped and counted.
 *
 * @param raw alternating names and values, as IncomingMessage.rawHeaders has them
 * @param from address of the terminator's client, for the audit entry
 * @param at ms since the epoch
 */
export const readTerminatorCredential = (
  raw: readonly string[],
  format: TerminatorFormat,
  from: string,
  at: number,
): Credential | undefined | Refusal => {
  try {
    const chain = readChain(raw, format);
    return chain === undefined ? undefined : { chain, proof: 'terminator', provenAt: at, from };
  } catch (error) {
    return error instanceof Refusal
      ? error
      : new Refusal('ONECERT_INTERNAL', "reading a terminator's header failed", { cause: error });
  }
};

const readChain = (raw: readonly string[], format: TerminatorFormat): Uint8Array[] | undefined => {
  switch (format.kind) {
    case 'rfc9440':
      return readRfc9440(raw);
    case 'envoy-xfcc':
      return readEnvoy(raw);
    case 'nginx':
      return readNginx(raw, format.header);
    case 'haproxy':
      return readHaproxy(raw, format.header, format.chainHeader);
  }
};

/** The fields a terminator of this format sets: what is to be removed before a call goes on. Lower case. */
export const terminatorFields = (format: TerminatorFormat): readonly string[] => {
  switch (format.kind) {
    case 'rfc9440':
      return ['client-cert', 'client-cert-chain'];
    case 'envoy-xfcc':
      return ['x-forwarded-client-cert'];
    case 'nginx':
      return [format.header.toLowerCase()];
    case 'haproxy':
      return [format.header, format.chainHeader ?? []].flat().map((name) => name.toLowerCase());
  }
};
