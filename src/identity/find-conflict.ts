import { equivalents, IDENTIFIER_TYPES } from './identifiers/index.ts';
import type { Identifier, SubjectReading } from './identity.ts';
import { comparableName } from './read-name.ts';
import type { ConflictReason } from './register.ts';

/** What makes a conflict, but for the certificate. */
export interface ConflictFinding {
  readonly reason: ConflictReason;
  readonly reading: SubjectReading | undefined;
  /** Unified ids. */
  readonly meets: readonly string[];
}

/** An identity on record that has one of a certificate's numbers, as far as conflicts look at it. */
export interface Owner {
  readonly unifiedId: string;
  readonly name: string;
  /** Whether it has another number of this one's type, and not this one. */
  holdsOther(identifier: Identifier): boolean;
}

/**
 * Why a certificate cannot be of whoever has its numbers; undefined where it can, or nobody has them. The same in every
 * form of the register.
 */
export const findConflict = (
  reading: SubjectReading,
  owners: readonly Owner[],
): ConflictFinding | undefined => {
  const conflict = (reason: ConflictReason): ConflictFinding => ({
    reason,
    reading,
    meets: owners.map(({ unifiedId }) => unifiedId),
  });
  const [owner, ...others] = owners;
  if (owner === undefined) return undefined;
  if (others.length > 0) return conflict('two-identities');
  if (hasAnotherNumber(owner, reading)) return conflict('different-number');
  if (hasAnotherName(owner, reading)) return conflict('different-name');
  return undefined;
};

const hasAnotherNumber = (owner: Owner, { identifiers }: SubjectReading): boolean =>
  identifiers
    .flatMap(equivalents)
    .some((identifier) => IDENTIFIER_TYPES[identifier.type].unique && owner.holdsOther(identifier));

/** A certificate or a record without a name says nothing against the other. */
const hasAnotherName = (owner: Owner, { name }: SubjectReading): boolean => {
  const [recorded, read] = [comparableName(owner.name), comparableName(name)];
  return recorded !== '' && read !== '' && recorded !== read;
};
