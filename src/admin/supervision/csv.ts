export type CsvValue = string | number | undefined;

/** Excel reads UTF-8 as such where the file begins with it, and in the machine's own encoding otherwise. */
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * A CSV file (RFC 4180): CRLF after every line, fields quoted where they have to be. Text that a spreadsheet would take for
 * a formula (CWE-1236) gets an apostrophe in front; numbers stay numbers.
 */
export const writeCsv = (header: readonly string[], rows: readonly (readonly CsvValue[])[]): string =>
  BYTE_ORDER_MARK + [header, ...rows].map((row) => `${row.map(writeField).join(',')}\r\n`).join('');

const writeField = (value: CsvValue): string => {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
