import { compareNumbers, scopeKey, type SharedCrl } from './shared-crl.ts';
import type { OpenCrl } from './snapshot.ts';

/**
 * The newest delta CRL that may be read together with a complete one (RFC 5280 sections 5.2.4 and 6.3.3 (c)): same
 * issuer, key and scope, made on a base no newer than the complete CRL, and itself newer than that.
 *
 * @param deltas of the complete CRL's issuer, newest first
 */
export const deltaFor = (
  complete: SharedCrl,
  deltas: readonly OpenCrl[],
  isUsable: (crl: SharedCrl) => boolean,
): OpenCrl | undefined => deltas.find(({ crl }) => combines(complete, crl) && isUsable(crl));

const combines = (complete: SharedCrl, delta: SharedCrl): boolean =>
  complete.number !== undefined &&
  delta.number !== undefined &&
  delta.baseNumber !== undefined &&
  delta.issuer === complete.issuer &&
  // Section 6.3.3 (c)(3) compares key identifiers; the keys themselves are at hand here.
  delta.signerKey === complete.signerKey &&
  scopeKey(delta.scope) === scopeKey(complete.scope) &&
  compareNumbers(complete.number, delta.baseNumber) >= 0 &&
  compareNumbers(complete.number, delta.number) < 0;
