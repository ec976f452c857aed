import type { AuditEntry } from '../entry.ts';
import { readLine } from '../line.ts';
import { jsonOf } from '../retirement/retired-segments.ts';
import { listSegments, readLines } from '../segment-files.ts';
import { NOTE_SIGNATURE, parseVerifierKey, type NoteSigner, type VerifierKey } from './note.ts';

/** A kept version of the key that signs checkpoints. */
export interface LogSigner extends NoteSigner {
  readonly version: number;
}

/** An entry that says which key signs the log's checkpoints too, from now on. */
export interface AnnouncedKey {
  /** Number of the entry. */
  readonly seq: number;
  readonly key: VerifierKey;
}

/** Name of the key in the catalogue (src/storage/key-catalogue.ts), and in entries of its changes. */
const AUDIT_KEY = 'audit.key';

/**
 * Says that a version of the key came, or went: with its public key, so that the log itself tells who signs it.
 *
 * @param version undefined where it went while no gateway ran
 * @param at ms since the epoch
 */
export const keyEntry = (
  change: 'made' | 'retired',
  version: number | undefined,
  key: VerifierKey | undefined,
  at: number,
): AuditEntry => ({ event: 'change', at, what: 'key', key: AUDIT_KEY, version, change, vkey: key?.text });

/** The key that an entry announces; undefined for any other entry. `line`: without line end. Never throws. */
export const announcedKey = (line: string): VerifierKey | undefined => {
  if (!line.includes('"vkey":"')) return undefined;
  const entry = jsonOf(line) as Record<string, unknown> | null | undefined;
  const { event, what, key, change, vkey } = entry ?? {};
  if (event !== 'change' || what !== 'key' || key !== AUDIT_KEY || change !== 'made') return undefined;
  const announced = typeof vkey === 'string' ? parseVerifierKey(vkey) : undefined;
  return announced?.type === NOTE_SIGNATURE ? announced : undefined;
};

/** Keys that entries behind number `seq` announce. Reads the segments that hold these. */
export const keysAnnouncedAfter = async (folder: string, seq: number): Promise<readonly AnnouncedKey[]> => {
  const found: AnnouncedKey[] = [];
  for (const { path } of (await listSegments(folder)).toReversed()) {
    let first: number | undefined;
    for await (const lines of readLines(path)) {
      for (const { bytes, ended } of lines) {
        if (first !== undefined && !bytes.includes('"vkey":"')) continue;
        const number = ended ? (readLine(bytes)?.seq ?? 0) : 0;
        first ??= number;
        const key = number > seq ? announcedKey(bytes.toString('utf8')) : undefined;
        if (key !== undefined) found.push({ seq: number, key });
      }
    }
    if (first !== undefined && first <= seq + 1) break;
  }
  return found;
};
