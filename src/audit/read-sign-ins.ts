import type { AuditIndex } from './audit-index.ts';
import { readEntryAt } from './feed.ts';
import type { EntryOpener } from './open-entries.ts';

/** A sign-in as the log has it; number and hash are what it is found and proved by. */
export interface SignInRecord {
  readonly seq: number;
  /** SHA-256 of the entry, base64url (line.ts). */
  readonly hash: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly from: string;
  readonly proof: string;
  readonly authority: string;
  readonly thumbprint: string;
}

export interface SignInSource {
  /** Folder of the log. */
  readonly folder: string;
  readonly index: Pick<AuditIndex, 'search'>;
  readonly opener: Pick<EntryOpener, 'open'>;
}

const UNIFIED_ID = /^[\w-]{1,64}$/;

/**
 * The latest sign-ins of one identity, the latest first: found by the index, read from the log, opened. What cannot be
 * read is left out: its segment is retired, its hash is not its own, its key is destroyed, or it is of somebody else.
 */
export const readSignIns = async (
  { folder, index, opener }: SignInSource,
  unifiedId: string,
  limit = 20,
): Promise<readonly SignInRecord[]> => {
  if (!UNIFIED_ID.test(unifiedId)) return [];
  const places = await index.search({ unifiedId, event: 'sign-in' }, { limit });
  const found = await Promise.all(places.map((place) => readEntryAt(folder, place)));
  const read = found.filter((each) => each !== undefined);
  const opened = await opener.open(read.map(({ entry }) => entry));
  return read.flatMap(({ seq, hash }, at) => {
    const entry = opened[at] ?? {};
    if (entry['event'] !== 'sign-in' || entry['unifiedId'] !== unifiedId) return [];
    const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
    return [
      {
        seq,
        hash,
        at: Number(entry['at']),
        from: text('from'),
        proof: text('proof'),
        authority: text('authority'),
        thumbprint: text('thumbprint'),
      },
    ];
  });
};
