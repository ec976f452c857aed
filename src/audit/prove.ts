import { z } from 'zod';
import { StorageError } from '../storage/storage-error.ts';
import { parseCheckpoint, signersOf, type Checkpoint, type Signers } from './checkpoint/checkpoint.ts';
import { latestCheckpoint, readCheckpoints } from './checkpoint/checkpoints-file.ts';
import type { VerifierKey } from './checkpoint/note.ts';
import { readLine } from './line.ts';
import { readLines, segmentPath } from './segment-files.ts';
import { openStoredHashes, type StoredHashes } from './tree/hash-files.ts';
import { HASH_BYTES, leafHash } from './tree/merkle.ts';
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from './tree/proofs.ts';

const hashText = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const hashes = z.array(hashText).max(63);
const note = z.string().max(64 * 1024);
const count = z.number().int().nonnegative();

const inclusionSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal('inclusion'),
  /** Number of the entry; its leaf in the tree is `index`, one less. */
  seq: count,
  index: count,
  /** The entry as it stands in the log, without line end. Not there where the entry was retired. */
  line: z
    .string()
    .max(256 * 1024)
    .optional(),
  /** SHA-256(0x00 || line), base64. */
  leaf: hashText,
  /** RFC 9162 section 2.1.3.1, base64. */
  proof: hashes,
  /** Signed note: the tree that the entry is in. */
  checkpoint: note,
});
const consistencySchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal('consistency'),
  /** Signed notes: the tree of `checkpoint` begins with that of `from`. */
  from: note,
  /** RFC 9162 section 2.1.4.1, base64. */
  proof: hashes,
  checkpoint: note,
});
export const auditProofSchema = z.discriminatedUnion('kind', [inclusionSchema, consistencySchema]);
export type InclusionProof = z.output<typeof inclusionSchema>;
export type ConsistencyProof = z.output<typeof consistencySchema>;
export type AuditProof = z.output<typeof auditProofSchema>;

/** What was asked for cannot be proven; the message says why. */
export class ProofError extends Error {
  override readonly name = 'ProofError';
}

export interface ProveOptions {
  /** The checkpoint to prove it with, or the size of one; the latest where absent. */
  readonly checkpoint?: string;
  readonly size?: number;
  /** The line of a retired entry, that somebody has kept. */
  readonly line?: string;
}

/**
 * That an entry is in the log. May run beside the gateway.
 *
 * @throws ProofError where there is no such entry or no checkpoint that covers it; StorageError
 */
export const proveEntry = async (
  folder: string,
  seq: number,
  options: ProveOptions = {},
): Promise<InclusionProof> => {
  const checkpoint = await checkpointFor(folder, options);
  if (!Number.isSafeInteger(seq) || seq < 1 || seq > checkpoint.size) {
    throw new ProofError(
      `entry ${seq} is not among the ${checkpoint.size} entries that the checkpoint covers`,
    );
  }
  return withHashes(folder, async (stored) => {
    const index = seq - 1;
    const leaf = await stored.range(index, seq);
    const line = options.line ?? (await readEntry(folder, stored, seq));
    if (line !== undefined && !leafHash(Buffer.from(line)).equals(leaf)) {
      throw new ProofError(`this is not the line of entry ${seq}`);
    }
    const path = await inclusionProof(stored, index, checkpoint.size);
    if (!verifyInclusion(leaf, index, checkpoint.size, path, checkpoint.root)) throw tampered(folder);
    return {
      v: 1,
      kind: 'inclusion',
      seq,
      index,
      ...(line !== undefined && { line }),
      leaf: leaf.toString('base64'),
      proof: path.map((hash) => hash.toString('base64')),
      checkpoint: checkpoint.text,
    };
  });
};

/**
 * That the log only grew since a checkpoint kept elsewhere.
 *
 * @throws ProofError, StorageError
 */
export const proveConsistency = async (
  folder: string,
  from: string,
  options: Pick<ProveOptions, 'checkpoint' | 'size'> = {},
): Promise<ConsistencyProof> => {
  const old = parseCheckpoint(from);
  if (old === undefined) throw new ProofError('what it is to be proven from is not a checkpoint');
  const checkpoint = await checkpointFor(folder, options);
  if (old.size > checkpoint.size) {
    throw new ProofError(`the checkpoint covers ${checkpoint.size} entries, the earlier one ${old.size}`);
  }
  return withHashes(folder, async (stored) => {
    const path = await consistencyProof(stored, old.size, checkpoint.size);
    if (!verifyConsistency(old, checkpoint, path)) {
      throw new ProofError(
        'the log is not what it was at the earlier checkpoint: run "onecert audit verify"',
      );
    }
    const proof = path.map((hash) => hash.toString('base64'));
    return { v: 1, kind: 'consistency', from: old.text, proof, checkpoint: checkpoint.text };
  });
};

