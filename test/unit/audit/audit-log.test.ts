import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createAuditSink } from '../../../src/audit/sink.ts';
import { startAuditWriter } from '../../../src/audit/writer.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import {
  call,
  entriesOf,
  linesOf,
  newFolder,
  record,
  segmentsOf,
  writeLines,
  writeLog,
} from './written-log.ts';

describe('the audit log', () => {
  it('keeps entries in order, chained, whatever stands in them', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder });
    const odd = { event: 'refusal', at: 1, text: '张三丰 "\n\\ \ud800 \u2028' } as const;
    await Promise.all([record(writer.sink, call(1)), record(writer.sink, odd, 'synced')]);
    await writer.close();
    const [first, second] = entriesOf(folder);
    expect(first).toMatchObject({ v: 1, seq: 1, event: 'call', reference: 'call-1', prev: 'A'.repeat(43) });
    expect(second).toMatchObject({ seq: 2, ...odd, prev: first?.['hash'] });
    expect(typeof second?.['written']).toBe('number');
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 2, firstSeq: 1, lastSeq: 2 });
  });

  it('can be verified by what its format says alone', async () => {
    const folder = await writeLog(3);
    for (const line of linesOf(segmentsOf(folder)[0] ?? '')) {
      const { hash } = JSON.parse(line) as { hash: string };
      const hashed = line.replace(`,"hash":"${hash}"`, '');
      expect(createHash('sha256').update(hashed).digest('base64url')).toBe(hash);
    }
  });

  it('runs one chain across segments and restarts', async () => {
    const folder = await writeLog(40, { segmentBytes: 2_000 });
    const before = segmentsOf(folder).length;
    expect(before).toBeGreaterThan(3);
    await writeLog(10, { folder, segmentBytes: 2_000 });
    expect(segmentsOf(folder).length).toBeGreaterThan(before);
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 50, lastSeq: 50 });
  });

  it('is one chain of the entries of several threads, each told of its own', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder });
    const threads = [1, 2].map((thread) => {
      const auditPort = writer.connect();
      return new Worker(new URL('./recording-thread.ts', import.meta.url), {
        workerData: { auditPort, thread, count: 500 },
        transferList: [auditPort],
      });
    });
    const acknowledged = await Promise.all(
      threads.map(
        (thread) =>
          new Promise<number>((resolve, reject) => {
            thread.once('message', resolve).once('error', reject);
          }),
      ),
    );
    expect(acknowledged).toEqual([500, 500]);
    const { entries, groups, refused } = writer.stats();
    expect({ entries, refused }).toEqual({ entries: 1000, refused: 0 });
    // Batches, not a message an entry.
    expect(groups).toBeLessThan(200);
    await writer.close();
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 1000 });
    for (const thread of [1, 2]) {
      const own = entriesOf(folder).filter((entry) => entry['thread'] === thread);
      expect(own.map((entry) => entry['number'])).toEqual(Array.from({ length: 500 }, (_, index) => index));
    }
  });

  it('syncs what nobody waits for by itself', async () => {
    const writer = await startAuditWriter({ folder: newFolder(), syncWithinMs: 5 });
    await record(writer.sink, call(1));
    while (writer.stats().syncs === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await writer.close();
  });

  it('settles every entry exactly once, none before record() returns, also when it closes', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder });
    const told = new Map<number, number>();
    let returned = false;
    for (let number = 1; number <= 300; number++) {
      writer.sink.record(call(number), number % 3 === 0 ? 'synced' : 'written', (error) => {
        expect(error).toBeUndefined();
        expect(returned).toBe(true);
        told.set(number, (told.get(number) ?? 0) + 1);
      });
    }
    returned = true;
    await writer.close();
    expect([...told.values()]).toEqual(Array(300).fill(1));
    expect(writer.sink.healthy).toBe(false);
    await expect(record(writer.sink, call(301))).rejects.toThrow('closing');
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 300 });
  });

  it('refuses entries that would blur the chain or are too long, and keeps the others', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder });
    await expect(record(writer.sink, { ...call(1), hash: 'x' })).rejects.toThrow(TypeError);
    await expect(record(writer.sink, { ...call(1), seq: 7 })).rejects.toThrow(TypeError);
    await expect(record(writer.sink, { ...call(1), path: '字'.repeat(20_000) })).rejects.toThrow(RangeError);
    // The longest that is taken can be verified.
    await record(writer.sink, { ...call(2), path: '字'.repeat(16_000) });
    await writer.close();
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 1 });
  });

  it('is written by one gateway at a time', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder });
    await expect(startAuditWriter({ folder })).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining('in use by another OneCert process') as string,
    });
    await writer.close();
    await (await startAuditWriter({ folder })).close();
  });

  it('says so when its folder cannot be made', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await expect(startAuditWriter({ folder: join(file, 'audit') })).rejects.toMatchObject({
      name: 'StorageError',
    });
  });
});

