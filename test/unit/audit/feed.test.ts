import { rmSync, truncateSync, statSync, appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import {
  BEGINNING,
  openAuditFeed,
  readEntryAt,
  type AuditFeed,
  type FeedEntry,
} from '../../../src/audit/feed.ts';
import { startAuditWriter } from '../../../src/audit/writer.ts';
import { call, linesOf, newFolder, record, segmentsOf, writeLog } from './written-log.ts';

const readAll = async (feed: AuditFeed, limit = 3): Promise<FeedEntry[]> => {
  const entries: FeedEntry[] = [];
  for (;;) {
    const batch = await feed.next(limit);
    entries.push(...batch.entries);
    if (batch.atEnd) return entries;
  }
};
const seqsOf = (entries: readonly FeedEntry[]): number[] => entries.map(({ seq }) => seq);
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('openAuditFeed', () => {
  it('reads every entry once, in order, across segments, and says where each stands', async () => {
    const folder = await writeLog(40, { segmentBytes: 2_000 });
    const feed = openAuditFeed({ folder });
    const entries = await readAll(feed);
    expect(seqsOf(entries)).toEqual(upTo(40));
    expect(entries.map(({ line }) => line)).toEqual(segmentsOf(folder).flatMap(linesOf));
    for (const entry of entries) expect(await readEntryAt(folder, entry)).toMatchObject({ line: entry.line });
    await feed.close();
  });

  it('goes on behind any cursor', async () => {
    const folder = await writeLog(30, { segmentBytes: 2_000 });
    const first = openAuditFeed({ folder });
    for (let read = 0; read < 30; read++) {
      const feed = openAuditFeed({ folder, from: first.cursor });
      expect(seqsOf(await readAll(feed, 7))).toEqual(upTo(30, read + 1));
      await feed.close();
      await first.next(1);
    }
    await first.close();
  });

  it('follows a log that is written, and nothing beyond the bound', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder, segmentBytes: 1_500 });
    let bound = 0;
    const feed = openAuditFeed({ folder, upTo: () => bound });
    expect(await readAll(feed)).toEqual([]);
    for (let number = 1; number <= 20; number++) {
      await record(writer.sink, call(number));
      if (number % 4 !== 0) continue;
      bound = number - 2;
      expect(feed.cursor.seq).toBe(Math.max(0, number - 6));
      expect(seqsOf(await readAll(feed))).toEqual(upTo(bound, Math.max(1, number - 5)));
    }
    bound = 20;
    expect(seqsOf(await readAll(feed))).toEqual([19, 20]);
    await writer.close();
    await feed.close();
  });

  it('goes on where segments were retired under it, and says what is missing', async () => {
    const folder = await writeLog(40, { segmentBytes: 2_000 });
    const feed = openAuditFeed({ folder });
    const [one] = (await feed.next(1)).entries;
    expect(one?.seq).toBe(1);
    const files = segmentsOf(folder);
    for (const file of files.slice(0, 3)) rmSync(file);
    const third = JSON.parse(linesOf(files[3] ?? '')[0] ?? '') as { seq: number };
    // What it has open it reads to its end.
    const rest: number[] = [];
    let missing: unknown;
    for (;;) {
      const batch = await feed.next(100);
      rest.push(...seqsOf(batch.entries));
      missing ??= batch.missing;
      if (batch.atEnd) break;
    }
    const inOpened = rest.filter((seq) => seq < third.seq);
    expect(missing).toEqual({ after: inOpened.at(-1), before: third.seq });
    expect(rest).toEqual([...inOpened, ...upTo(40, third.seq)]);
    await feed.close();
    const fresh = openAuditFeed({ folder });
    expect(seqsOf(await readAll(fresh))).toEqual(upTo(40, third.seq));
    await fresh.close();
  });

  it('notices that a power cut took what it had read, and reads the segment again', async () => {
    const folder = await writeLog(10);
    const feed = openAuditFeed({ folder });
    await readAll(feed);
    const { cursor } = feed;
    await feed.close();
    const [file = ''] = segmentsOf(folder);
    const lines = linesOf(file);
    truncateSync(file, statSync(file).size - Buffer.byteLength(`${lines[9] ?? ''}\n`));
    await writeLog(2, { folder });
    const again = openAuditFeed({ folder, from: cursor });
    const batches = [await again.next(100), await again.next(100)];
    expect(batches.map(({ rewound }) => rewound)).toContain(true);
    expect(seqsOf(batches.flatMap(({ entries }) => entries))).toEqual(upTo(11));
    await again.close();
  });

  it('ends on a log that does not follow from itself, and passes over what is no entry', async () => {
    const folder = await writeLog(6);
    const [file = ''] = segmentsOf(folder);
    const lines = linesOf(file);
    // Entries 4 and 3 swapped, a line of something else, one with a wrong hash, one far too long.
    const bent = (lines[4] ?? '').replace('call-5', 'call-9');
    const text = [lines[0], lines[1], lines[3], lines[2], 'x', bent, 'y'.repeat(700_000), lines[5]];
    writeFileSync(file, text.map((line) => `${line ?? ''}\n`).join(''));
    const feed = openAuditFeed({ folder });
    let unsound = 0;
    let rewound = 0;
    let last: number | undefined;
    for (let turn = 0; ; turn++) {
      expect(turn).toBeLessThan(20);
      const batch = await feed.next(100);
      unsound += batch.unsound;
      if (batch.rewound) rewound += 1;
      last = batch.entries.at(-1)?.seq ?? last;
      if (batch.atEnd) break;
    }
    expect(last).toBe(6);
    expect(rewound).toBe(0);
    expect(unsound).toBeGreaterThanOrEqual(3);
    await feed.close();
  });

  it('waits for the rest of half a line', async () => {
    const folder = await writeLog(2);
    const [file = ''] = segmentsOf(folder);
    const whole = readFileSync(file);
    truncateSync(file, whole.length - 20);
    const feed = openAuditFeed({ folder });
    expect(seqsOf(await readAll(feed))).toEqual([1]);
    appendFileSync(file, whole.subarray(whole.length - 20));
    expect(seqsOf(await readAll(feed))).toEqual([2]);
    await feed.close();
  });

  it('has nothing to say of a folder that is not there', async () => {
    const feed = openAuditFeed({ folder: '/nowhere/at/all', from: BEGINNING });
    expect(await feed.next(1)).toMatchObject({ entries: [], atEnd: true });
  });
});
