import { HASH_BYTES } from '../tree/merkle.ts';
import { isOf, parseNote, verifySignature, NOTE_SIGNATURE, type Note, type VerifierKey } from './note.ts';

/** A state of the log (C2SP tlog-checkpoint): with `size` entries its tree has this root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly note: Note;
  /** The whole signed note. */
  readonly text: string;
}

/** The text that is signed. */
export const checkpointBody = (origin: string, size: number, root: Buffer): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/** Undefined where the text is no checkpoint, or has extension lines, which ours never have. Verifies nothing. */
export const parseCheckpoint = (text: string): Checkpoint | undefined => {
  const note = parseNote(text);
  const [, origin = '', digits = '', encoded = ''] =
    /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(note?.body ?? '') ?? [];
  const root = Buffer.from(encoded, 'base64');
  const size = Number(digits);
  if (note === undefined || origin === '' || !Number.isSafeInteger(size)) return undefined;
  if (root.length !== HASH_BYTES || root.toString('base64') !== encoded) return undefined;
  return { origin, size, root, note, text };
};

export interface Signers {
  /** Keys of the log that have signed: of its name (`origin`). */
  readonly log: readonly VerifierKey[];
  /** Witnesses among the keys that have cosigned, and when: ms since the epoch. */
  readonly witnesses: readonly { readonly name: string; readonly at: number }[];
}

/**
 * Who of the owners of these keys has signed. Undefined where a signature claims to be of one of the keys and is not
 * good: such a note is to be refused whole (C2SP signed-note). Signatures of unknown keys count for nothing.
 */
export const signersOf = (
  { origin, note }: Pick<Checkpoint, 'origin' | 'note'>,
  keys: readonly VerifierKey[],
): Signers | undefined => {
  const log: VerifierKey[] = [];
  const witnesses: { name: string; at: number }[] = [];
  for (const signature of note.signatures) {
    const key = keys.find((each) => isOf(signature, each));
    if (key === undefined) continue;
    const good = verifySignature(note.body, signature, key);
    if (good === undefined) return undefined;
    if (key.type !== NOTE_SIGNATURE) witnesses.push({ name: key.name, at: good.time * 1000 });
    else if (key.name === origin) log.push(key);
  }
  return { log, witnesses };
};
