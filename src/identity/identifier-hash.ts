import { createHmac } from 'node:crypto';
import type { Identifier, SubjectReading } from './identity.ts';

/**
 * Keyed hashes (HMAC-SHA-256): without the key, a copy of the register does not tell whose numbers it holds, though
 * numbers are few enough to be tried one by one. Each use has a domain of its own.
 */
export interface IdentifierHash {
  /** What the register finds an identity by. */
  ofIdentifier(identifier: Identifier): Buffer;
  /** Tells whether a certificate is still read as it was when its identity was found. */
  ofReading(reading: SubjectReading): Buffer;
  /** Tells whether a register was written with this key. */
  readonly check: Buffer;
}

export const createIdentifierHash = (key: Uint8Array): IdentifierHash => {
  // Fields are joined as JSON, so that no two lists of fields run alike.
  const hash = (domain: string, fields: readonly unknown[]): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([domain, ...fields]))
      .digest();
  return {
    ofIdentifier: ({ type, value }) => hash('onecert identifier v1', [type, value]),
    ofReading: ({ kind, name, identifiers, acting }) =>
      hash('onecert reading v1', [
        kind,
        name,
        ...identifiers.flatMap(({ type, value }) => [type, value]),
        // An unknown role without a name is what every reading was before there were roles.
        ...(acting === undefined || (acting.role === 'unknown' && acting.name === undefined)
          ? []
          : [['acting', acting.role, acting.name ?? '']]),
      ]),
    check: hash('onecert register v1', []),
  };
};
