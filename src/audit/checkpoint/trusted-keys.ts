import { signersOf, type Checkpoint, type Signers } from './checkpoint.ts';
import { latestCheckpoint } from './checkpoints-file.ts';
import type { AnnouncedKey } from './key-entries.ts';
import { NOTE_SIGNATURE, type VerifierKey } from './note.ts';

/** A key that the verifier was not given, and how the log leads to it. */
export interface LedToKey {
  readonly key: string;
  /** The entry that announces it. */
  readonly seq: number;
  /** From this entry on no key known before signs; undefined while one still does. */
  readonly from: number | undefined;
}

/** A key that signed before any trusted one, and how many entries it has signed for. */
export interface EarlierKey {
  readonly key: string;
  readonly size: number;
}

export interface TrustedKeysOptions {
  /** The key that trust begins with; undefined where none is known. */
  readonly anchor: VerifierKey | undefined;
  /** Given by whoever verifies. */
  readonly given: readonly VerifierKey[];
  /** Noted beside the log: earlier keys are found there, and nothing is trusted for it. */
  readonly noted: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
}

/**
 * Whose checkpoints count, as a log is read from its first entry on.
 *
 * The anchor is trusted, and every key that an entry announces which a checkpoint of a trusted key covers. Before the first
 * checkpoint of a trusted key those of earlier keys are taken: their trees are the beginning of one that is trusted. Behind
 * it each has to be signed with a trusted key, and with the one announced last: an old key alone, stolen or not, makes no
 * checkpoint once the next one is announced.
 */
export class TrustedKeys {
  readonly #options: TrustedKeysOptions;
  readonly #announced: AnnouncedKey[] = [];
  /** Trusted keys in the order they came to be: the entry that announces it, and the largest tree it has signed. */
  readonly #trusted = new Map<string, { readonly seq: number; size: number }>();
  readonly #earlier = new Map<string, EarlierKey>();
  /** Size of the smallest tree that a trusted key has signed. */
  #first: number | undefined;
  /** The largest that no trusted key has signed: taken if one of a trusted key covers it. */
  #pending: { readonly line: number; readonly size: number } | undefined;

  constructor(options: TrustedKeysOptions) {
    this.#options = options;
    if (options.anchor !== undefined) this.#trusted.set(options.anchor.text, { seq: 0, size: -1 });
  }

  /** An entry has been read. In the order of their numbers. */
  announce(announced: AnnouncedKey): void {
    this.#announced.push(announced);
  }

  /**
   * Who has signed a checkpoint that is of the log's tree, all entries that it covers having been read; or what is wrong
   * with its signatures. `line`: where it stands.
   */
  judge(checkpoint: Checkpoint, line: number): Signers | string {
    const { origin, size } = checkpoint;
    const signers = signersOf(checkpoint, this.#known());
    if (signers === undefined) return 'a signature of this checkpoint is not good';
    if (signers.log.length === 0) return 'this checkpoint is not signed with a key of this log that is known';
    const required = this.#announced.findLast(({ seq, key }) => seq <= size && key.name === origin);
    if (required !== undefined && !signers.log.some(({ text }) => text === required.key.text)) {
      return `this checkpoint is not signed with ${required.key.text}, which signs since entry ${required.seq} announced it`;
    }
    const trusted = signers.log.flatMap(({ text }) => this.#trusted.get(text) ?? []);
    const [by] = signers.log;
    if (trusted.length === 0) {
      if (this.#first !== undefined && size > this.#first) {
        return `this checkpoint is signed with ${by?.text ?? '?'}, which was not given and which no entry announces under a checkpoint of a key that was`;
      }
      if (size >= (this.#pending?.size ?? 0)) this.#pending = { line, size };
      for (const { text: key } of signers.log) {
        this.#earlier.set(key, { key, size: Math.max(size, this.#earlier.get(key)?.size ?? 0) });
      }
      return signers;
    }
    this.#first = Math.min(size, this.#first ?? size);
    for (const each of trusted) each.size = Math.max(each.size, size);
    for (const { seq, key } of this.#announced) {
      if (seq > size || key.name !== origin || this.#trusted.has(key.text)) continue;
      const hasSigned = signers.log.some(({ text }) => text === key.text);
      this.#trusted.set(key.text, { seq, size: hasSigned ? size : -1 });
    }
    return signers;
  }

  /** Behind the last checkpoint: one that nobody trusted vouches for. */
  end(): { readonly line: number; readonly what: string } | undefined {
    if (this.#pending === undefined || this.#pending.size <= (this.#first ?? -1)) return undefined;
    const key = this.#options.anchor?.text ?? 'none';
    const what = `this checkpoint is not signed with the key of this log (${key}), and none behind it is`;
    return { line: this.#pending.line, what };
  }

  /** Whether a checkpoint that was kept elsewhere is of this log's keys. Behind the last checkpoint. */
  hasSigned(checkpoint: Checkpoint): boolean {
    const signers = signersOf(checkpoint, this.#known())?.log ?? [];
    return signers.some(
      ({ text }) => this.#trusted.has(text) || this.#earlier.has(text) || this.#isGiven(text),
    );
  }

  /** Keys not given that the log leads to. Behind the last checkpoint. */
  get ledTo(): readonly LedToKey[] {
    const trusted = [...this.#trusted];
    return trusted.flatMap(([key, { seq, size }], index) => {
      if (seq === 0 || this.#isGiven(key)) return [];
      const before = Math.max(...trusted.slice(0, index).map(([, each]) => each.size));
      return [{ key, seq, from: size > before ? before + 1 : undefined }];
    });
  }

  /** Keys not given that signed before the first trusted one. */
  get earlier(): readonly EarlierKey[] {
    return [...this.#earlier.values()].filter(({ key }) => !this.#trusted.has(key) && !this.#isGiven(key));
  }

  #known(): readonly VerifierKey[] {
    const { anchor, given, noted, witnesses } = this.#options;
    const announced = this.#announced.map(({ key }) => key);
    return [...(anchor === undefined ? [] : [anchor]), ...given, ...noted, ...announced, ...witnesses];
  }

  #isGiven(text: string): boolean {
    return this.#options.given.some((key) => key.text === text);
  }
}

/**
 * The key that trust begins with: of those given, which stand in the order they came to be, the newest of this log's name.
 * Of keys that nobody has given, or in an archive, which ends somewhere, the newest that has signed the latest checkpoint.
 */
export const anchorOf = async (
  folder: string,
  keys: readonly VerifierKey[],
  mustHaveSigned: boolean,
): Promise<VerifierKey | undefined> => {
  const logKeys = keys.filter(({ type }) => type === NOTE_SIGNATURE);
  const latest = await latestCheckpoint(folder);
  if (latest === undefined) return logKeys.at(-1);
  const ofThisName = logKeys.filter(({ name }) => name === latest.origin);
  const signers = mustHaveSigned ? signersOf(latest, ofThisName)?.log : ofThisName;
  return ofThisName.findLast((key) => signers?.includes(key) === true) ?? ofThisName.at(-1) ?? logKeys.at(-1);
};
