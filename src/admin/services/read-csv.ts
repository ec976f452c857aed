import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';

export interface CsvRow {
  /** Of its first character, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * RFC 4180, strictly: quotes around a whole cell or nowhere, doubled within. Lines may end in LF too. Empty lines are no
 * rows. What is wrong is told where it begins; `column`: number of the cell, from 1.
 */
export const readCsv = (
  text: string,
): { readonly rows: readonly CsvRow[]; readonly issues: readonly ConfigurationIssue[] } => {
  const source = text.replace(/^\uFEFF/, '');
  const rows: CsvRow[] = [];
  const issues: ConfigurationIssue[] = [];
  let cells: string[] = [];
  let line = 1;
  let begun = 1;
  let at = 0;
  const wrong = (message: string, where: number): void =>
    void issues.push({ file: 'csv', line: where, column: cells.length + 1, path: '', message });
  const endRow = (): void => {
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: begun, cells });
    cells = [];
    line += 1;
    begun = line;
  };
  while (at < source.length) {
    let cell: string;
    if (source[at] === '"') {
      const opened = line;
      let end = at + 1;
      for (;;) {
        end = source.indexOf('"', end);
        if (end < 0 || source[end + 1] !== '"') break;
        end += 2;
      }
      if (end < 0) {
        wrong('a quotation mark is not closed', opened);
        return { rows, issues };
      }
      cell = source.slice(at + 1, end).replaceAll('""', '"');
      line += cell.split('\n').length - 1;
      at = end + 1;
      if (at < source.length && !/[,\r\n]/.test(source[at] as string)) {
        wrong('expected a comma or the end of the line after a quotation mark', line);
        at = endOfCell(source, at);
      }
    } else {
      const end = endOfCell(source, at);
      cell = source.slice(at, end);
      if (cell.includes('"')) wrong('a cell with quotation marks has to stand in quotation marks', line);
      at = end;
    }
    cells.push(cell);
    if (source[at] === ',') {
      at += 1;
      if (at === source.length) cells.push('');
      continue;
    }
    if (source[at] === '\r') at += 1;
    if (source[at] === '\n') at += 1;
    endRow();
  }
  if (cells.length > 0) endRow();
  return { rows, issues };
};

const endOfCell = (text: string, from: number): number => {
  const rest = /[,\r\n]/g;
  rest.lastIndex = from;
  return rest.exec(text)?.index ?? text.length;
};
