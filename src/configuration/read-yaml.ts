import { readFileSync } from 'node:fs';
import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { ConfigurationError, type ConfigurationIssue } from './configuration-error.ts';
import { interpolate } from './interpolate.ts';

/** A document that passed its schema, able to say where in its file a value stands. */
export interface ReadDocument<T> {
  readonly file: string;
  readonly value: T;
  /** An issue located at `path`, for checks that a schema cannot make (files, certificates, overlaps). */
  issue(path: readonly PropertyKey[], message: string): ConfigurationIssue;
}

/**
 * Reads one YAML file and checks it against its schema.
 *
 * @throws ConfigurationError naming file, line, column, path and what was expected, for every thing wrong
 */
export const readYaml = <Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): ReadDocument<z.output<Schema>> => parseYaml(file, readText(file), schema, environment);

/** As readYaml, of text that has been read already (and its signature checked, say). `file` is what errors name. */
export const parseYaml = <Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): ReadDocument<z.output<Schema>> => {
  const lines = new LineCounter();
  // uniqueKeys: a key written twice is a mistake, not "the last one wins".
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number, path: readonly PropertyKey[], message: string): ConfigurationIssue => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path: formatPath(path), message };
  };

  if (document.errors.length > 0) {
    throw new ConfigurationError(
      document.errors.map((error) => at(error.pos[0], [], `not valid YAML: ${error.message}`)),
    );
  }
  const unset = interpolate(document, environment);
  if (unset.length > 0) {
    throw new ConfigurationError(
      unset.map(({ name, offset }) =>
        at(
          offset,
          [],
          `the environment variable ${name} is not set and no default is given (\${${name}:-…})`,
        ),
      ),
    );
  }
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    // Aliases that multiply ("billion laughs") or lead nowhere.
    throw new ConfigurationError([at(0, [], `not usable YAML: ${(cause as Error).message}`)], { cause });
  }
  const checked = schema.safeParse(plain ?? {});
  if (checked.success) {
    return {
      file,
      value: checked.data,
      issue: (path, message) => at(offsetOf(document, path), path, message),
    };
  }
  throw new ConfigurationError(
    checked.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => {
            const path = [...issue.path, key];
            return at(offsetOf(document, path), path, 'unknown setting; is it misspelt?');
          })
        : [at(offsetOf(document, issue.path), issue.path, issue.message)],
    ),
  );
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (cause as Error).message;
    throw new ConfigurationError([{ file, line: 1, column: 1, path: '', message: reason }], { cause });
  }
};

/** Offset of the key (where there is one) or value at `path`, or of the nearest thing around it that exists. */
const offsetOf = (document: Document, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => String(key) === String(last));
      if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
      continue;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return document.contents?.range?.[0] ?? 0;
};

const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
