import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../configuration/configuration-error.ts';

/** Reads a PEM key. @throws ConfigurationError naming the file, never quoting it */
export const readKeyFile = (file: string, read: (pem: string) => KeyObject): KeyObject => {
  try {
    return read(readFileSync(file, 'utf8'));
  } catch (cause) {
    const issue = { file, line: 1, column: 1, path: '', message: (cause as Error).message };
    throw new ConfigurationError([issue], { cause });
  }
};
