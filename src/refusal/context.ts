import type { RefusalCode } from './catalogue.ts';
import type { Step } from './step.ts';

interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** Everything a page or problem document about one refusal may say to the person. Holds no personal data. */
export interface RefusalContext {
  readonly code: RefusalCode;
  /** What the help desk finds the audit entry by; also in the log. */
  readonly reference: string;
  /** The Verdict's report, where one was made. */
  readonly steps: readonly Step[];
  /** Authorities the platform (or the service asked for) accepts. */
  readonly accepted: readonly Bilingual[];
  /** The service asked for, where there is one and the caller may know of it. */
  readonly service?: Bilingual;
  /** What is particular about this refusal: what the department has to say, what is demanded and what was shown. */
  readonly notice?: Bilingual;
  /** When it will be otherwise, where that is known; ms since the epoch. */
  readonly until?: number;
  /** ms since the epoch. */
  readonly at: number;
}
