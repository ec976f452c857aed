import type { ControlReadings } from '../observability/control-metrics.ts';
import type { RevocationStatus } from '../revocation/revocation-status.ts';

/** How revocation is doing, as the metrics of the control thread have it. */
export const revocationReadings = (
  status: () => RevocationStatus,
): Required<Pick<ControlReadings, 'crls' | 'responders'>> => ({
  crls: () =>
    status().authorities.flatMap(({ authority, crls }) =>
      crls.flatMap(({ issuer, nextUpdate, entries, delta }) =>
        nextUpdate === undefined || delta ? [] : [{ authority, issuer, nextUpdate, entries }],
      ),
    ),
  responders: () => status().responders.map(({ url, state }) => ({ responder: url, state })),
});
