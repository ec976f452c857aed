import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SharedAuditStores } from '../../audit/open-stores.ts';
import { momentOf } from '../../configuration/moment.ts';
import type { Department } from '../../services/enrolment.ts';
import type { Authority, TrustList } from '../../trust/trust-list.ts';
import type { AuthorityFacts, Facts, StoreFacts } from '../facts.ts';
import type { Roles } from '../roles.ts';
import { lookAtAdvisories } from './look-at-advisories.ts';
import { lookAtCheckpoint, lookAtLastSegment, lookAtUsage } from './look-at-audit.ts';
import { lookAtClocks } from './look-at-clocks.ts';
import { lookAtCrls } from './look-at-crls.ts';
import { lookAtHost } from './look-at-host.ts';
import { lookAtKeys, lookAtPaths } from './look-at-keys.ts';
import { lookAtListener, type ListenerPlace } from './look-at-listener.ts';
import { lookAtMetrics } from './look-at-metrics.ts';
import { lookAtCertificateEnds } from './look-at-register.ts';
import { lookAtSharedCertificateEnds, lookAtSharedUsage } from './look-at-shared.ts';
import { see } from './see.ts';
import { text } from '../check.ts';

/** What whoever composes the gateway hands in: where to look, and what was read already. */
export interface Deployment {
  readonly data: string;
  /** Folders that decide: configuration, departments, trust list. */
  readonly configuration: readonly string[];
  /** Private keys that gateway.yaml names. */
  readonly tlsKeys: readonly string[];
  readonly listeners: readonly ListenerPlace[];
  /** PEM of roots that the city runs itself. */
  readonly authorities: readonly string[];
  readonly admin: { readonly host: string; readonly url: string };
  readonly trust: TrustList;
  readonly departments: readonly Department[];
  readonly roles: Roles;
  readonly audit: { readonly witnesses: number; readonly exports: number };
  readonly stores: readonly StoreFacts[];
  /** Where replicas share register and audit index; undefined: files of the data folder. */
  readonly shared: SharedAuditStores | undefined;
  /** Folder of OneCert itself, with package-lock.json. */
  readonly installation: string;
  /** False: the registry of packages is not asked for advisories. */
  readonly asksRegistry: boolean;
}

/** File in the data folder that `onecert backup` leaves behind. */
export const LAST_BACKUP = 'last-backup.json';

/** Looks at everything at once; bounded in time, and nothing that goes wrong ends it. Changes nothing. */
export const gatherFacts = async (deployment: Deployment, clock: () => number = Date.now): Promise<Facts> => {
  const { data, trust, roles, stores, shared } = deployment;
  const certificates = roles.flatMap(({ certificate }) => certificate ?? []);
  const at = clock();
  const folder = join(data, 'audit');
  const [listeners, keys, paths, crls, metrics, usage, certificateEnds, checkpoint, lastSegment] =
    await Promise.all([
      Promise.all(deployment.listeners.map((place) => lookAtListener(place, deployment.authorities))),
      see(() => lookAtKeys(join(data, 'keys'), at)),
      see(() => lookAtPaths(deployment)),
      see(() => lookAtCrls(join(data, 'crls'), trust, at)),
      see(() => lookAtMetrics(deployment.admin.url)),
      see(() => (shared === undefined ? lookAtUsage(data, at) : lookAtSharedUsage(data, shared, at))),
      see(() =>
        shared === undefined
          ? lookAtCertificateEnds(join(data, 'register.sqlite'), certificates)
          : lookAtSharedCertificateEnds(shared, certificates),
      ),
      see(() => lookAtCheckpoint(folder)),
      see(() => lookAtLastSegment(folder)),
    ]);
  const [backup, advisories, clocks, host] = await Promise.all([
    see(() => ({ madeAt: lastBackup(data) })),
    deployment.asksRegistry
      ? see(() => lookAtAdvisories(deployment.installation))
      : { unseen: text('未询问软件仓库（--no-advisories）', 'the registry was not asked (--no-advisories)') },
    lookAtClocks(publishersOf(trust, 'seen' in crls ? crls.seen.map(({ address }) => address) : []), clock),
    lookAtHost(data),
  ]);
  return {
    at,
    listeners,
    keys,
    paths,
    authorities: [...trust.authorities.values()].map(authorityFacts),
    crls,
    metrics,
    trustSignature: trust.signed === undefined ? null : { expires: trust.signed.expires },
    departments: deployment.departments,
    usage,
    roles,
    certificateEnds,
    audit: { ...deployment.audit, checkpoint, lastSegment },
    stores,
    admin: { host: deployment.admin.host },
    backup,
    advisories,
    clocks,
    host,
  };
};

const authorityFacts = ({ settings, anchors, intermediates }: Authority): AuthorityFacts => ({
  authority: settings.authority,
  status: settings.status,
  until: settings.validity.until === undefined ? undefined : momentOf(settings.validity.until, 'end'),
  certificates: [
    ...anchors.map(({ notAfter }) => ({ kind: 'anchor' as const, notAfter })),
    ...intermediates.map(({ notAfter }) => ({ kind: 'intermediate' as const, notAfter })),
  ],
  usesCrl: settings.revocation.order.includes('crl'),
  usesOcsp: settings.revocation.order.includes('ocsp'),
  softFail: settings.revocation.failure === 'soft',
  grace: settings.revocation.crl.grace,
  exceptions: settings.algorithms.exceptions.map(({ allow, until }) => ({ allow, until })),
});

const publishersOf = ({ authorities }: TrustList, fetched: readonly string[]): readonly string[] => [
  ...[...authorities.values()].flatMap(({ settings: { revocation } }) => [
    ...revocation.crl.urls,
    ...revocation.ocsp.urls,
  ]),
  ...fetched,
];

const lastBackup = (data: string): number | undefined => {
  try {
    const { madeAt } = JSON.parse(readFileSync(join(data, LAST_BACKUP), 'utf8')) as {
      readonly madeAt?: unknown;
    };
    return typeof madeAt === 'number' ? madeAt : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
