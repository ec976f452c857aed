import { LineCounter, parseDocument, visit } from 'yaml';
import { REFERENCE } from './interpolate.ts';

/** A name in ${NAME} or ${NAME:-default}, and where its scalar stands. */
export interface EnvironmentName {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** What a YAML text would read from the environment. Nothing of a text that is no YAML: nobody reads that either. */
export const environmentNames = (text: string): readonly EnvironmentName[] => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) return [];
  const names: EnvironmentName[] = [];
  visit(document, {
    Scalar(_key, { value, range }) {
      // As interpolate does: after YAML's own escapes.
      if (typeof value !== 'string') return;
      const { line, col } = lines.linePos(range?.[0] ?? 0);
      for (const [, name = ''] of value.matchAll(REFERENCE)) {
        names.push({ name, line: Math.max(line, 1), column: Math.max(col, 1) });
      }
    },
  });
  return names;
};
