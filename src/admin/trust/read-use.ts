import type { AuthorityFigures, AuthorityFilter } from '../../audit/audit-index.ts';
import type { AdminParts } from '../admin-parts.ts';
import { useStepsOf, type UseSpan } from './use-span.ts';

/** What certificates were used for. */
export type UseFigures = Omit<AuthorityFigures, 'at' | 'authority'>;

export interface AuthorityUse {
  readonly authority: string;
  /** False of one that has left the trust list, whose figures stay. */
  readonly isListed: boolean;
  readonly total: UseFigures;
  /** One for each step of the span; undefined where nothing was counted yet, which is not 0. */
  readonly steps: readonly (UseFigures | undefined)[];
}

export interface Use {
  readonly span: UseSpan;
  /** From when on the figures are whole, ms since the epoch; undefined where nothing has been counted. */
  readonly since: number | undefined;
  /** Those of the list and those that have figures, the most used first. */
  readonly authorities: readonly AuthorityUse[];
}

const NOTHING: UseFigures = {
  signIns: 0,
  calls: 0,
  authorizations: 0,
  exchanges: 0,
  refusals: 0,
  certificates: 0,
  acting: [],
};

/** Whether any certificate got in, or was turned away. */
export const isUsed = ({ signIns, calls, authorizations, exchanges, refusals }: UseFigures): boolean =>
  signIns + calls + authorizations + exchanges + refusals > 0;

/** @param authority of this one, whether it is in the list or not; of all where absent */
export const readUse = async (
  { trust, auditIndex }: Pick<AdminParts, 'trust' | 'auditIndex'>,
  span: UseSpan,
  authority?: string,
): Promise<Use> => {
  const filter: AuthorityFilter = {
    from: span.from,
    to: span.to,
    ...(authority !== undefined && { authority }),
  };
  const [since, totals, found] = await Promise.all([
    auditIndex.authoritiesSince(),
    auditIndex.authorities(filter, 'total'),
    auditIndex.authorities(filter, span.step),
  ]);
  const listed = trust().authorities;
  const steps = useStepsOf(span);
  const asked = authority === undefined ? listed.keys() : [authority];
  const names = new Set([...asked, ...totals.map((each) => each.authority)]);
  const authorities = [...names].map((name): AuthorityUse => {
    const own = new Map(found.filter((each) => each.authority === name).map((each) => [each.at, each]));
    return {
      authority: name,
      isListed: listed.has(name),
      total: totals.find((each) => each.authority === name) ?? NOTHING,
      steps: steps.map(({ from, to }) =>
        since === undefined || to <= since ? own.get(from) : (own.get(from) ?? NOTHING),
      ),
    };
  });
  const weight = ({ total }: AuthorityUse): number => total.signIns + total.calls;
  return {
    span,
    since,
    authorities: authorities.sort(
      (one, other) => weight(other) - weight(one) || one.authority.localeCompare(other.authority),
    ),
  };
};

/** For pages that have other things to tell: undefined where the index cannot be read. */
export const readUseIfThere = (
  parts: Pick<AdminParts, 'trust' | 'auditIndex' | 'portal'>,
  span: UseSpan,
  authority?: string,
): Promise<Use | undefined> =>
  readUse(parts, span, authority).catch((error: unknown) => {
    parts.portal.log('warn', 'the use of authorities could not be read', {
      reason: (error as Error).message,
    });
    return undefined;
  });
