import { Refusal } from '../refusal/refusal.ts';
import { equivalents, IDENTIFIER_TYPES } from './identifiers/index.ts';
import type { Identity, SubjectReading } from './identity.ts';
import type { Conflict, Settlement, SettlementOutlook } from './register.ts';

/** An identity on record, as far as settling looks at it. */
export interface Candidate {
  readonly identity: Identity;
  /** ms since the epoch. */
  readonly registeredAt: number;
}

/** What is to be done; `nothing`: it was done before. */
export type SettlementPlan<C extends Candidate> =
  | { readonly act: 'nothing' }
  | { readonly act: 'keep-refused' }
  | {
      readonly act: 'join';
      readonly reading: SubjectReading;
      readonly kept: C;
      /** To be merged into `kept`. */
      readonly merged: readonly C[];
      /** What `kept` is called from now on. */
      readonly name: string;
    };

/** What the register holds when a conflict is settled; identities with aliases resolved. */
export interface SettlementFacts<C extends Candidate> {
  readonly named: C | undefined;
  /** Those the conflict lists. */
  readonly met: readonly C[];
  /** Those that have one of the certificate's numbers now. */
  readonly owners: readonly C[];
}

/**
 * How a conflict is settled; the same in every form of the register.
 *
 * @throws Refusal as IdentityRegister.settleConflict says
 */
export const planSettlement = <C extends Candidate>(
  conflict: Conflict | undefined,
  settlement: Settlement,
  facts: SettlementFacts<C>,
): SettlementPlan<C> => {
  if (conflict === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such conflict');
  if (settlement.decision === 'keep-refused') {
    if (conflict.state === 'joined') {
      throw new Refusal('ONECERT_CHANGE_SETTLED', 'the certificate was joined already');
    }
    return { act: conflict.state === 'open' ? 'keep-refused' : 'nothing' };
  }
  const { reading } = conflict;
  if (reading === undefined) throw invalid('the certificate contradicts itself');
  const { named, met, owners } = facts;
  if (named === undefined || !met.some((each) => isSame(each, named))) {
    throw invalid('the identity is not one the certificate meets');
  }
  // Whatever it met is one identity since then.
  if (conflict.state === 'joined') return { act: 'nothing' };
  if (!owners.every((owner) => met.some((each) => isSame(each, owner)))) {
    throw new Refusal('ONECERT_CHANGE_STALE', 'the numbers are of other identities by now');
  }
  const [kept, ...merged] = distinct([named, ...owners]).sort(
    (a, b) => a.registeredAt - b.registeredAt || (a.identity.unifiedId < b.identity.unifiedId ? -1 : 1),
  ) as [C, ...C[]];
  for (const other of merged) refuseTwoForLife(kept, other);
  const recorded = [kept, ...merged].map(({ identity }) => identity.name);
  const names = settlement.name === 'certificate' ? [reading.name, ...recorded] : [...recorded, reading.name];
  return { act: 'join', reading, kept, merged, name: names.find((name) => name !== '') ?? '' };
};

/** What of a plan is told beforehand: no name, no number. */
export const outlookOf = (plan: SettlementPlan<Candidate>): SettlementOutlook =>
  plan.act === 'join'
    ? {
        act: 'join',
        kept: plan.kept.identity.unifiedId,
        merged: plan.merged.map(({ identity }) => identity.unifiedId),
        renames: plan.name !== plan.kept.identity.name,
      }
    : { act: plan.act };

const isSame = (one: Candidate, other: Candidate): boolean =>
  one.identity.unifiedId === other.identity.unifiedId;

const distinct = <C extends Candidate>(candidates: readonly C[]): C[] => [
  ...new Map(candidates.map((each) => [each.identity.unifiedId, each])).values(),
];

/** Two citizen ID numbers are two people, whatever a third certificate says. */
const refuseTwoForLife = (one: Candidate, other: Candidate): void => {
  const numbers = one.identity.identifiers.flatMap(equivalents);
  for (const { type, value } of other.identity.identifiers.flatMap(equivalents)) {
    const same = numbers.filter((number) => number.type === type);
    if (IDENTIFIER_TYPES[type].unique && same.length > 0 && same.every((number) => number.value !== value)) {
      throw invalid(`the identities have different numbers of type ${type}`);
    }
  }
};

const invalid = (detail: string): Refusal => new Refusal('ONECERT_CHANGE_INVALID', detail);
