import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import type { AdminParts } from '../admin-parts.ts';
import { readInForce } from './department-document.ts';
import { addService, indexOfService, readWritten } from './edit-department.ts';
import { fieldOfPath, readFields, type RowsOf } from './enrolment-fields.ts';
import type { Import, Imported } from './import-departments.ts';
import { readCsv, type CsvRow } from './read-csv.ts';

/** Columns of the header row; those of REQUIRED have to be there, in whatever order. */
export const CSV_COLUMNS = [
  'department',
  'service',
  'name_zh',
  'name_en',
  'description_zh',
  'description_en',
  'stages',
  'path',
  'methods',
  'subjects',
  'authorities',
  'assurance',
  'claims',
  'backends',
] as const;
export type CsvColumn = (typeof CSV_COLUMNS)[number];
const REQUIRED: readonly CsvColumn[] = [
  'department',
  'service',
  'name_zh',
  'name_en',
  'path',
  'subjects',
  'backends',
];

const wrong = (line: number, column: number, path: string, message: string): ConfigurationIssue => ({
  file: 'csv',
  line,
  column,
  path,
  message,
});

/** Departments with the services of these rows added, one row each. Everything wrong is told by line and column. */
export const readCsvImport = async (parts: Pick<AdminParts, 'changes'>, text: string): Promise<Import> => {
  const { rows, issues: malformed } = readCsv(text);
  const [header, ...lines] = rows;
  if (header === undefined) return { issues: [...malformed, wrong(1, 1, '', 'expected a header row')] };
  const issues = [...malformed, ...checkHeader(header)];
  if (issues.length > 0) return { issues };
  if (lines.length === 0) return { issues: [wrong(2, 1, '', 'expected a row for each service')] };
  const columns = header.cells.map((cell) => cell.trim());
  const files = new Map<string, { text: string; readonly rows: Map<number, number> }>();
  for (const { line, cells } of lines) {
    if (cells.length !== columns.length) {
      issues.push(wrong(line, cells.length, '', `expected ${columns.length} cells, not ${cells.length}`));
      continue;
    }
    const cell = (name: CsvColumn): string => (cells[columns.indexOf(name)] ?? '').trim();
    const department = cell('department');
    if (!/^[a-z][a-z0-9-]{1,62}$/.test(department)) {
      issues.push(
        wrong(
          line,
          columns.indexOf('department') + 1,
          'department',
          'expected the identifier of a department',
        ),
      );
      continue;
    }
    const file = files.get(department) ?? {
      text: (await readInForce(parts, department)).text,
      rows: new Map<number, number>(),
    };
    files.set(department, file);
    if (indexOfService(file.text, cell('service')) >= 0) {
      issues.push(
        wrong(line, columns.indexOf('service') + 1, 'service', `"${cell('service')}" is enrolled already`),
      );
      continue;
    }
    const { written } = readFields(fieldsOfRow(cell));
    file.rows.set(readWritten(file.text)?.services.length ?? 0, line);
    file.text = addService(file.text, written);
  }
  if (issues.length > 0) return { issues };
  return {
    imported: [...files].map(([department, file]): Imported => ({
      department,
      text: file.text,
      place: (issue) => placeOf(issue, file.rows, columns, lines),
    })),
  };
};

const checkHeader = ({ line, cells }: CsvRow): readonly ConfigurationIssue[] => {
  const names = cells.map((cell) => cell.trim());
  const known: readonly string[] = CSV_COLUMNS;
  return [
    ...names.flatMap((name, index) => {
      if (!known.includes(name)) return [wrong(line, index + 1, name, 'no such column')];
      return names.indexOf(name) === index
        ? []
        : [wrong(line, index + 1, name, 'this column stands here twice')];
    }),
    ...REQUIRED.filter((name) => !names.includes(name)).map((name) =>
      wrong(line, 1, name, 'this column has to be there'),
    ),
  ];
};

const listIn = (text: string): string[] => text.split(/[\s;]+/).filter(Boolean);

const fieldsOfRow = (cell: (name: CsvColumn) => string): ReadonlyMap<string, readonly string[]> => {
  const fields = new Map<string, readonly string[]>([
    ['enabled', ['1']],
    ['service', [cell('service')]],
    ['name-zh', [cell('name_zh')]],
    ['name-en', [cell('name_en')]],
    ['description-zh', [cell('description_zh')]],
    ['description-en', [cell('description_en')]],
    ['stages', listIn(cell('stages'))],
    ['path', [cell('path')]],
    ['subjects', listIn(cell('subjects'))],
    ['authorities', listIn(cell('authorities'))],
    ['assurance', [cell('assurance')]],
  ]);
  const methods = listIn(cell('methods'));
  if (methods.length > 0) fields.set('operation-0-methods', methods).set('operation-0-path', ['/**']);
  // name=印在证明上|Printed on it; kind
  for (const each of cell('claims').split(';')) {
    const [name = '', purpose = ''] = each.split('=').map((part) => part.trim());
    const [zh = '', en = ''] = purpose.split('|').map((part) => part.trim());
    if (name !== '')
      fields
        .set(`claim-${name}`, ['1'])
        .set(`claim-${name}-purpose-zh`, [zh])
        .set(`claim-${name}-purpose-en`, [en]);
  }
  listIn(cell('backends')).forEach((url, row) => fields.set(`backend-${row}-url`, [url]));
  return fields;
};

const ROWS: RowsOf = { operations: [0], backends: [], hours: [] };

/** The line of the service that an issue is about, and the column of the field. */
const placeOf = (
  issue: ConfigurationIssue,
  rows: ReadonlyMap<number, number>,
  columns: readonly string[],
  lines: readonly CsvRow[],
): ConfigurationIssue => {
  const [, index = '', rest = ''] = /^services\[(\d+)\]\.?(.*)$/.exec(issue.path) ?? [];
  const line = rows.get(Number(index));
  // Of the department itself: the first row of it.
  if (index === '' || line === undefined)
    return { ...issue, file: 'csv', line: rows.values().next().value ?? lines[0]?.line ?? 2, column: 1 };
  const field = fieldOfPath(rest, ROWS, []);
  const [head = ''] = field.split('-');
  const name =
    { operation: 'methods', claim: 'claims', backend: 'backends' }[head] ?? field.replace('-', '_');
  return { ...issue, file: 'csv', line, column: Math.max(columns.indexOf(name) + 1, 1), path: name };
};
