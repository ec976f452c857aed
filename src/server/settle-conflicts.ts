import type { AuditSink } from '../audit/entry.ts';
import type { ChangeStore } from '../changes/change-store.ts';
import type { DocumentKey, DocumentVersion } from '../changes/document.ts';
import { recorded, recordStep, type ChangeStep } from '../changes/record-step.ts';
import { CHANGE_SCHEMAS } from '../changes/schemas.ts';
import { parseYaml } from '../configuration/read-yaml.ts';
import type { IdentityRegister, Settlement } from '../identity/register.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { ReloadLog } from './reload.ts';

export type Conflicts = Pick<IdentityRegister, 'settleConflict' | 'planSettlement'>;

/** Identities that are one with another from now on, and the version that decided it. */
export interface Merger {
  readonly aliases: readonly string[];
  readonly version: DocumentVersion;
}

export interface SettlingParts {
  readonly store: Pick<ChangeStore, 'listPending' | 'noteCarriedOut'>;
  readonly register: Conflicts;
  readonly audit: AuditSink;
  /** After identities were merged; what it fails with is logged. */
  readonly onMerged: (merger: Merger) => Promise<void>;
  /** ms since the epoch. */
  readonly clock: () => number;
  readonly log: Pick<ReloadLog, 'error'>;
}

/** What a document of kind `conflict` decides; undefined for one that was taken away: what was joined stays so. */
export const settlementIn = ({
  name,
  files: [file],
}: DocumentKey & Pick<DocumentVersion, 'files'>): Settlement | undefined => {
  if (file === undefined) return undefined;
  const { schema } = CHANGE_SCHEMAS.conflict;
  const { value } = parseYaml(`conflict/${name}/${file.path}`, file.content.toString('utf8'), schema);
  const { decision, identity, name: chosen } = value;
  return decision === 'join' && identity !== undefined
    ? { decision, identity, ...(chosen !== undefined && { name: chosen }) }
    : { decision: 'keep-refused' };
};

/** Why a settlement can never be carried out; anything else passes, and it is tried again. */
const FINAL: readonly RefusalCode[] = [
  'ONECERT_CHANGE_UNKNOWN',
  'ONECERT_CHANGE_SETTLED',
  'ONECERT_CHANGE_STALE',
  'ONECERT_CHANGE_INVALID',
];
const isFinal = (error: unknown): error is Refusal => error instanceof Refusal && FINAL.includes(error.code);

/**
 * Carries out what was approved and was not carried out yet: the change store and the register are two, and the process
 * may have ended between them. Each settlement is in the audit log first (step `settled`). One that the register refuses
 * for good is noted as such, and has its Refusal in the answer, by sequence. Rejects with what may pass, to be tried
 * again: register, log or store away.
 */
export const carryOutSettlements = async (parts: SettlingParts): Promise<ReadonlyMap<number, Refusal>> => {
  const refused = new Map<number, Refusal>();
  for (const version of await parts.store.listPending('conflict')) {
    const step = stepOf(version);
    try {
      await settleOne(parts, version, step);
    } catch (error) {
      if (!isFinal(error)) throw error;
      const { code } = error;
      parts.log.error(
        { conflict: version.name, code },
        'an approved settlement cannot be carried out any more: the conflict stays as it is, and can be settled anew',
      );
      await recordStep(parts.audit, parts.clock(), { ...step, failed: code });
      refused.set(version.sequence, error);
    }
    await parts.store.noteCarriedOut(version);
  }
  return refused;
};

const settleOne = async (
  { register, audit, clock, onMerged, log }: SettlingParts,
  version: DocumentVersion,
  step: ChangeStep,
): Promise<void> => {
  const settlement = settlementIn(version);
  if (settlement === undefined) return;
  const id = Number(version.name);
  const outlook = await register.planSettlement(id, settlement);
  // Another replica has done it.
  if (outlook.act === 'nothing') return;
  await recorded(audit, clock(), step, () => register.settleConflict(id, settlement, version.at));
  if (outlook.act !== 'join' || outlook.merged.length === 0) return;
  await onMerged({ aliases: outlook.merged, version }).catch((error: unknown) =>
    log.error(
      { reason: String(error) },
      'sessions of merged identities could not be ended; they end at their next use',
    ),
  );
};

const stepOf = ({ kind, name, version, digest, approvedBy, proposedBy }: DocumentVersion): ChangeStep => ({
  step: 'settled',
  kind,
  name,
  base: version - 1,
  version,
  digest,
  by: approvedBy ?? proposedBy,
  role: 'operator',
  proposedBy,
});
