import type { Request } from 'express';
import type { Strategy } from 'passport';
import { readTerminatorCredential, type TerminatorFormat } from '../terminator/read-terminator-credential.ts';
import { credentialStrategy, type Admit, type Admitted } from './strategy.ts';

export interface TerminatorParts<A extends Admitted> {
  readonly format: TerminatorFormat;
  /** Address of the terminator's client, for the audit entry. */
  readonly fromOf: (request: Request) => string;
  /** ms since the epoch. */
  readonly clock: () => number;
  readonly admit: Admit<A>;
}

/**
 * Sign-in by a certificate that a terminator hands on. Only for a listener that authenticates the terminator: see
 * readTerminatorCredential. Name: "terminator".
 */
export const terminatorStrategy = <A extends Admitted>(
  parts: TerminatorParts<A>,
): Strategy & { readonly name: string } =>
  credentialStrategy(
    'terminator',
    async (request) =>
      readTerminatorCredential(request.rawHeaders, parts.format, parts.fromOf(request), parts.clock()),
    parts.admit,
  );
