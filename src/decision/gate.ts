import type { Identity } from '../identity/identity.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Directory } from '../services/directory.ts';
import type { Credential } from '../signin/credential.ts';
import type { Judge } from '../verdict/judge.ts';
import { isVerdictCurrent, type VerdictEpochs } from '../verdict/verdict-cache.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { decide } from './decide.ts';
import type { Admission, Gate } from './types.ts';

export interface GateParts {
  readonly judge: Judge;
  /** The identity a good verdict's certificate names. Rejects with a Refusal when it names none. */
  readonly identify: (verdict: Verdict) => Promise<Identity>;
  readonly epochs: VerdictEpochs;
  readonly directory: () => Directory;
  /** Whether operators have locked an identity, by unified id; where absent: none is. */
  readonly isLocked?: (unifiedId: string) => boolean;
  /** ms since the epoch. */
  readonly clock: () => number;
  /** Told of defects: errors that are no refusals. */
  readonly onDefect: (error: unknown) => void;
}

/** Epochs that move while a credential is judged and identified: it is judged again, at most this often. */
const ATTEMPTS = 3;

/** Credential → Verdict → Identity → Decision: the pipeline, with everything it depends on injected. */
export const createGate = (parts: GateParts): Gate => ({
  admit: async (credential) => {
    try {
      let admission = await admitOnce(parts, credential);
      // The register may have taken a while. What was published meanwhile holds for this call too.
      for (let attempt = 1; attempt < ATTEMPTS && isOvertaken(parts, admission); attempt++) {
        admission = await admitOnce(parts, credential);
      }
      return admission;
    } catch (error) {
      // Fails closed: a defect refuses, it never lets through.
      parts.onDefect(error);
      return { credential, verdict: unjudged(parts), identity: undefined, refusal: 'ONECERT_INTERNAL' };
    }
  },
  // A register that was away may be back with the next call.
  isCurrent: ({ verdict, refusal, identity }) =>
    refusal !== 'ONECERT_REGISTER_UNAVAILABLE' &&
    // Locked and unlocked identities are told apart by asking again: with the next call it holds.
    refusal !== 'ONECERT_IDENTITY_LOCKED' &&
    (identity === undefined || parts.isLocked?.(identity.unifiedId) !== true) &&
    isVerdictCurrent(verdict, parts.epochs, parts.clock()),
  decide: (admission, target) => decide(parts.directory(), admission, target, parts.clock()),
});

const admitOnce = async (parts: GateParts, credential: Credential): Promise<Admission> =>
  identified(parts, credential, await parts.judge(credential.chain, parts.clock()));

/** By the epochs alone: a verdict that ends with this very moment was still reached in it. */
const isOvertaken = ({ epochs }: GateParts, { verdict }: Admission): boolean =>
  verdict.trustEpoch !== epochs.trust() || verdict.revocationEpoch !== epochs.revocation();

const identified = async (parts: GateParts, credential: Credential, verdict: Verdict): Promise<Admission> => {
  if (verdict.outcome === 'refused') {
    return { credential, verdict, identity: undefined, refusal: verdict.code };
  }
  try {
    const identity = await parts.identify(verdict);
    return parts.isLocked?.(identity.unifiedId) === true
      ? { credential, verdict, identity: undefined, refusal: 'ONECERT_IDENTITY_LOCKED' }
      : { credential, verdict, identity, refusal: undefined };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { credential, verdict, identity: undefined, refusal: error.code };
  }
};

/** Stands where judging itself failed: refused, and out of date at once. */
const unjudged = ({ clock }: GateParts): Verdict => ({
  id: '',
  outcome: 'refused',
  code: 'ONECERT_INTERNAL',
  certificate: undefined,
  thumbprint: '',
  authority: undefined,
  steps: [],
  judgedAt: clock(),
  validUntil: 0,
  trustEpoch: -1,
  revocationEpoch: -1,
});
