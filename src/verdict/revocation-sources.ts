import type { RevocationSource } from '../revocation/revocation-service.ts';
import type { TrustList } from '../trust/trust-list.ts';

/** What the revocation service looks after: every authority in force, with the certificates that may sign for it. */
export const revocationSources = ({ authorities }: TrustList): RevocationSource[] =>
  [...authorities.values()]
    .filter(({ settings }) => settings.status !== 'withdrawn' && settings.status !== 'draft')
    .map(({ settings, anchors, intermediates }) => ({
      authority: settings.authority,
      issuers: [...anchors, ...intermediates],
      policy: settings.revocation,
    }));
