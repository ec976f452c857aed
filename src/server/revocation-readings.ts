import type { ControlReadings } from '../observability/control-metrics.ts';
import type { RevocationStatus } from '../revocation/revocation-status.ts';

/** How revocation is doing, as the metrics of the control thread have it. */
export const revocationReadings = (
  status: () => RevocationStatus,
): Required<Pick<ControlReadings, 'crls' | 'responders'>> => ({
  // CRLs that share an issuer (partitions) are one figure: the first of them to run out, all entries.
  crls: () =>
    status().authorities.flatMap(({ authority, crls }) => {
      const complete = crls.filter(({ delta }) => !delta);
      return [...new Set(complete.map(({ issuer }) => issuer))].map((issuer) => {
        const parts = complete.filter((crl) => crl.issuer === issuer);
        return {
          authority,
          issuer,
          nextUpdate: Math.min(...parts.map(({ dueBy }) => dueBy)),
          entries: parts.reduce((sum, { entries }) => sum + entries, 0),
        };
      });
    }),
  responders: () => status().responders.map(({ url, state }) => ({ responder: url, state })),
});
