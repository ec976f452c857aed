import type { Proof } from '../signin/credential.ts';
import { ASSURANCE_LEVELS, type AssuranceLevel } from '../services/assurance.ts';
import type { Admission } from './types.ts';

type Assured = Pick<Admission, 'verdict' | 'credential'>;

const lowerOf = (one: AssuranceLevel, other: AssuranceLevel): AssuranceLevel =>
  ASSURANCE_LEVELS.indexOf(one) < ASSURANCE_LEVELS.indexOf(other) ? one : other;

/** What a certificate reaches that comes by this way in. Where nothing is known of it: the lowest level. */
const reachedBy = ({ assurance }: Assured['verdict'], proof: Proof): AssuranceLevel => {
  if (assurance === undefined) return ASSURANCE_LEVELS[0];
  return lowerOf(assurance.level, assurance.waysIn[proof] ?? assurance.level);
};

/** What somebody reaches by their certificate and the way they proved to hold its key. */
export const assuranceReached = ({ verdict, credential }: Assured): AssuranceLevel =>
  reachedBy(verdict, credential.proof);

const isAtLeast = (reached: AssuranceLevel, demanded: AssuranceLevel): boolean =>
  ASSURANCE_LEVELS.indexOf(reached) >= ASSURANCE_LEVELS.indexOf(demanded);

export const reaches = (admission: Assured, demanded: AssuranceLevel): boolean =>
  isAtLeast(assuranceReached(admission), demanded);

/** Ways in by which the same certificate would do. */
export const waysThatReach = ({ verdict }: Assured, demanded: AssuranceLevel): readonly Proof[] =>
  (['mutual-tls', 'signed-challenge', 'terminator'] as const).filter((proof) =>
    isAtLeast(reachedBy(verdict, proof), demanded),
  );
