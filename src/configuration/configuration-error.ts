/** One thing wrong in one file, as an operator wants to read it. Line and column count from 1. */
export interface ConfigurationIssue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document, e.g. "services[2].timeouts.connect"; empty for the whole file. */
  readonly path: string;
  /** What was expected, and what stands there. */
  readonly message: string;
  /** Stable, where programs have to tell this one from others: ONECERT_… */
  readonly code?: string;
}

/** Everything wrong with a set of files, found in one go. The message is one line an issue: file:line:column. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly issues: readonly ConfigurationIssue[];

  constructor(issues: readonly ConfigurationIssue[], options?: ErrorOptions) {
    super(issues.map(formatIssue).join('\n'), options);
    this.issues = issues;
  }
}

const formatIssue = ({ file, line, column, path, message, code }: ConfigurationIssue): string =>
  `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}${code === undefined ? '' : ` (${code})`}`;
