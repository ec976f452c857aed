import fc from 'fast-check';
import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startAuditWriter } from '../../../src/audit/writer.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { call, linesOf, newFolder, record, segmentsOf, writeLines, writeLog } from './written-log.ts';

describe('verifyAuditLog', () => {
  let whole: string;
  beforeAll(async () => {
    whole = await writeLog(30, { segmentBytes: 3_000 });
    expect(segmentsOf(whole).length).toBeGreaterThanOrEqual(3);
  });

  const copy = (): string => {
    const folder = newFolder();
    cpSync(whole, folder, { recursive: true });
    return folder;
  };
  /** Changes the lines of one segment of a copy. */
  const tamper = (
    segment: number,
    change: (lines: string[]) => string[],
  ): { folder: string; file: string } => {
    const folder = copy();
    const file = segmentsOf(folder)[segment] ?? '';
    writeLines(file, change(linesOf(file)));
    return { folder, file };
  };

  it.each<[string, (lines: string[]) => string[], number, RegExp]>([
    [
      'a changed entry',
      ([a = '', b = '', ...rest]) => [a, b.replace('call-', 'cull-'), ...rest],
      2,
      /was changed/,
    ],
    ['a dropped entry', ([a = '', , ...rest]) => [a, ...rest], 2, /are missing/],
    ['a doubled entry', ([a = '', ...rest]) => [a, a, ...rest], 2, /again or out of order/],
    ['two entries swapped', ([a = '', b = '', c = '', ...rest]) => [a, c, b, ...rest], 2, /are missing/],
    ['an entry put in', ([a = '', ...rest]) => [a, '{"event":"call"}', ...rest], 2, /not an entry/],
    ['an empty line', ([a = '', ...rest]) => [a, '', ...rest], 2, /not an entry/],
    ['a line without end', ([a = '', ...rest]) => [a, 'x'.repeat(100_000), ...rest], 2, /longer than/],
  ])('finds %s, naming file and line', async (_name, change, line, what) => {
    const { folder, file } = tamper(1, change);
    const report = await verifyAuditLog(folder);
    expect(report).toMatchObject({
      ok: false,
      problem: { file, line, what: expect.stringMatching(what) as string },
    });
  });

  it('finds an entry written anew with a right hash of its own', async () => {
    const other = await writeLog(30, { segmentBytes: 3_000 });
    const { folder } = tamper(1, (lines) => [
      linesOf(segmentsOf(other)[1] ?? '')[0] ?? '',
      ...lines.slice(1),
    ]);
    expect((await verifyAuditLog(folder)).problem?.what).toMatch(/does not follow|are missing|again/);
  });

  it('finds missing and swapped segments, and a whole one cut short', async () => {
    const missing = copy();
    const gone = segmentsOf(missing)[1] ?? '';
    rmSync(gone);
    expect((await verifyAuditLog(missing)).problem).toMatchObject({
      file: gone,
      line: 0,
      what: expect.stringContaining('segment 2 is missing') as string,
    });

    const renumbered = copy();
    const [, second = '', third = ''] = segmentsOf(renumbered);
    renameSync(third, second);
    expect((await verifyAuditLog(renumbered)).problem).toMatchObject({ file: second, line: 1 });

    const { folder, file } = tamper(0, (lines) => lines.slice(0, -1));
    expect((await verifyAuditLog(folder)).problem).toMatchObject({
      file: file.replace('.log', '.hashes'),
      line: 0,
    });
    appendFileSync(file, 'half a line');
    expect((await verifyAuditLog(folder)).problem).toMatchObject({ file, what: 'the line has no end' });

    const beheaded = copy();
    rmSync(segmentsOf(beheaded)[0] ?? '');
    expect((await verifyAuditLog(beheaded)).ok).toBe(false);
  });

  it('finds entries cut off the end, or a log written anew, by a head noted earlier', async () => {
    const { lastSeq: seq, lastHash: hash } = await verifyAuditLog(whole);
    const head = { seq, hash };
    expect(await verifyAuditLog(whole, { head })).toMatchObject({ ok: true, entries: 30 });

    const { folder } = tamper(segmentsOf(whole).length - 1, (lines) => lines.slice(0, -1));
    expect((await verifyAuditLog(folder)).problem?.what).toMatch(/more hashes than/);
    const hashes = join(folder, '00000001.hashes');
    for (const file of readdirSync(folder)) if (file.endsWith('.hashes')) rmSync(join(folder, file));
    expect((await verifyAuditLog(folder)).problem).toMatchObject({ file: hashes });
    // Whoever cuts also makes the hashes anew.
    await writeLog(0, { folder });
    expect((await verifyAuditLog(folder)).ok).toBe(true);
    expect((await verifyAuditLog(folder, { head })).problem?.what).toMatch(/cut off/);

    const anew = await writeLog(35);
    expect((await verifyAuditLog(anew)).ok).toBe(true);
    expect((await verifyAuditLog(anew, { head })).problem?.what).toMatch(/written anew/);

    expect((await verifyAuditLog(newFolder(), { head })).problem?.what).toMatch(/cut off/);
    await writeLog(5, { folder: whole });
    expect(await verifyAuditLog(whole, { head })).toMatchObject({ ok: true, entries: 35 });
  });

  it('takes an empty log for whole and a folder that is not there for an error', async () => {
    expect(await verifyAuditLog(newFolder())).toMatchObject({
      ok: true,
      entries: 0,
      firstSeq: 0,
      lastSeq: 0,
    });
    await expect(verifyAuditLog(join(newFolder(), 'none'))).rejects.toMatchObject({ name: 'StorageError' });
  });

  it('finds no fault while the gateway writes', async () => {
    const folder = newFolder();
    const writer = await startAuditWriter({ folder, segmentBytes: 20_000 });
    let writing = true;
    const load = (async () => {
      for (let number = 1; writing; number++) await record(writer.sink, call(number));
    })();
    for (let round = 0; round < 20; round++) {
      expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
    }
    writing = false;
    await load;
    await writer.close();
    appendFileSync(segmentsOf(folder).at(-1) ?? '', '{"v":1,"prev":"');
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
  });

  it('finds any one changed, dropped or doubled byte before the end', async () => {
    const file = segmentsOf(whole)[1] ?? '';
    const original = readFileSync(file);
    const folder = copy();
    const target = segmentsOf(folder)[1] ?? '';
    await fc.assert(
      fc.asyncProperty(
        fc.nat(original.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('change', 'drop', 'double'),
        async (at, mask, how) => {
          const byte = original[at] ?? 0;
          const put = how === 'change' ? [byte ^ mask] : how === 'drop' ? [] : [byte, byte];
          writeFileSync(
            target,
            Buffer.concat([original.subarray(0, at), Buffer.from(put), original.subarray(at + 1)]),
          );
          const report = await verifyAuditLog(folder);
          return !report.ok && report.problem !== undefined;
        },
      ),
      { numRuns: 300 },
    );
  });
});
