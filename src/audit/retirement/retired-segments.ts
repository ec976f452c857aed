import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StorageError } from '../../storage/storage-error.ts';

/** What stays of a retired segment besides its hashes. */
export const retiredSegmentSchema = z.strictObject({
  segment: z.number().int().min(1).max(99_999_999),
  /** Numbers of its first and last entry. */
  first: z.number().int().min(1),
  last: z.number().int().min(1),
  /** Hash of its last entry: `prev` of the first one of the next segment. */
  lastHash: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type RetiredSegment = z.output<typeof retiredSegmentSchema>;

/** `retired`: JSON, a line for each retired segment, in order. */
export const retiredPath = (folder: string): string => join(folder, 'retired');

/** @throws StorageError naming file and line where a line is not one of ours */
export const readRetiredSegments = async (folder: string): Promise<readonly RetiredSegment[]> => {
  const path = retiredPath(folder);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new StorageError(`${path}:${lines.length + 1}: the line has no end`);
  return lines.map((line, index) => {
    const record = retiredSegmentSchema.safeParse(jsonOf(line));
    if (!record.success || record.data.segment !== index + 1 || JSON.stringify(record.data) !== line) {
      throw new StorageError(`${path}:${index + 1}: this does not describe retired segment ${index + 1}`);
    }
    return record.data;
  });
};

export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
