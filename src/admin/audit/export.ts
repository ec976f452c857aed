import { z } from 'zod';
import type { IndexedEntry } from '../../audit/audit-index.ts';
import { InputInvalid, issuesOfInput } from '../input-invalid.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { reasonOf } from '../identities/reason.ts';
import { filterFor, filterTold, readWanted } from './filter.ts';
import { readEntries, recordAsked } from './read-entries.ts';

/** Most entries of one export; more is for `onecert audit export`. */
export const EXPORT_LIMIT = 5_000;
const BATCH = 500;

const COLUMNS = [
  ...['seq', 'at', 'event', 'code', 'outcome', 'department', 'service', 'authority', 'method', 'path'],
  ...['unifiedId', 'thumbprint', 'from', 'reference', 'trace', 'actor', 'what', 'reason', 'holder'],
];

/** POST /console/audit/export : what fits a filter, the newest first; in the audit log before it is made. */
export const exportAudit = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, form } = call;
  const reason = reasonOf(form);
  const format = z.enum(['csv', 'jsonl']).safeParse(form.get('format'));
  if (!format.success) throw new InputInvalid(issuesOfInput('form', format.error));
  const wanted = readWanted(form);
  const filter = filterFor(caller, wanted);
  await recordAsked(parts.auditLog, {
    what: 'audit-export',
    actor: caller.actor.unifiedId,
    reason,
    filter: await filterTold(parts, filter, { open: wanted.open, format: format.data }),
  });
  const lines: string[] = format.data === 'csv' ? [COLUMNS.join(',')] : [];
  let before: IndexedEntry | undefined;
  for (let count = 0; count < EXPORT_LIMIT; count += BATCH) {
    const places: readonly IndexedEntry[] = await parts.auditLog.index.search(filter, {
      limit: BATCH,
      ...(before !== undefined && { before }),
    });
    for (const { place, read, entry } of await readEntries(parts.auditLog, places, wanted.open)) {
      const { seq, at, event } = place;
      const shown = read === undefined ? { seq, at, event, retired: true } : entry;
      lines.push(format.data === 'csv' ? csvLine(shown) : JSON.stringify(shown));
    }
    before = places.at(-1);
    if (places.length < BATCH) break;
  }
  const type = format.data === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl';
  return { download: { name: `audit.${format.data}`, type, body: `${lines.join('\n')}\n` } };
};

const csvLine = (entry: Readonly<Record<string, unknown>>): string =>
  COLUMNS.map((name) => cell(name === 'at' ? new Date(Number(entry[name])).toISOString() : entry[name])).join(
    ',',
  );

/** RFC 4180; what a spreadsheet would take for a formula is made a text. */
const cell = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
