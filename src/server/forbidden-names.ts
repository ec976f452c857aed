import type { DocumentFile, DocumentKey } from '../changes/document.ts';
import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import { environmentNames } from '../configuration/environment-names.ts';

type Files = readonly DocumentFile[];

const namesIn = (files: Files) =>
  files
    .filter(({ path }) => /\.ya?ml$/.test(path))
    .flatMap(({ path, content }) =>
      environmentNames(content.toString('utf8')).map((each) => ({ path, ...each })),
    );

/**
 * What a document would read from the gateway's environment, and may not: passwords of stores stand there, and whoever
 * writes a document could send them to a back end of their own. It may read what its file of the operator, or its
 * version in force, reads already, and what gateway.yaml opens to all (`documents.environment`).
 */
export const forbiddenNames = (
  { files }: DocumentKey & { readonly files: Files },
  already: readonly Files[],
  open: readonly string[],
): readonly ConfigurationIssue[] => {
  const allowed = new Set([...open, ...already.flatMap(namesIn).map(({ name }) => name)]);
  return namesIn(files)
    .filter(({ name }) => !allowed.has(name))
    .map(({ path, name, line, column }) => ({
      file: path,
      line,
      column,
      path: '',
      message: `the environment variable ${name} is not open to this document: neither its file nor its version in force reads it; operators open names in gateway.yaml, documents.environment`,
    }));
};
