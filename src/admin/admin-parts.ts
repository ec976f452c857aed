import type { Actor, ActorRole, ChangeService } from '../changes/change-service.ts';
import type { DocumentKey } from '../changes/document.ts';
import type { AttemptLimiter, PortalParts } from '../portal/portal-parts.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import type { Department } from '../services/enrolment.ts';
import type { TrustList } from '../trust/trust-list.ts';
import type { AuditIndex } from '../audit/audit-index.ts';
import type { AuditLogParts } from './audit/log-parts.ts';
import type { TryService } from './services/trial.ts';

/** How many requests there may be: of one person, and from one address before anybody is known. */
export const ADMIN_LIMITS = {
  person: { limit: 600, windowMs: 60_000 },
  address: { limit: 300, windowMs: 60_000 },
} as const;

/** Everything console and admin API work with, made by whoever composes the gateway. */
export interface AdminParts {
  /** Page frame, sessions, form tokens, audit and clock are the portal's own. */
  readonly portal: Pick<
    PortalParts,
    'gate' | 'sessions' | 'browserSessions' | 'audit' | 'authorities' | 'urls' | 'clock' | 'log'
  >;
  readonly changes: ChangeService;
  /** Roles of somebody, as they are in force. */
  readonly rolesOf: (
    who: Pick<Actor, 'unifiedId' | 'certificate'>,
  ) => readonly ActorRole[] | Promise<readonly ActorRole[]>;
  /** Documents whose files (config/, ca-trust/) are not what is in force. */
  readonly differences: () => Promise<readonly DocumentKey[]>;
  /** In force. */
  readonly trust: () => TrustList;
  readonly departments: () => readonly Department[];
  readonly revocation: Pick<RevocationService, 'status' | 'snapshot'>;
  /** How back ends with health checks are. */
  readonly backends: () => readonly BackEndReading[];
  readonly tryService: TryService;
  readonly register: Pick<
    IdentityRegister,
    'find' | 'identityById' | 'conflictsOf' | 'listConflicts' | 'conflict' | 'count'
  >;
  readonly auditLog: AuditLogParts;
  /** Figures of what the audit log tells: of all replicas where they share it. */
  readonly auditIndex: Pick<
    AuditIndex,
    'figures' | 'codes' | 'busyCertificates' | 'authorities' | 'authoritiesSince'
  >;
  /** Whether the trust list has to be signed by the operators' key (trustKey of gateway.yaml). */
  readonly trustListSigned: boolean;
  /** Of ADMIN_LIMITS, or stricter. */
  readonly limiters: { readonly person: AttemptLimiter; readonly address: AttemptLimiter };
  /** CIDR ranges that console and API answer; none: all. */
  readonly networks: readonly string[];
}

/** How a back end of a service is, by the health checks. */
export interface BackEndReading {
  readonly service: string;
  /** Its URL. */
  readonly backend: string;
  readonly well: boolean;
  readonly problem: string | undefined;
}
