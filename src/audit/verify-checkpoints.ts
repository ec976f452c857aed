import { parseCheckpoint, type Checkpoint } from './checkpoint/checkpoint.ts';
import {
  checkpointsPath,
  readCheckpoints,
  verifierKeysPath,
  type CheckpointRead,
} from './checkpoint/checkpoints-file.ts';
import type { AnnouncedKey } from './checkpoint/key-entries.ts';
import type { VerifierKey } from './checkpoint/note.ts';
import type { TrustedKeys } from './checkpoint/trusted-keys.ts';
import { openStoredHashes, type StoredHashes } from './tree/hash-files.ts';
import { EMPTY_ROOT, type RightEdge } from './tree/merkle.ts';
import type { AuditLogProblem } from './verify-log.ts';

/** A checkpoint that was kept elsewhere. */
export interface OutsideCheckpoint {
  /** File that it came from, for the report. */
  readonly file: string;
  readonly text: string;
}

export interface CheckpointCheckOptions {
  readonly folder: string;
  /** Bytes of the file of checkpoints that are looked at; undefined where there is no such file. */
  readonly limit: number | undefined;
  /** Whether a key of the log is known: then there have to be checkpoints. */
  readonly hasKey: boolean;
  readonly keys: TrustedKeys;
  readonly witnesses: readonly VerifierKey[];
  readonly outside: OutsideCheckpoint | undefined;
}

/** Roots of so many sizes are remembered: cosigned checkpoints stand in the file some seconds late. */
const RECENT = 4096;

/**
 * Holds all checkpoints against the tree while it grows: nearly all stand in the order of their sizes. The few that do
 * not are held against the stored hashes, which were verified up to there.
 */
export class CheckpointCheck {
  readonly #options: CheckpointCheckOptions;
  readonly #outside: Checkpoint | undefined;
  #reads: AsyncGenerator<CheckpointRead, void, undefined> | undefined;
  #next: { readonly line: number; readonly checkpoint: Checkpoint } | undefined;
  #outsideRoot: Buffer | undefined;
  #stored: StoredHashes | undefined;
  readonly #recent = new Map<number, Buffer>();
  #count = 0;
  #covered = 0;
  readonly #cosigned = new Map<string, { size: number; at: number }>();

  constructor(options: CheckpointCheckOptions) {
    this.#options = options;
    this.#outside = options.outside && parseCheckpoint(options.outside.text);
  }

