import { ConfigurationError } from '../configuration/configuration-error.ts';
import { Refusal } from '../refusal/refusal.ts';
import { CrlError } from '../revocation/crl-error.ts';
import { EXIT } from './exit-codes.ts';

/** The command was called with something that cannot be used. The message is one line. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/** What a failed command tells the operator (one line a matter) and its exit code. */
export interface Failure {
  readonly code: number;
  readonly lines: readonly string[];
}

const DATA_ERRORS = new Set(['StorageError', 'AuditError']);
const FILE_CODES = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR'],
  // A file where a folder was expected, a folder where a file was, or neither.
  ...['EEXIST', 'EISDIR', 'ENOENT'],
]);

export const exitCodeOf = (error: unknown): Failure => {
  if (error instanceof ConfigurationError) {
    return { code: EXIT.configuration, lines: error.message.split('\n') };
  }
  if (!(error instanceof Error)) return { code: EXIT.internal, lines: [String(error)] };
  if (error instanceof CrlError) {
    return { code: EXIT.usage, lines: [`the CRL cannot be used: ${error.message}`] };
  }
  if (error instanceof Refusal) return { code: EXIT.no, lines: [`${error.code}: ${error.detail}`] };
  if (error instanceof CommandLineError) return { code: EXIT.usage, lines: [error.message] };
  const { code, port, path } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return {
      code: EXIT.portTaken,
      lines: [`port ${port ?? '?'} is taken by another program: stop it, or set another port`],
    };
  }
  if (DATA_ERRORS.has(error.name)) return { code: EXIT.data, lines: [error.message] };
  if (code !== undefined && FILE_CODES.has(code)) {
    return { code: EXIT.data, lines: [path === undefined ? error.message : `${path}: ${error.message}`] };
  }
  return { code: EXIT.internal, lines: [error.stack ?? error.message] };
};
