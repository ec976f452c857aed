import { fold, treatmentOf, type Treatment } from '../header-hygiene.ts';

/** What is done with the request fields of one listener. */
export type FieldTreatment = (name: string) => Treatment;

const READ_HERE: Treatment = { kind: 'hop' };
const SPELLINGS = 2_048;

/**
 * The treatment of every listener (header-hygiene.ts), with what only this gateway's own terminators make special.
 *
 * @param handedOn fields in which a terminator of this gateway hands certificates on, lower case: from anybody else, and
 *   in any other spelling, they are forgeries
 * @param readHere fields that the peers of this listener set, lower case: the listener reads them, and nothing of them
 *   goes on; they are no forgeries
 */
export const fieldTreatment = (
  handedOn: readonly string[],
  readHere: readonly string[] = [],
): FieldTreatment => {
  if (handedOn.length === 0 && readHere.length === 0) return treatmentOf;
  const own = new Set(readHere);
  const folded = new Set(handedOn.map(fold));
  const classify = (name: string): Treatment => {
    const lower = name.toLowerCase();
    if (own.has(lower)) return READ_HERE;
    const treatment = treatmentOf(name);
    const isForged = treatment.kind === 'keep' && folded.has(fold(lower));
    return isForged ? { kind: 'forged', label: fold(lower) } : treatment;
  };
  const known = new Map<string, Treatment>();
  return (name) => {
    let treatment = known.get(name);
    if (treatment === undefined) {
      treatment = classify(name);
      if (known.size < SPELLINGS) known.set(name, treatment);
    }
    return treatment;
  };
};
