import type { Facts, Text } from './facts.ts';

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** `unknown`: it could not look. It never counts as a pass. */
export const STATUSES = ['fail', 'warn', 'unknown', 'pass'] as const;
export type Status = (typeof STATUSES)[number];

/** Ids of clauses, or why this standard has none for the check. */
export type Clauses = readonly [string, ...string[]] | { readonly none: Text };

/** What one check found: the worst of its findings is its status. */
export interface Finding {
  readonly status: Exclude<Status, 'pass'>;
  readonly text: Text;
}

/** One check of the catalogue. It reads facts and nothing else: no I/O, no clock. */
export interface Check {
  /** Stable: `<group>-…`. */
  readonly id: string;
  readonly group: string;
  readonly severity: Severity;
  readonly title: Text;
  readonly mend: Text;
  readonly clauses: {
    /** GB/T 22239-2019, third level (等级保护 2.0). */
    readonly gbt22239: Clauses;
    /** GB/T 39786-2021, third level. */
    readonly gbt39786: Clauses;
    /** OWASP ASVS 4.0.3. */
    readonly asvs: Clauses;
  };
  /** None: a pass. */
  readonly examine: (facts: Facts) => readonly Finding[];
}

export const text = (zh: string, en: string): Text => ({ zh, en });

const finding =
  (status: Finding['status']) =>
  (zh: string, en: string): Finding => ({ status, text: { zh, en } });
export const fail = finding('fail');
export const warn = finding('warn');
export const unknown = (why: Text): Finding => ({ status: 'unknown', text: why });
