import type { IndexedEntry } from '../../audit/audit-index.ts';
import { readEntryAt } from '../../audit/feed.ts';
import { PERSONAL_FIELDS } from '../../audit/personal-fields.ts';
import type { ReadEntry } from '../../audit/seal-entry.ts';
import { AuditUnavailableError } from '../../audit/sink.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { AuditLogParts } from './log-parts.ts';

export interface FoundEntry {
  readonly place: IndexedEntry;
  /** Undefined where it is not in this machine's log (any more). */
  readonly read: { readonly hash: string; readonly line: string } | undefined;
  /** Fields in the clear; with the personal ones where it was opened. */
  readonly entry: ReadEntry;
}

/** Entries of before entries were sealed have them in the clear. */
const withoutPersonal = (entry: ReadEntry): ReadEntry =>
  Object.fromEntries(
    Object.entries(entry).filter(([name]) => !(PERSONAL_FIELDS as readonly string[]).includes(name)),
  );

export const readEntries = async (
  { folder, opener, replica }: AuditLogParts,
  places: readonly IndexedEntry[],
  open: boolean,
): Promise<readonly FoundEntry[]> => {
  const found = await Promise.all(
    places.map((place) =>
      place.replica === replica ? readEntryAt(folder, place) : Promise.resolve(undefined),
    ),
  );
  const read = found.map((each, at) => (each?.seq === places[at]?.seq ? each : undefined));
  const entries = read.map((each) => each?.entry ?? {});
  const shown = open ? await opener.open(entries) : entries.map(withoutPersonal);
  return places.map((place, at) => ({ place, read: read[at], entry: shown[at] ?? {} }));
};

/** The entry with this number, of this machine's log. @throws Refusal ONECERT_AUDIT_ENTRY_UNKNOWN */
export const placeOf = async (
  { index, replica }: AuditLogParts,
  seq: string | undefined,
): Promise<IndexedEntry> => {
  const number = /^[1-9]\d{0,14}$/.test(seq ?? '') ? Number(seq) : 0;
  const filter = replica === undefined ? {} : { replica };
  const [place] = number === 0 ? [] : await index.search(filter, { limit: 1, before: number + 1 });
  if (place?.seq !== number) throw new Refusal('ONECERT_AUDIT_ENTRY_UNKNOWN', 'no such entry');
  return place;
};

/** What was asked for is in the log first. @throws Refusal ONECERT_AUDIT_UNAVAILABLE */
export const recordAsked = async (
  { command }: AuditLogParts,
  asked: Parameters<AuditLogParts['command']>[0],
): Promise<void> => {
  try {
    await command(asked);
  } catch (error) {
    if (!(error instanceof AuditUnavailableError)) throw error;
    throw new Refusal('ONECERT_AUDIT_UNAVAILABLE', error.message, { cause: error });
  }
};
