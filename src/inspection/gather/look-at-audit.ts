import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditIndex } from '../../audit/audit-index.ts';
import { auditIndexFile, openEmbeddedIndex } from '../../audit/embedded-index.ts';
import { HOUR_MS } from '../../audit/hour-figures.ts';
import { checkpointsPath } from '../../audit/checkpoint/checkpoints-file.ts';
import { readLine } from '../../audit/line.ts';
import { listSegments, readLines } from '../../audit/segment-files.ts';
import { dayBegin } from '../../audit/whole-days.ts';

const DAY_MS = 86_400_000;
const USAGE_DAYS = 90;

/** When entry and checkpoint were written last: a checkpoint has no time of its own (C2SP tlog-checkpoint). */
export const lookAtCheckpoint = async (folder: string) => {
  const last = (await listSegments(folder)).at(-1);
  if (last === undefined) throw Object.assign(new Error('empty'), { code: 'ENOENT' });
  const checkpoint = await stat(checkpointsPath(folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return { lastEntry: (await stat(last.path)).mtimeMs, lastCheckpoint: checkpoint?.mtimeMs };
};

/** Follows the chain of the last segment; what is just being written at its end is no problem. */
export const lookAtLastSegment = async (folder: string) => {
  const last = (await listSegments(folder)).at(-1);
  if (last === undefined) throw Object.assign(new Error('empty'), { code: 'ENOENT' });
  let before: { readonly seq: number; readonly hash: string } | undefined;
  let entries = 0;
  const at = (problem: string) => ({
    entries,
    problem: `${join('audit', `${last.number}`)}:${entries + 1}: ${problem}`,
  });
  for await (const batch of readLines(last.path)) {
    for (const { bytes, ended, tooLong } of batch) {
      if (!ended) return { entries, problem: undefined };
      const line = tooLong ? undefined : readLine(bytes);
      if (line === undefined) return at('not an entry');
      if (!line.sound) return at('the entry was changed');
      if (before !== undefined && (line.prev !== before.hash || line.seq !== before.seq + 1)) {
        return at('the entry before is missing, or another one');
      }
      before = line;
      entries += 1;
    }
  }
  return { entries, problem: undefined };
};

/** Calls by service, from the index of the audit log; nothing of a person is read. */
export const lookAtUsage = async (data: string, at: number) => {
  const file = auditIndexFile(data);
  await stat(file);
  const index = openEmbeddedIndex({
    file,
    // Certificates are looked for by nobody here.
    hashKey: Buffer.alloc(32),
    keys: { find: () => Promise.resolve(undefined) },
    readOnly: true,
  });
  try {
    return await usageOf(index, at);
  } finally {
    await index.close();
  }
};

/** Calls by service of the last 90 days, or since the first entry. */
export const usageOf = async (index: Pick<AuditIndex, 'figures'>, at: number) => {
  // From the beginning of a day in the city: then days need not be summed up from hours.
  const days = await index.figures({ from: dayBegin(0) * HOUR_MS, to: at + DAY_MS }, 'day');
  const first = Math.min(at, ...days.map((each) => each.at));
  const since = Math.max(first, at - USAGE_DAYS * DAY_MS);
  const calls = new Map<string, number>();
  for (const { at: day, service, calls: count, refusals } of days) {
    if (day + DAY_MS > since) calls.set(service, (calls.get(service) ?? 0) + count + refusals);
  }
  return { since, calls };
};
