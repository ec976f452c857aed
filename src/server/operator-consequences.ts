import type { DryRun } from '../changes/change-service.ts';
import type { Roles } from '../changes/schemas.ts';
import type { IdentityRegister, RegisteredIdentity } from '../identity/register.ts';
import { isSomebody } from '../inspection/roles.ts';
import { isInForce, type TrustList } from '../trust/trust-list.ts';

type Consequence = DryRun['consequences'][number];

export interface Standing {
  readonly trust: TrustList;
  /** Unified ids. */
  readonly locked: readonly string[];
  readonly roles: Roles['roles'];
}

/** Fewer cannot approve what one of them proposes. */
const NEEDED = 2;

/**
 * Operators who cannot sign in any more: by a trust list without their authorities, or locked. Whose certificates the
 * register does not know counts as one who cannot. Nothing where as many can as before.
 *
 * @param at ms since the epoch
 */
export const operatorConsequences = async (
  before: Standing,
  after: Standing,
  register: Pick<IdentityRegister, 'identityById' | 'holderOf'>,
  at: number,
): Promise<readonly Consequence[]> => {
  const operators = before.roles.filter((each) => each.role === 'operator' && isSomebody(each));
  const held = await Promise.all(
    operators.map(async (entry) => ({ entry, holder: await holderOf(register, entry) })),
  );
  const able = ({ trust, locked }: Standing): number =>
    new Set(
      held.flatMap(({ entry, holder }) => {
        if (holder === undefined || isLocked(holder, locked)) return [];
        const thumbprint = thumbprintOf(entry);
        const isAble = holder.certificates.some(({ authority, notAfter, ...each }) => {
          const settings = trust.authorities.get(authority)?.settings;
          const isMeant = thumbprint === undefined || each.thumbprint === thumbprint;
          return isMeant && settings !== undefined && isInForce(settings, at) && (notAfter ?? at) >= at;
        });
        return isAble ? [holder.identity.unifiedId] : [];
      }),
    ).size;
  const [can, could] = [able(after), able(before)];
  if (can >= could) return [];
  const rest =
    can >= NEEDED
      ? { zh: '', en: '' }
      : {
          zh: '：无法再由两人复核，控制台中的任何变更（包括撤回本次变更）都无法批准',
          en: ': nobody could approve a change any more, nor one that takes this back',
        };
  return [
    {
      zh: `能够登录的运维人员由 ${could} 名减为 ${can} 名${rest.zh}。`,
      en: `Of ${could} operators who can sign in ${can} are left${rest.en}.`,
    },
  ];
};

const holderOf = (
  register: Pick<IdentityRegister, 'identityById' | 'holderOf'>,
  entry: Roles['roles'][number],
): Promise<RegisteredIdentity | undefined> => {
  const thumbprint = thumbprintOf(entry);
  return thumbprint === undefined
    ? register.identityById(entry.unifiedId ?? '')
    : register.holderOf(thumbprint);
};

/** roles.yaml has thumbprints in hex, the register in base64url. */
const thumbprintOf = ({ certificate }: Roles['roles'][number]): string | undefined =>
  certificate === undefined ? undefined : Buffer.from(certificate, 'hex').toString('base64url');

const isLocked = ({ identity, aliases }: RegisteredIdentity, locked: readonly string[]): boolean =>
  [identity.unifiedId, ...aliases].some((each) => locked.includes(each));
