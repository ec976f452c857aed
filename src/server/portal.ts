import { join } from 'node:path';
import type { AuditSink } from '../audit/entry.ts';
import type { AuditLogParts } from '../admin/audit/log-parts.ts';
import type { SignInRecord } from '../audit/read-sign-ins.ts';
import { createGate } from '../decision/gate.ts';
import { identifySubject } from '../identity/identify-subject.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { Logger } from '../observability/logging.ts';
import { loadAssets } from '../portal/assets.ts';
import { createPortal } from '../portal/portal-app.ts';
import { startPortalListener, type PortalListener } from '../portal/portal-listener.ts';
import { SIGN_IN_LIMITS, type PortalAuthority, type PortalParts } from '../portal/portal-parts.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import { createDirectory, type Directory } from '../services/directory.ts';
import { createBrowserSessions } from '../signin/browser-session.ts';
import { createChallengeStore } from '../signin/challenge-store.ts';
import { createHandover } from '../signin/handover.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { isInForce, type TrustList } from '../trust/trust-list.ts';
import { createJudge } from '../verdict/judge.ts';
import { cacheVerdicts } from '../verdict/verdict-cache.ts';
import { consoleRouters, type ConsoleChanges } from './console.ts';
import { startFederation } from './federation.ts';
import { forwardAuthOf } from './forward-auth.ts';
import { secretsOf } from './live-keys.ts';
import type { Configuration } from './load-configuration.ts';
import { rememberIdentities } from './remember-identities.ts';
import type { SignInState } from './sign-in-state.ts';

export interface PortalComposition {
  readonly current: () => Configuration;
  readonly audit: AuditSink;
  readonly auditLog: AuditLogParts;
  readonly signInsOf: (unifiedId: string) => Promise<readonly SignInRecord[]>;
  readonly proveSignIn: PortalParts['proveSignIn'];
  readonly register: IdentityRegister;
  readonly revocation: RevocationService;
  readonly keys: KeyRing;
  readonly state: SignInState;
  /** Whether operators have locked an identity, or one that was merged with it. */
  readonly isLocked: (unifiedId: string) => boolean;
  /** Ends a session for what became of its certificate or identity, and records that. */
  readonly endSession: PortalParts['endSession'];
  /** Not there: the console is not either. */
  readonly console?: ConsoleChanges;
  /** Counts a refusal of forward-auth. */
  readonly refused: (code: string) => void;
  readonly log: Logger;
}

/** Where the portal listens: in the data folder, which only the gateway's user may enter. */
export const portalSocket = (data: string): string => join(data, 'portal.sock');

/** Starts the portal on its Unix socket, over the parts of the control thread. */
export const startPortal = async (parts: PortalComposition, browserUrl: string): Promise<PortalListener> => {
  const { current, audit, signInsOf, proveSignIn, register, endSession, keys, log } = parts;
  const { sessions, stores } = parts.state;
  const values = stores.expiring('sign-in');
  const { settings } = current();
  let directory = createDirectory(current().departments);
  let directoryOf = current().departments;
  const gate = controlGate(parts);
  const urls = { browser: new URL(browserUrl).origin, certificateSignIn: new URL(settings.issuer).origin };
  const currentDirectory = (): Directory => {
    const { departments } = current();
    if (departments !== directoryOf) {
      directory = createDirectory(departments);
      directoryOf = departments;
    }
    return directory;
  };
  const authorities = (): readonly PortalAuthority[] => authoritiesInForce(current().trust);
  const forwardAuth = forwardAuthOf(parts, { gate, urls, authorities });
  const provider = startFederation(parts, { gate, directory: currentDirectory, urls });
  const portalParts: PortalParts = {
    gate,
    sessions,
    endSession,
    handover: createHandover({
      codes: values,
      sessions,
      key: secretsOf(keys, 'handover.key'),
      clock: Date.now,
    }),
    challenges: createChallengeStore(values),
    browserSessions: createBrowserSessions(secretsOf(keys, 'form.key')),
    limiters: {
      address: stores.limiter('sign-in-address', SIGN_IN_LIMITS.address),
      certificate: stores.limiter('sign-in-certificate', SIGN_IN_LIMITS.certificate),
    },
    register,
    audit,
    signInsOf,
    proveSignIn,
    directory: currentDirectory,
    authorities,
    urls,
    ...(forwardAuth !== undefined && { forwardAuth }),
    requiresSigningCertificate: (authority) =>
      current().trust.authorities.get(authority)?.settings.requiresSigningCertificate === true,
    assets: loadAssets(),
    clock: Date.now,
    log: (level, message, fields) => log[level](fields, message),
  };
  const app = createPortal({
    ...portalParts,
    routers: [{ path: '/oidc', router: provider.router }, ...consoleRouters(parts, portalParts)],
  });
  const listener = await startPortalListener(app, portalSocket(settings.data));
  return {
    path: listener.path,
    close: async (graceMs) => {
      await listener.close(graceMs);
      await provider.close();
    },
  };
};

const authoritiesInForce = ({ authorities }: TrustList): readonly PortalAuthority[] =>
  [...authorities.values()]
    .filter(({ settings }) => isInForce(settings, Date.now()))
    .map(({ settings: { authority, name, contact } }) => ({ authority, name, contact }));

/** The pipeline of the control thread: what data-plane threads ask it for it has at hand. */
const controlGate = ({ current, revocation, register, isLocked, log }: PortalComposition) => {
  const trust = (): TrustList => current().trust;
  const epochs = { trust: () => trust().epoch, revocation: () => revocation.epoch };
  const judge = createJudge({
    trust,
    revocation: { check: (question) => revocation.resolve(question) },
    revocationEpoch: epochs.revocation,
  });
  return createGate({
    judge: cacheVerdicts(judge, epochs),
    identify: rememberIdentities(({ certificate, authority }) => {
      const settings = trust().authorities.get(authority ?? '')?.settings;
      if (certificate === undefined || settings === undefined) throw new Error('a good verdict has both');
      return identifySubject(register, certificate, settings.identity, {
        authority: settings.authority,
        at: Date.now(),
      });
    }),
    epochs,
    directory: () => createDirectory(current().departments),
    isLocked,
    clock: Date.now,
    onDefect: (error) => log.error({ error }, 'a defect while judging a sign-in'),
  });
};
