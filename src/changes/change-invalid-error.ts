import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import { Refusal } from '../refusal/refusal.ts';

/** A change that cannot come into force, with everything wrong in it. Nothing was kept. */
export class ChangeInvalidError extends Refusal {
  readonly issues: readonly ConfigurationIssue[];

  constructor(issues: readonly ConfigurationIssue[], options?: ErrorOptions) {
    const [first] = issues;
    super(
      'ONECERT_CHANGE_INVALID',
      `${issues.length} issues, the first: ${first?.file ?? ''}:${first?.line ?? 1}: ${first?.message ?? ''}`,
      options,
    );
    this.issues = issues;
  }
}
