import type { AuditCursor } from './feed.ts';

/**
 * How far one log has been counted into the figures by authority. The index had none before: of what it had read by then,
 * or reads meanwhile through a gateway of an earlier version, they are not made up.
 */
export interface Counted {
  /** Up to this entry without a gap; where it is not the cursor's, what lies between was not counted. */
  readonly counted_seq: number;
  /** The first entry since the last gap: its number, and its `at`. Null where nothing has been counted. */
  readonly counted_from: number | null;
  readonly counted_since: number | null;
}

export const NOTHING_COUNTED: Counted = { counted_seq: 0, counted_from: null, counted_since: null };

/**
 * @param before as it stands, with the number the cursor stands at
 * @param first of the entries that are counted now; undefined: there are none
 */
export const countOn = (
  before: Counted & Pick<AuditCursor, 'seq'>,
  first: { readonly seq: number; readonly at: number } | undefined,
  cursor: Pick<AuditCursor, 'seq'>,
): Counted => {
  const { counted_seq, counted_from, counted_since } = before;
  const isWhole = counted_seq === before.seq;
  if (isWhole && (counted_from !== null || first === undefined))
    return { counted_seq: cursor.seq, counted_from, counted_since };
  if (first === undefined) return { counted_seq, counted_from, counted_since };
  return { counted_seq: cursor.seq, counted_from: first.seq, counted_since: first.at };
};

/** One log of those that an index is made of. */
export interface CountedLog extends Counted, Pick<AuditCursor, 'seq'> {
  /** `at` of its last entry in the index; null where it is not known. */
  readonly last_at: number | null;
}

/**
 * From when on figures by authority hold all there was: the end of the last gap; where there is none, the begin of the
 * oldest log. Undefined where nothing was read yet.
 */
export const wholeSince = (logs: readonly CountedLog[]): number | undefined => {
  const gaps: number[] = [];
  const begins: number[] = [];
  for (const { seq, counted_seq, counted_from, counted_since, last_at } of logs) {
    if (counted_seq !== seq) gaps.push(last_at ?? 0);
    else if (counted_from !== null && counted_since !== null)
      (counted_from > 1 ? gaps : begins).push(counted_since);
  }
  if (gaps.length > 0) return Math.max(...gaps);
  return begins.length > 0 ? Math.min(...begins) : undefined;
};
