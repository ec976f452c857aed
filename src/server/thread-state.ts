import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { packTrustList } from '../trust/trust-list.ts';
import type { Configuration } from './load-configuration.ts';
import type { GatewayState, Listeners } from './thread-protocol.ts';
import { tlsTicketKeys } from './tls-tickets.ts';

export interface ThreadStateParts {
  readonly keys: Pick<KeyRing, 'versions'>;
  readonly revocation: () => RevocationSnapshot;
  readonly locked: () => readonly string[];
  readonly unwellBackends: () => readonly string[];
}

/** What data-plane threads decide by, out of what this thread holds. */
export interface ThreadStates {
  of(configuration: Configuration): GatewayState;
  tls(configuration: Configuration): GatewayState['tls'];
  keys(): GatewayState['keys'];
}

export const threadStates = (parts: ThreadStateParts): ThreadStates => {
  const states: ThreadStates = {
    of: (configuration) => ({
      trust: packTrustList(configuration.trust),
      departments: configuration.departments,
      locked: parts.locked(),
      upstreamTls: configuration.upstreamTls,
      unwellBackends: parts.unwellBackends(),
      revocation: parts.revocation(),
      tls: states.tls(configuration),
      keys: states.keys(),
    }),
    tls: ({ tls, settings }) => ({
      ...tls,
      minimumVersion: settings.tls.minimumVersion,
      ticketKeys: tlsTicketKeys(parts.keys, Date.now()),
    }),
    keys: () => ({
      assertion: parts.keys.versions('assertion.key'),
      ticket: parts.keys.versions('ticket.key'),
    }),
  };
  return states;
};

/** The ways in that gateway.yaml asks for. */
export const listenersOf = ({ settings, terminatorAuthority }: Configuration): Listeners => {
  const { listen, browser, terminator } = settings;
  return {
    mutualTls: listen,
    ...(browser && { browser: { ...browser.listen, url: browser.url } }),
    ...(terminator &&
      terminatorAuthority !== undefined && {
        terminator: { ...terminator.listen, format: terminator.format, authority: terminatorAuthority },
      }),
  };
};