  get counts() {
    const cosigned = [...this.#cosigned].map(([witness, { size, at }]) => ({ witness, size, at }));
    const { ledTo, earlier } = this.#options.keys;
    return { checkpoints: this.#count, covered: this.#covered, cosigned, ledTo, earlier };
  }

  /** An entry announces a key. */
  announced(key: AnnouncedKey): void {
    this.#options.keys.announce(key);
  }

  /** Before the first entry. */
  async begin(): Promise<AuditLogProblem | undefined> {
    const { folder, limit, hasKey, outside } = this.#options;
    const path = checkpointsPath(folder);
    if (outside !== undefined) {
      const at = (what: string): AuditLogProblem => ({ file: outside.file, line: 0, what });
      if (this.#outside === undefined) return at('this is not a checkpoint');
      if (!hasKey) return at('the key that it is signed with is not known');
    }
    if (limit === undefined) {
      return hasKey
        ? { file: path, line: 0, what: 'the checkpoints are missing, though the log has a key' }
        : undefined;
    }
    if (!hasKey) {
      const what = 'no key is known that the checkpoints could be verified with';
      return { file: verifierKeysPath(folder), line: 0, what };
    }
    this.#reads = readCheckpoints(folder, limit);
    return (await this.#advance(0)) ?? this.#keepRoot(0, EMPTY_ROOT);
  }

  /** Whether `reached` wants to see the tree of this size. */
  isDue(size: number): boolean {
    return this.#next?.checkpoint.size === size || this.#outside?.size === size;
  }

  /** The tree is what a checkpoint is of. */
  async reached(tree: RightEdge): Promise<AuditLogProblem | undefined> {
    const root = tree.root();
    const kept = this.#keepRoot(tree.size, root);
    return kept ?? (this.#next?.checkpoint.size === tree.size ? await this.#settle(tree.size) : undefined);
  }

  /** Behind the last entry. `file`: what ends there. */
  async end(file: string): Promise<AuditLogProblem | undefined> {
    const { folder, keys, witnesses, outside } = this.#options;
    const untrusted = keys.end();
    if (untrusted !== undefined) return { file: checkpointsPath(folder), ...untrusted };
    if (this.#next !== undefined) {
      const { line, checkpoint } = this.#next;
      const what = `this checkpoint covers ${checkpoint.size} entries, which the log has not: they were cut off`;
      return { file: checkpointsPath(folder), line, what };
    }
    if (outside !== undefined && this.#outside !== undefined && this.#outsideRoot === undefined) {
      const what = `the checkpoint of ${outside.file} covers ${this.#outside.size} entries, which the log has not: they were cut off`;
      return { file, line: 0, what };
    }
    if (outside !== undefined && this.#outside !== undefined && !keys.hasSigned(this.#outside)) {
      return { file: outside.file, line: 0, what: 'it is not signed with the key of this log' };
    }
    const silent = witnesses.find(({ name }) => !this.#cosigned.has(name));
    if (silent === undefined) return undefined;
    return { file: checkpointsPath(folder), line: 0, what: `no checkpoint is cosigned by ${silent.name}` };
  }

  async close(): Promise<void> {
    await this.#reads?.return(undefined);
    await this.#stored?.close();
  }

  #keepRoot(size: number, root: Buffer): AuditLogProblem | undefined {
    this.#recent.set(size, root);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > RECENT && oldest !== undefined) this.#recent.delete(oldest);
    if (this.#outside?.size !== size) return undefined;
    this.#outsideRoot = root;
    if (root.equals(this.#outside.root)) return undefined;
    const what = `the log is another one than this checkpoint of ${size} entries says: it was written anew`;
    return { file: this.#options.outside?.file ?? '', line: 0, what };
  }

  /** Those that can be held against a tree of `size` entries, which has been seen. */
  async #settle(size: number): Promise<AuditLogProblem | undefined> {
    while (this.#next !== undefined && this.#next.checkpoint.size <= size) {
      const { line, checkpoint } = this.#next;
      const root = this.#recent.get(checkpoint.size) ?? (await this.#storedRoot(checkpoint.size));
      if (!root.equals(checkpoint.root)) {
        const what = `the log is another one than this checkpoint of ${checkpoint.size} entries says`;
        return { file: checkpointsPath(this.#options.folder), line, what };
      }
      const problem = this.#judge(checkpoint, line) ?? (await this.#read());
      this.#count += 1;
      this.#covered = Math.max(this.#covered, checkpoint.size);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #advance(size: number): Promise<AuditLogProblem | undefined> {
    this.#recent.set(0, EMPTY_ROOT);
    return (await this.#read()) ?? (await this.#settle(size));
  }

  async #read(): Promise<AuditLogProblem | undefined> {
    const file = checkpointsPath(this.#options.folder);
    const step = await this.#reads?.next();
    this.#next = undefined;
    if (step === undefined || step.done === true) return undefined;
    const { value } = step;
    if ('problem' in value) return { file, line: value.line, what: value.problem };
    this.#next = value;
    return undefined;
  }

  #judge(checkpoint: Checkpoint, line: number): AuditLogProblem | undefined {
    const signers = this.#options.keys.judge(checkpoint, line);
    if (typeof signers === 'string') {
      return { file: checkpointsPath(this.#options.folder), line, what: signers };
    }
    for (const { name, at } of signers.witnesses) {
      const known = this.#cosigned.get(name);
      if (known === undefined || checkpoint.size >= known.size) {
        this.#cosigned.set(name, { size: checkpoint.size, at });
      }
    }
    return undefined;
  }

  async #storedRoot(size: number): Promise<Buffer> {
    this.#stored ??= await openStoredHashes(this.#options.folder);
    return this.#stored.range(0, size);
  }
}
