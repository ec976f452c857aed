import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { StorageError } from '../../storage/storage-error.ts';
import { startAuditWriter, type AuditWriter } from '../writer.ts';
import { archiveSegments, planRetirement } from './plan-retirement.ts';
import type { RetiredSegment } from './retired-segments.ts';
import { takeAnswer, writeRequest } from './retirement-request.ts';

export interface RetireOptions {
  /** ms since the epoch: whole segments of entries written before. */
  readonly before: number;
  readonly archive?: string;
  readonly by: string;
  /** How long the gateway may take. */
  readonly withinMs?: number;
}

/**
 * Retires segments of a verified log: by the gateway that writes it, or by this process where none does.
 *
 * @throws StorageError where the gateway refuses or does not answer
 */
export const retireSegments = async (
  folder: string,
  { before, archive, by, withinMs = 60_000 }: RetireOptions,
): Promise<readonly RetiredSegment[]> => {
  const segments = await planRetirement(folder, before);
  if (segments.length === 0) return [];
  if (archive !== undefined) await archiveSegments(folder, segments, archive);
  const id = randomUUID();
  await writeRequest(folder, {
    id,
    before,
    by,
    ...(archive !== undefined && { archive }),
    segments: [...segments],
  });
  const writer = await startWhereNobodyWrites(folder);
  try {
    const answer = await answerWithin(folder, id, withinMs);
    if (answer?.refused !== undefined) throw new StorageError(`${folder}: not retired: ${answer.refused}`);
    if (answer === undefined) {
      throw new StorageError(`${folder}: the gateway does not answer; it retires the segments when it can`);
    }
  } finally {
    await writer?.close();
  }
  return segments;
};

const startWhereNobodyWrites = async (folder: string): Promise<AuditWriter | undefined> => {
  try {
    return await startAuditWriter({ folder });
  } catch (error) {
    if ((error as Error).message.endsWith('in use by another OneCert process')) return undefined;
    throw error;
  }
};

const answerWithin = async (folder: string, id: string, withinMs: number) => {
  for (const end = performance.now() + withinMs; performance.now() < end;) {
    const answer = await takeAnswer(folder, id);
    if (answer !== undefined) return answer;
    await delay(50);
  }
  return undefined;
};
