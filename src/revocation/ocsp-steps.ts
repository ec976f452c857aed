import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';

export interface Sentence {
  readonly zh: string;
  readonly en: string;
}

/** How far the clocks of responders may be off, in ms: NTP keeps servers far closer than this. */
export const OCSP_CLOCK_TOLERANCE_MS = 60_000;

const CLAUSES = {
  'ocsp-response': 'RFC 6960 4.2.1, 4.2.2.3',
  'ocsp-nonce': 'RFC 9654 2.1',
  'ocsp-responder': 'RFC 6960 3.2, 4.2.2.2',
  'ocsp-certificate': 'RFC 6960 3.2, 4.1.1',
  'ocsp-time': 'RFC 6960 3.2, 4.2.2.1',
  'ocsp-status': 'RFC 6960 2.2',
  'ocsp-request': 'RFC 6960 2.1; design: hosts the trust list allows',
} as const;
export type OcspCheck = keyof typeof CLAUSES;

export const ocspPassed = (check: OcspCheck, sentence: Sentence, on?: string): Step => ({
  check,
  outcome: 'passed',
  clause: CLAUSES[check],
  ...(on === undefined ? {} : { on }),
  zh: sentence.zh,
  en: sentence.en,
});

export const ocspFailed = (
  check: OcspCheck,
  sentence: Sentence,
  on?: string,
  code: RefusalCode = 'ONECERT_REVOCATION_UNKNOWN',
): Step => ({ ...ocspPassed(check, sentence, on), outcome: 'failed', code });

export const isoTime = (at: number): string => new Date(at).toISOString();
