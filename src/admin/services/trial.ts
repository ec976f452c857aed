import type { Service } from '../../services/enrolment.ts';

/** Kinds of test identity: one fixed, invented subject each. */
export const TRIAL_KINDS = ['citizen', 'enterprise'] as const;
export type TrialKind = (typeof TRIAL_KINDS)[number];

/** One call of a back end as a test identity. */
export interface ServiceTrial {
  /** In force, or out of a draft. */
  readonly service: Service;
  readonly kind: TrialKind;
  readonly method: string;
  /** Of the call, as people would send it to the gateway: "/joint-tax/mine?year=2026". */
  readonly target: string;
  /** Text; none for methods without one. */
  readonly body?: string;
  readonly contentType?: string;
}

type Header = readonly [name: string, value: string];

export interface TrialAnswer {
  readonly request: {
    readonly method: string;
    /** Of the back end. */
    readonly url: string;
    /** The assertion itself stands in none of them: it would let somebody call as the test identity. */
    readonly headers: readonly Header[];
  };
  /** Of the assertion that was sent. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** How long it took, ms. */
  readonly tookMs: number;
  readonly outcome:
    | {
        readonly status: number;
        readonly headers: readonly Header[];
        /** Its beginning, as UTF-8. */
        readonly body: string;
        readonly isCut: boolean;
      }
    /** No answer: a stable code where the gateway has one for it, and what happened, in English. */
    | { readonly code: string; readonly problem: string };
}

/**
 * Calls the first back end of the service that is not refused, with the connection code of the data plane, as a test identity: its assertion
 * says `test: true`. Bounded in time and in octets. What the gateway would not let through, and targets that are the
 * gateway itself or a cloud's metadata, is answered with a code and not sent. Never rejects for what a back end does.
 */
export type TryService = (trial: ServiceTrial) => Promise<TrialAnswer>;
