import type { z } from 'zod';
import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import { Refusal } from '../refusal/refusal.ts';

/** What was sent does not fit its schema: ONECERT_INPUT_INVALID, with every place. */
export class InputInvalid extends Refusal {
  readonly issues: readonly ConfigurationIssue[];

  constructor(issues: readonly ConfigurationIssue[]) {
    super('ONECERT_INPUT_INVALID', issues.map(({ path, message }) => `${path}: ${message}`).join('; '));
    this.issues = issues;
  }
}

/** `where`: what the paths are in ("body", "query", a form). */
export const issuesOfInput = (where: string, error: z.ZodError): ConfigurationIssue[] =>
  error.issues.map(({ path, message }) => ({
    file: where,
    line: 1,
    column: 1,
    path: path.map(String).join('.'),
    message,
  }));
