import type { ReadinessCheck } from './admin-listener.ts';

export interface ReadinessParts {
  readonly auditHealthy: () => boolean;
  readonly draining: () => boolean;
  /** Whether the files on disk are what is in force. */
  readonly configurationSound: () => boolean;
  /** Undefined where nothing is shared. */
  readonly postgres?: () => { readonly ready: boolean } | undefined;
}

/**
 * What must hold for this gateway to take calls. A wrong file on disk does not: the old configuration serves on; nor
 * does a stale CRL: certificates of the other authorities are as good as before. Nor does a PostgreSQL that is away: whom
 * this gateway knows it serves on, and with another gateway the store would be away as well.
 */
export const readinessOf = (parts: ReadinessParts): readonly ReadinessCheck[] => [
  {
    name: 'audit',
    ready: parts.auditHealthy(),
    ...(!parts.auditHealthy() && { detail: 'the audit log cannot be written' }),
  },
  { name: 'serving', ready: !parts.draining(), ...(parts.draining() && { detail: 'draining' }) },
  ...storeCheck(parts.postgres?.()),
  {
    name: 'configuration',
    ready: true,
    ...(!parts.configurationSound() && {
      detail: 'the files on disk are wrong; the old configuration is in force',
    }),
  },
];

const storeCheck = (postgres: { readonly ready: boolean } | undefined): readonly ReadinessCheck[] =>
  postgres === undefined
    ? []
    : [
        {
          name: 'postgres',
          ready: true,
          ...(!postgres.ready && {
            detail: 'PostgreSQL is away: who is known is served on, nobody new can sign in',
          }),
        },
      ];
