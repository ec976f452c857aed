import { createCallLimiter } from '../decision/call-limiter.ts';
import { createForwardAuth, type ForwardAuth } from '../federation/forward-auth/forward-auth.ts';
import { pairwiseId } from '../identity/pairwise.ts';
import { chooseLanguage } from '../portal/language.ts';
import { policyHeader } from '../portal/layout.ts';
import type { PortalParts } from '../portal/portal-parts.ts';
import { renderRefusalPage } from '../portal/refusal-page.ts';
import { readTarget } from '../proxy/target.ts';
import { createSessionCache } from '../signin/session-cache.ts';
import { assertionIssuer } from './assertion-key.ts';
import { isOfUseFor } from './accepted-authorities.ts';
import type { PortalComposition } from './portal.ts';

/** What proxies ask by the listener for terminators, where gateway.yaml says that they may; undefined where it does not. */
export const forwardAuthOf = (
  { current, keys, state, audit, endSession, refused }: PortalComposition,
  { gate, urls, authorities }: Pick<PortalParts, 'gate' | 'urls' | 'authorities'>,
): ForwardAuth | undefined => {
  const { issuer, terminator, sessions: limits } = current().settings;
  if (terminator?.forwardAuth !== true) return undefined;
  const pairwiseKey = keys.secret('pairwise.key', 32);
  return createForwardAuth({
    gate,
    sessions: createSessionCache({
      sessions: state.sessions,
      limits: { idleMs: limits.idle, absoluteMs: limits.absolute },
      clock: Date.now,
    }),
    endSession,
    assertions: assertionIssuer(() => keys.versions('assertion.key'), issuer),
    pairwiseId: (unifiedId, department) => pairwiseId(pairwiseKey, unifiedId, department),
    limiter: createCallLimiter({
      exchange: (batch) => state.stores.counts('calls').add(batch),
      clock: Date.now,
    }),
    onRefused: refused,
    audit,
    readTarget: (uri) => readTarget(uri, undefined),
    signInOrigin: urls.browser,
    acceptedAuthorities: (service) =>
      authorities()
        .filter(({ authority }) => {
          const settings = current().trust.authorities.get(authority)?.settings;
          return settings !== undefined && isOfUseFor(settings, service);
        })
        .map(({ name }) => name),
    refusalPage: (context, headers) => ({
      html: renderRefusalPage(context, chooseLanguage(headers['accept-language']), { base: urls.browser }),
      policy: policyHeader({}),
    }),
    clock: Date.now,
  });
};
