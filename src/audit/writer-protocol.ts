import type { MessagePort } from 'node:worker_threads';
import type { KeyVersion } from '../storage/key-version.ts';

/** From a sink to the writer: the entries of one event-loop turn. */
export interface Batch {
  /** Numbers the sink's batches, from 1. */
  readonly batch: number;
  /** In order; each a JSON object. */
  readonly entries: readonly string[];
  /** How many of them wait to be written, and how many to be synced. */
  readonly written: number;
  readonly synced: number;
}

/** From the writer to a sink. Acknowledgements are cumulative: they hold for all batches up to the number. */
export type Acknowledgement =
  | { readonly written: number }
  | { readonly synced: number }
  | { readonly written: number; readonly synced: number }
  /** Whatever still waits in these batches is not kept. */
  | { readonly refused: readonly [from: number, to: number]; readonly reason: string }
  | { readonly healthy: boolean; readonly reason: string };

/** A kept version of the key that signs checkpoints: Ed25519, PKCS#8 PEM as UTF-8. */
export type LogKey = Pick<KeyVersion, 'version' | 'key'>;

/** From the control thread to the writer thread. */
export type WriterOrder =
  | { readonly connect: MessagePort }
  /** A checkpoint with a witness's signature: to be kept. */
  | { readonly cosigned: string }
  /** Versions of the key that signs checkpoints, as of now. */
  | { readonly keys: readonly LogKey[] }
  | { readonly close: true };

/** From the writer thread to the control thread. */
export type WriterReport =
  | { readonly ready: true }
  /** The log cannot be opened. */
  | { readonly failed: string }
  | { readonly healthy: boolean; readonly reason: string }
  | { readonly recovered: { readonly segment: number; readonly bytes: number } }
  /** Hashes of so many segments were made anew. */
  | { readonly rebuilt: number }
  /** A checkpoint was signed and kept. */
  | { readonly checkpoint: string; readonly size: number }
  | { readonly checkpointFailed: string }
  /** Versions that are no keys: those before go on signing. */
  | { readonly keysFailed: string }
  | { readonly retired: number }
  | { readonly retirementFailed: string }
  | { readonly closed: true; readonly error: string | undefined };

export interface WriterStart {
  readonly folder: string;
  readonly segmentBytes: number;
  readonly syncWithinMs: number;
  readonly probeEveryMs: number;
  readonly checkpoints:
    | {
        readonly origin: string;
        readonly keys: readonly LogKey[];
        readonly everyMs: number;
        readonly witnesses: readonly string[];
      }
    | undefined;
  /** Float64 cells, indexed by STAT. */
  readonly stats: SharedArrayBuffer;
}

/** Where each figure stands in the shared statistics. Only the writer thread writes them. */
export const STAT = {
  entries: 0,
  bytes: 1,
  groups: 2,
  syncs: 3,
  syncSeconds: 4,
  longestSyncSeconds: 5,
  queued: 6,
  refused: 7,
  healthy: 8,
  segment: 9,
  seq: 10,
  /** Entries that the latest checkpoint covers. */
  checkpoint: 11,
} as const;

export type AuditStats = Readonly<Record<keyof typeof STAT, number>>;

export const STATS_BYTES = Object.keys(STAT).length * Float64Array.BYTES_PER_ELEMENT;
