import type { AuditIndex } from './audit-index.ts';
import { readEntry, readEntryAt } from './feed.ts';
import type { EntryOpener } from './open-entries.ts';
import { proveEntry, ProofError, type InclusionProof } from './prove.ts';

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
  /** The gateway in whose log it is, where that is not this one's: only there it can be proven. */
  readonly replica?: string;
}

export interface SignInSource {
  /** Folder of the log. */
  readonly folder: string;
  readonly index: Pick<AuditIndex, 'search'>;
  readonly opener: Pick<EntryOpener, 'open'>;
  /** Whose log `folder` is, where the index is shared. */
  readonly replica?: string | undefined;
}

type FoundEntry = ReturnType<typeof readEntry> & object & { readonly replica?: string };

const UNIFIED_ID = /^[\w-]{1,64}$/;

/**
 * The latest sign-ins of one identity, the latest first: found by the index, read from the log, opened. What cannot be
 * read is left out: its segment is retired, its hash is not its own, its key is destroyed, or it is of somebody else.
 */
export const readSignIns = async (
  { folder, index, opener, replica }: SignInSource,
  unifiedId: string,
  limit = 20,
): Promise<readonly SignInRecord[]> => {
  if (!UNIFIED_ID.test(unifiedId)) return [];
  const places = await index.search({ unifiedId, event: 'sign-in' }, { limit });
  const found = await Promise.all(
    places.map(async (place) => {
      if (place.replica === undefined || place.replica === replica) return readEntryAt(folder, place);
      const elsewhere = place.line === undefined ? undefined : readEntry(place.line);
      return elsewhere && { ...elsewhere, replica: place.replica };
    }),
  );
  const read = found.filter((each): each is FoundEntry => each !== undefined);
  const opened = await opener.open(read.map(({ entry }) => entry));
  return read.flatMap(({ seq, hash, replica: elsewhere }, at) => {
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
        ...(elsewhere !== undefined && { replica: elsewhere }),
      },
    ];
  });
};

/** `unknown`: no sign-in of theirs has this number, or it is retired; `pending`: no checkpoint covers it yet. */
export type SignInProof = InclusionProof | 'unknown' | 'pending';

/** That a sign-in of this identity is in the log; of anybody else's entry nothing is said. */
export const proveSignIn = async (
  { folder, index, opener, replica }: SignInSource,
  unifiedId: string,
  seq: number,
): Promise<SignInProof> => {
  if (!UNIFIED_ID.test(unifiedId) || !Number.isSafeInteger(seq) || seq < 1) return 'unknown';
  // A number of another replica's log says nothing here.
  const filter = { unifiedId, event: 'sign-in', ...(replica !== undefined && { replica }) };
  const [place] = await index.search(filter, { limit: 1, before: seq + 1 });
  if (place?.seq !== seq) return 'unknown';
  const found = await readEntryAt(folder, place);
  if (found === undefined) return 'unknown';
  const [entry] = await opener.open([found.entry]);
  if (entry?.['event'] !== 'sign-in' || entry['unifiedId'] !== unifiedId) return 'unknown';
  try {
    return await proveEntry(folder, seq, { line: found.line });
  } catch (error) {
    if (error instanceof ProofError) return 'pending';
    throw error;
  }
};