export interface CheckedProof {
  readonly kind: AuditProof['kind'];
  readonly origin: string;
  /** Entries of the tree. */
  readonly size: number;
  readonly seq?: number;
  readonly line?: string;
  readonly witnesses: Signers['witnesses'];
}

/**
 * Checks a proof with nothing but the public keys. `line`: of a retired entry, where the proof has none.
 *
 * @throws ProofError that says what is wrong
 */
export const checkProof = (
  proof: AuditProof,
  keys: readonly VerifierKey[],
  line: string | undefined = proof.kind === 'inclusion' ? proof.line : undefined,
): CheckedProof => {
  const { checkpoint, witnesses } = signed(proof.checkpoint, keys);
  const { origin, size } = checkpoint;
  const path = proof.proof.map((hash) => decode(hash));
  if (proof.kind === 'consistency') {
    const { checkpoint: old } = signed(proof.from, keys);
    if (!verifyConsistency(old, checkpoint, path)) {
      throw new ProofError('the later checkpoint does not continue the earlier one');
    }
    return { kind: proof.kind, origin, size, witnesses };
  }
  const { seq, index } = proof;
  if (line === undefined) throw new ProofError('the proof has no line: give the line that was kept');
  const leaf = leafHash(Buffer.from(line).subarray(0, 64 * 1024));
  if (Buffer.byteLength(line) > 64 * 1024 || !leaf.equals(decode(proof.leaf))) {
    throw new ProofError('the line is not the one that the proof is of');
  }
  if (seq !== index + 1 || readLine(Buffer.from(line))?.seq !== seq) {
    throw new ProofError(`the line is not entry ${seq}`);
  }
  if (!verifyInclusion(leaf, index, size, path, checkpoint.root)) {
    throw new ProofError(`entry ${seq} is not in the tree of the checkpoint`);
  }
  return { kind: proof.kind, origin, size, seq, line, witnesses };
};

const signed = (text: string, keys: readonly VerifierKey[]) => {
  const checkpoint = parseCheckpoint(text);
  const signers = checkpoint && signersOf(checkpoint, keys);
  if (checkpoint === undefined || signers === undefined || signers.log.length === 0) {
    const claimed = checkpoint?.note.signatures.map(({ name, id }) => `${name}+${id}`) ?? [];
    throw new ProofError(
      `a checkpoint of the proof is not signed with the key given; it says that it is signed with ${claimed.join(', ') || 'none'}`,
    );
  }
  return { checkpoint, witnesses: signers.witnesses };
};

const decode = (hash: string): Buffer => {
  const bytes = Buffer.from(hash, 'base64');
  if (bytes.length !== HASH_BYTES) throw new ProofError('a hash of the proof is none');
  return bytes;
};

const checkpointFor = async (folder: string, { checkpoint, size }: ProveOptions): Promise<Checkpoint> => {
  if (checkpoint !== undefined) {
    const parsed = parseCheckpoint(checkpoint);
    if (parsed === undefined) throw new ProofError('this is not a checkpoint');
    return parsed;
  }
  const found = size === undefined ? await latestCheckpoint(folder) : await checkpointOf(folder, size);
  if (found !== undefined) return found;
  throw new ProofError(
    size === undefined ? 'the log has no checkpoint' : `no checkpoint covers ${size} entries`,
  );
};

const checkpointOf = async (folder: string, size: number): Promise<Checkpoint | undefined> => {
  let found: Checkpoint | undefined;
  for await (const read of readCheckpoints(folder)) {
    if ('checkpoint' in read && read.checkpoint.size === size) found = read.checkpoint;
  }
  return found;
};

const withHashes = async <T>(folder: string, work: (stored: StoredHashes) => Promise<T>): Promise<T> => {
  const stored = await openStoredHashes(folder);
  try {
    return await work(stored);
  } finally {
    await stored.close();
  }
};

const readEntry = async (folder: string, stored: StoredHashes, seq: number): Promise<string | undefined> => {
  const segment = stored.segmentOf(seq - 1);
  if (segment === undefined) return undefined;
  try {
    for await (const lines of readLines(segmentPath(folder, segment))) {
      const last = lines.findLast(({ ended }) => ended);
      if (last !== undefined && (readLine(last.bytes)?.seq ?? 0) < seq) continue;
      const line = lines.find(({ bytes }) => readLine(bytes)?.seq === seq);
      if (line !== undefined) return line.bytes.toString('utf8');
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return undefined;
};

const tampered = (folder: string): StorageError =>
  new StorageError(`${folder}: the log is not what its checkpoint says: run "onecert audit verify"`);
