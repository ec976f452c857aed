import type { DryRun } from '../changes/change-service.ts';
import type { DocumentFile, DocumentKey } from '../changes/document.ts';
import { CHANGE_SCHEMAS } from '../changes/schemas.ts';
import type { IdentityRegister, SettlementOutlook } from '../identity/register.ts';
import { Refusal } from '../refusal/refusal.ts';
import { settlementIn } from './settle-conflicts.ts';

type Consequence = DryRun['consequences'][number];

/**
 * Whether the register would carry a settlement out as things stand, and what it comes to; no names and no numbers.
 * Rejects with Refusal ONECERT_REGISTER_UNAVAILABLE.
 */
export const settlementDryRun = async (
  wanted: DocumentKey & { readonly files: readonly DocumentFile[] },
  register: Pick<IdentityRegister, 'planSettlement'>,
  locked: readonly string[],
): Promise<DryRun> => {
  const wrong = (code: string, message: string): DryRun => {
    const file = `conflict/${wanted.name}/${CHANGE_SCHEMAS.conflict.file}`;
    return { issues: [{ file, line: 1, column: 1, path: '', message, code }], consequences: [] };
  };
  const settlement = settlementIn(wanted);
  if (settlement === undefined)
    return wrong('ONECERT_CHANGE_INVALID', 'a settlement cannot be taken away; decide anew');
  try {
    const outlook = await register.planSettlement(Number(wanted.name), settlement);
    if (outlook.act === 'nothing') return wrong('ONECERT_CHANGE_SETTLED', 'the conflict is settled that way');
    return { issues: [], consequences: consequencesOf(outlook, locked) };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'ONECERT_REGISTER_UNAVAILABLE') throw error;
    return wrong(error.code, error.detail);
  }
};

const consequencesOf = (outlook: SettlementOutlook, locked: readonly string[]): readonly Consequence[] => {
  if (outlook.act !== 'join') {
    return [
      {
        zh: '该证书继续被拒绝；再次使用只计次数，不再进入待处理队列。',
        en: 'The certificate stays refused; further attempts are counted, and do not open the conflict again.',
      },
    ];
  }
  const { kept, merged, renames } = outlook;
  const held = [kept, ...merged].filter((each) => locked.includes(each));
  return [
    ...merged.map((each) => ({
      zh: `身份 ${each} 并入 ${kept}，不可撤销：其会话全部结束，部门原先使用的部门身份标识不再使用。`,
      en: `Identity ${each} becomes part of ${kept}, which cannot be undone: its sessions end, and the pairwise ids that departments knew it by are not used again.`,
    })),
    ...(held.length > 0
      ? [
          {
            zh: `${held.join('、')} 已被锁定：合并后的身份仍被锁定，该证书也被拒绝。`,
            en: `${held.join(', ')} is locked: so is the identity they become, and this certificate is refused as well.`,
          },
        ]
      : []),
    ...(renames
      ? [
          {
            zh: `身份 ${kept} 的登记名称改变。`,
            en: `The name on record of identity ${kept} changes.`,
          },
        ]
      : []),
    {
      zh: `该证书今后归属身份 ${kept}。`,
      en: `The certificate is of identity ${kept} from now on.`,
    },
  ];
};
