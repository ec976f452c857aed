import type { ReadinessCheck } from './admin-listener.ts';

export interface ReadinessParts {
  readonly auditHealthy: () => boolean;
  readonly draining: () => boolean;
  /** Whether the files on disk are what is in force. */
  readonly configurationSound: () => boolean;
  /** Undefined where nothing is shared. */
  readonly postgres?: () => { readonly ready: boolean } | undefined;
  /** The same. */
  readonly redis?: () => { readonly ready: boolean } | undefined;
}

/**
 * What must hold for this gateway to take calls. A wrong file on disk does not: the old configuration serves on; nor
 * does a stale CRL: certificates of the other authorities are as good as before. Nor does a PostgreSQL that is away: whom
 * this gateway knows it serves on, and with another gateway the store would be away as well. Redis is the same.
 */
export const readinessOf = (parts: ReadinessParts): readonly ReadinessCheck[] => [
  {
    name: 'audit',
    ready: parts.auditHealthy(),
    ...(!parts.auditHealthy() && { detail: 'the audit log cannot be written' }),
  },
  { name: 'serving', ready: !parts.draining(), ...(parts.draining() && { detail: 'draining' }) },
  ...storeCheck(
    'postgres',
    parts.postgres?.(),
    'PostgreSQL is away: who is known is served on, nobody new can sign in',
  ),
  ...storeCheck(
    'redis',
    parts.redis?.(),
    'Redis is away: who is signed in is served on for a while, nobody can sign in',
  ),
  {
    name: 'configuration',
    ready: true,
    ...(!parts.configurationSound() && {
      detail: 'the files on disk are wrong; the old configuration is in force',
    }),
  },
];

const storeCheck = (
  name: string,
  store: { readonly ready: boolean } | undefined,
  detail: string,
): readonly ReadinessCheck[] =>
  store === undefined ? [] : [{ name, ready: true, ...(!store.ready && { detail }) }];
