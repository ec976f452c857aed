import type { PathCheck } from './check.ts';

/**
 * A signed trust list is believed until its expiry, in a running gateway as at its start: whoever keeps a newer list
 * from the gateway (one that withdraws an authority, say) gains no more than that time.
 */
export const trustListExpiry: PathCheck = {
  name: 'trust-list-expiry',
  clause: 'The trust list (expires)',
  passed: undefined,
  run: ({ anchor: { listExpires }, at }) => {
    if (listExpires === undefined || at < listExpires) return undefined;
    const since = new Date(listExpires).toISOString();
    return {
      code: 'ONECERT_TRUST_LIST_EXPIRED',
      zh: `信任列表已于 ${since} 过期，需要运维人员重新签署`,
      en: `The trust list expired at ${since}; the operators have to sign it again`,
    };
  },
};
