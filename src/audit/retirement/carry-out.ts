import { open, rm } from 'node:fs/promises';
import type { AuditEntry } from '../entry.ts';
import { segmentPath } from '../segment-files.ts';
import { readRetiredSegments, retiredPath, type RetiredSegment } from './retired-segments.ts';
import { answerRequest, readRequest, type RetirementRequest } from './retirement-request.ts';

export interface RetirementHost {
  readonly folder: string;
  /** Number of the segment being written: it is never retired. */
  readonly segment: () => number;
  /** Records an entry; resolves when it is on the disk. */
  readonly record: (entry: AuditEntry) => Promise<void>;
}

/** `what` of the entry that says which segments were retired: verification asks for it. */
export const RETIREMENT = 'audit-retirement';

/**
 * Does what a request in the folder asks for: recorded first, then the segments go. Where it is cut short, it is done
 * again from the start. Resolves with the number of segments; undefined where nobody has asked.
 */
export const carryOutRetirement = async (host: RetirementHost): Promise<number | undefined> => {
  const { folder } = host;
  const request = await readRequest(folder);
  if (request === undefined) return undefined;
  const refused = await reasonAgainst(request, host);
  if (request === null || refused !== undefined) {
    await answerRequest(folder, { id: request?.id ?? '', refused: refused ?? 'this is not a request' });
    return 0;
  }
  const last = request.segments.at(-1);
  await host.record({
    event: 'change',
    at: Date.now(),
    what: RETIREMENT,
    segments: last?.segment,
    entries: last?.last,
    before: request.before,
    by: request.by,
    archive: request.archive,
  });
  await note(folder, request.segments);
  for (const { segment } of request.segments) await rm(segmentPath(folder, segment), { force: true });
  await syncPath(folder);
  await answerRequest(folder, { id: request.id });
  return request.segments.length;
};

const reasonAgainst = async (
  request: RetirementRequest | null,
  { folder, segment }: RetirementHost,
): Promise<string | undefined> => {
  if (request === null) return 'this is not a request';
  const known = await readRetiredSegments(folder);
  const first = request.segments[0]?.segment ?? 0;
  const inOrder = request.segments.every((each, index) => each.segment === first + index);
  if (!inOrder || first > known.length + 1) return 'segments are retired in order, from the oldest on';
  if ((request.segments.at(-1)?.segment ?? Infinity) >= segment()) return 'the last segment is still written';
  return undefined;
};

const note = async (folder: string, segments: readonly RetiredSegment[]): Promise<void> => {
  const known = (await readRetiredSegments(folder)).length;
  const lines = segments.filter(({ segment }) => segment > known).map((each) => `${JSON.stringify(each)}\n`);
  if (lines.length === 0) return;
  const file = await open(retiredPath(folder), 'a', 0o600);
  try {
    await file.writeFile(lines.join(''));
    await file.sync();
  } finally {
    await file.close();
  }
};

const syncPath = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
