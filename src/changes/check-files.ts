import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import type { DocumentFile } from './document.ts';

const MAX_FILES = 5_000;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_PATH = 255;

const isPlain = (path: string): boolean =>
  path.length <= MAX_PATH &&
  path.isWellFormed() &&
  !/[\p{Cc}\\]/u.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** What is wrong with the names, number and size of a document's files, whatever they hold. */
export const checkFiles = (files: readonly DocumentFile[]): readonly ConfigurationIssue[] => {
  const issues: ConfigurationIssue[] = [];
  const wrong = (file: string, message: string): void =>
    void issues.push({ file, line: 1, column: 1, path: '', message });
  const seen = new Set<string>();
  for (const { path } of files) {
    if (!isPlain(path)) wrong(JSON.stringify(path), 'expected a relative path without dot segments');
    else if (seen.has(path)) wrong(path, 'given twice');
    seen.add(path);
  }
  if (files.length > MAX_FILES) wrong('', `more than ${MAX_FILES} files`);
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > MAX_BYTES) wrong('', `more than ${MAX_BYTES} bytes`);
  return issues;
};
