import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { requestPath } from './request-path.ts';
import { jsonOf, retiredSegmentSchema } from './retired-segments.ts';

/**
 * What `onecert audit retire` leaves in the folder for the process that writes the log, which alone can record it and
 * knows which segment is open.
 */
export const retirementRequestSchema = z.strictObject({
  id: z.uuid(),
  /** Entries before were to be retired: ms since the epoch. */
  before: z.number().int(),
  /** Account of the operating system that asked. */
  by: z.string().max(100),
  archive: z.string().max(4096).optional(),
  segments: z.array(retiredSegmentSchema).min(1),
});
export type RetirementRequest = z.output<typeof retirementRequestSchema>;

const answerSchema = z.strictObject({ id: z.string(), refused: z.string().optional() });
export type RetirementAnswer = z.output<typeof answerSchema>;

const answerPath = (folder: string): string => join(folder, 'retire.answer');

export const writeRequest = (folder: string, request: RetirementRequest): Promise<void> =>
  writeWhole(requestPath(folder), request);

/** Undefined where there is none; null where what is there is none of ours. */
export const readRequest = async (folder: string): Promise<RetirementRequest | null | undefined> => {
  const text = await readIfThere(requestPath(folder));
  if (text === undefined) return undefined;
  return retirementRequestSchema.safeParse(jsonOf(text)).data ?? null;
};

/** The answer stands before the request goes: who asked always finds one of them. */
export const answerRequest = async (folder: string, answer: RetirementAnswer): Promise<void> => {
  await writeWhole(answerPath(folder), answer);
  await rm(requestPath(folder), { force: true });
};

/** The answer to this request, taken away; undefined while there is none. */
export const takeAnswer = async (folder: string, id: string): Promise<RetirementAnswer | undefined> => {
  const text = await readIfThere(answerPath(folder));
  const answer = text === undefined ? undefined : answerSchema.safeParse(jsonOf(text)).data;
  if (answer?.id !== id) return undefined;
  await rm(answerPath(folder), { force: true });
  return answer;
};

const writeWhole = async (path: string, content: object): Promise<void> => {
  await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
};

const readIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