describe('createAuditSink', () => {
  it('fails closed when the writer ends', async () => {
    const { port1, port2 } = new MessageChannel();
    const sink = createAuditSink(port1);
    const waiting = [record(sink, call(1)), record(sink, call(2), 'synced')];
    setImmediate(() => port2.close());
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sink.healthy).toBe(false);
    await expect(record(sink, call(3))).rejects.toThrow('has ended');
    await sink.close();
  });

  it('takes no more while the writer does not answer, and goes on when it does', async () => {
    const { port1, port2 } = new MessageChannel();
    const sink = createAuditSink(port1, { stallMs: 20 });
    const waiting = record(sink, call(1));
    while (sink.healthy) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(record(sink, call(2))).rejects.toThrow('does not answer');
    port2.postMessage({ written: 1 });
    await waiting;
    expect(sink.healthy).toBe(true);
    port2.close();
  });
});

describe('the audit log after a crash', () => {
  it.each([1, 40, 120])('cuts an unfinished line off (%i bytes of it) and notes it', async (bytes) => {
    const folder = await writeLog(12);
    const file = segmentsOf(folder)[0] ?? '';
    const last = linesOf(file).at(-1) ?? '';
    appendFileSync(file, last.slice(0, bytes));
    const lines: unknown[] = [];
    const writer = await startAuditWriter({ folder, log: (...line) => lines.push(line) });
    await record(writer.sink, call(13));
    await writer.close();
    expect(entriesOf(folder).slice(12)).toMatchObject([
      { seq: 13, event: 'recovery', what: 'torn-line', bytes },
      { seq: 14, reference: 'call-13' },
    ]);
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 14 });
    expect(lines).toContainEqual(['warn', expect.any(String), { segment: 1, bytes }]);
  });

  it.each([100, 300_000])('cuts off a hole of %i NULs that a power cut leaves', async (length) => {
    const folder = await writeLog(3);
    appendFileSync(segmentsOf(folder)[0] ?? '', Buffer.alloc(length));
    expect((await verifyAuditLog(folder)).ok).toBe(true);
    await writeLog(1, { folder });
    expect(entriesOf(folder)[3]).toMatchObject({ what: 'torn-line', bytes: length });
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 5 });
  });

  it('cuts in the middle of a character and of a surrogate pair without harm', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder });
    await record(writer.sink, call(1));
    await record(writer.sink, { ...call(2), name: '字𠮷'.repeat(50) });
    await writer.close();
    const file = segmentsOf(folder)[0] ?? '';
    truncateSync(file, readFileSync(file).indexOf('字') + 5);
    await writeLog(1, { folder });
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 3 });
  });

  it('goes on after a segment that was begun and has no entry', async () => {
    const folder = await writeLog(7);
    writeFileSync(join(folder, '00000002.log'), '{"v":1,"pr');
    await writeLog(2, { folder });
    expect(segmentsOf(folder)).toHaveLength(2);
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: 10 });
  });

  it('does not go on where somebody has changed the end, and touches nothing', async () => {
    const folder = await writeLog(12);
    const file = segmentsOf(folder)[0] ?? '';
    const lines = linesOf(file);
    writeLines(file, [...lines.slice(0, 5), (lines[5] ?? '').replace('call-6', 'call-7'), ...lines.slice(6)]);
    const before = readFileSync(file);
    await expect(startAuditWriter({ folder })).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining(`${file}:6: `) as string,
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
