import type { RefusalCode } from './catalogue.ts';

/**
 * One line of a Verdict's report (design, decision 6): what was checked, on what, with which clause and what
 * came of it. Plain data: it crosses threads and is printed as text, HTML and JSON.
 */
export interface Step {
  /** Stable kebab-case name of the check, e.g. "validity". */
  readonly check: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** E.g. "RFC 5280 6.1.3 (a)(2)". */
  readonly clause: string;
  /** Which certificate, CRL or response: a name a person can recognise; absent where the step is about the whole. */
  readonly on?: string;
  readonly zh: string;
  readonly en: string;
  /** Set exactly when the outcome is "failed". */
  readonly code?: RefusalCode;
}
