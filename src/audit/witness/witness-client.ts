import { setTimeout as delay } from 'node:timers/promises';
import { parseCheckpoint, signersOf, type Checkpoint } from '../checkpoint/checkpoint.ts';
import { isOf, parseSignature, type VerifierKey } from '../checkpoint/note.ts';
import { openStoredHashes } from '../tree/hash-files.ts';
import { consistencyProof } from '../tree/proofs.ts';

export interface WitnessSettings {
  /** Submission prefix: checkpoints go to URL/add-checkpoint (C2SP tlog-witness). */
  readonly url: string;
  readonly key: VerifierKey;
}

export interface WitnessState {
  readonly name: string;
  /** Entries that its latest cosignature covers; 0 before the first. */
  readonly cosigned: number;
  /** False while it is away or refuses. */
  readonly healthy: boolean;
}

export interface WitnessClient {
  /** A new checkpoint. The witness gets the newest only, one at a time. */
  offer(checkpoint: string): void;
  readonly state: WitnessState;
  close(): Promise<void>;
}

export interface WitnessClientOptions {
  readonly folder: string;
  readonly witness: WitnessSettings;
  /** The checkpoint with the witness's signature behind the log's. */
  readonly onCosigned: (checkpoint: string) => void;
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Record<string, string | number>,
  ) => void;
  readonly timeoutMs?: number;
  /** How long to wait after a failure; doubled each time, up to a minute. */
  readonly retryMs?: number;
}

/** The witness has seen what this log no longer is, or this log shows it something else. */
class WitnessConflict extends Error {}

const MAX_RESPONSE = 16 * 1024;
const LONGEST_RETRY_MS = 60_000;

/** Has checkpoints cosigned. Whatever the witness does, the log goes on without it. */
export const createWitnessClient = ({
  folder,
  witness: { url, key },
  onCosigned,
  log,
  timeoutMs = 5_000,
  retryMs = 1_000,
}: WitnessClientOptions): WitnessClient => {
  const stop = new AbortController();
  let next: string | undefined;
  let running: Promise<void> | undefined;
  /** What the witness has cosigned last, as far as is known here: it says so itself after a start. */
  let known = 0;
  let cosigned = 0;
  let healthy = true;

  const submit = async (checkpoint: Checkpoint): Promise<{ status: number; type: string; body: string }> => {
    const proof = known === 0 ? [] : await proofFrom(folder, known, checkpoint.size);
    const lines = proof.map((hash) => `${hash.toString('base64')}\n`).join('');
    const response = await fetch(`${url.replace(/\/$/, '')}/add-checkpoint`, {
      method: 'POST',
      body: `old ${known}\n${lines}\n${checkpoint.text}`,
      redirect: 'error',
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]),
    });
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: await readBounded(response) };
  };

  const cosign = async (checkpoint: Checkpoint): Promise<void> => {
    let answer = await submit(checkpoint);
    if (answer.status === 409) {
      const size = /^(0|[1-9]\d{0,15})\n$/.exec(answer.body)?.[1];
      if (size === undefined || !answer.type.startsWith('text/x.tlog.size')) {
        throw new Error('the witness answers 409 without the size that it knows');
      }
      if (Number(size) > checkpoint.size) {
        throw new WitnessConflict(
          `the witness has cosigned ${size} entries of this log, which has ${checkpoint.size}: it was rolled back`,
        );
      }
      if (Number(size) === known) throw new WitnessConflict('the witness knows another log of this size');
      known = Number(size);
      answer = await submit(checkpoint);
    }
    if (answer.status === 409 || answer.status === 422) {
      throw new WitnessConflict(`the witness refuses the proof that the log only grew (${answer.status})`);
    }
    if (answer.status === 403) {
      throw new Error(
        'the witness knows none of the keys that the log signs with (403): give it the public key (onecert audit key)',
      );
    }
    if (answer.status !== 200) throw new Error(`the witness answers ${answer.status}`);
    const signatures = answer.body
      .split('\n')
      .flatMap((line) => parseSignature(line) ?? [])
      .filter((signature) => isOf(signature, key));
    const note = parseCheckpoint(checkpoint.text + signatures.map(({ line }) => line).join(''));
    if (note === undefined || signersOf(note, [key])?.witnesses.length !== signatures.length) {
      throw new Error('the witness answers with a signature that is not good');
    }
    if (signatures.length === 0) throw new Error('the witness answers without a signature of its key');
    known = checkpoint.size;
    cosigned = checkpoint.size;
    onCosigned(note.text);
  };

  const run = async (): Promise<void> => {
    let wait = retryMs;
    for (let text = take(); text !== undefined && !stop.signal.aborted; text = take()) {
      const checkpoint = parseCheckpoint(text);
      if (checkpoint === undefined) continue;
      try {
        await cosign(checkpoint);
        if (!healthy) log('info', 'the witness cosigns checkpoints again', { witness: key.name });
        healthy = true;
        wait = retryMs;
      } catch (error) {
        if (stop.signal.aborted) return;
        // Once an outage, but each conflict: it may be the only sign of a log rolled back.
        const conflict = error instanceof WitnessConflict;
        if (healthy || conflict) {
          log(conflict ? 'error' : 'warn', 'a checkpoint of the audit log was not cosigned', {
            witness: key.name,
            reason: reasonOf(error),
          });
        }
        healthy = false;
        next ??= text;
        await delay(wait, undefined, { signal: stop.signal }).catch(() => undefined);
        wait = Math.min(wait * 2, LONGEST_RETRY_MS);
      }
    }
  };
  const take = (): string | undefined => {
    const text = next;
    next = undefined;
    return text;
  };

  return {
    offer: (checkpoint) => {
      next = checkpoint;
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    get state() {
      return { name: key.name, cosigned, healthy };
    },
    close: async () => {
      stop.abort();
      await running;
    },
  };
};

const proofFrom = async (folder: string, old: number, size: number): Promise<readonly Buffer[]> => {
  const hashes = await openStoredHashes(folder);
  try {
    return await consistencyProof(hashes, old, size);
  } finally {
    await hashes.close();
  }
};

const readBounded = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_RESPONSE) throw new Error('the witness answers with more than any cosignature');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};
