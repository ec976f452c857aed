import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteSigner } from '../../src/audit/checkpoint/note.ts';
import { startAuditWriter, type AuditWriter } from '../../src/audit/writer.ts';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { makeEd25519Key } from '../../src/storage/key-catalogue.ts';
import { call, entriesOf, logKeys, newFolder, record, segmentsOf } from '../unit/audit/written-log.ts';

/** A real file system of one megabyte. Mounting one takes root. */
const mountSmallDisk = (): string | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder], { stdio: 'pipe' });
    return folder;
  } catch (error) {
    if (process.env['ONECERT_REQUIRE_SERVICES'] === '1') throw error;
    return undefined;
  }
};
const disk = mountSmallDisk();
const onSmallDisk = disk === undefined ? it.skip : it;

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

const changesOf = (folder: string): readonly string[] =>
  entriesOf(folder)
    .filter(({ what }) => what === 'key')
    .map(({ change, version }) => `${String(change)} ${String(version)}`);

describe('the audit log when it cannot be written', () => {
  let writer: AuditWriter | undefined;
  afterEach(async () => writer?.close().catch(() => undefined));
  afterAll(() => {
    if (disk !== undefined) execFileSync('umount', [disk]);
  });

  onSmallDisk(
    'disk full: refuses everything, goes on when there is room, keeps what it acknowledged',
    async () => {
      const folder = join(disk ?? '', 'audit');
      const lines: string[] = [];
      writer = await startAuditWriter({
        folder,
        probeEveryMs: 20,
        segmentBytes: 200_000,
        log: (level) => lines.push(level),
      });
      const { sink } = writer;
      const acknowledged = new Set<string>();
      let refused = 0;
      let number = 0;
      const recordMany = async (count: number): Promise<void> => {
        const turn = Array.from({ length: count }, async () => {
          const reference = `call-${number++}`;
          const entry = { ...call(number), reference, padding: 'x'.repeat(700) };
          try {
            await record(sink, entry, number % 4 === 0 ? 'synced' : 'written');
            acknowledged.add(reference);
          } catch (error) {
            expect((error as Error).name).toBe('AuditUnavailableError');
            refused += 1;
          }
        });
        await Promise.all(turn);
      };

      for (let outage = 1; outage <= 3; outage++) {
        while (sink.healthy) await recordMany(37);
        const refusedBefore = refused;
        await recordMany(10);
        expect(refused).toBe(refusedBefore + 10);
        expect(writer.stats().healthy).toBe(0);
        // Stays down while the disk is full.
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(sink.healthy).toBe(false);

        execFileSync('mount', ['-o', `remount,size=${outage + 1}m`, disk ?? '']);
        await until(() => sink.healthy);
        const before = acknowledged.size;
        await recordMany(100);
        expect(acknowledged.size).toBe(before + 100);
        expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
      }
      await writer.close();

      const entries = entriesOf(folder);
      const kept = entries.map((entry) => entry['reference']).filter((name) => name !== undefined);
      expect(new Set(kept).size).toBe(kept.length);
      expect([...acknowledged].filter((name) => !kept.includes(name))).toEqual([]);
      const outages = entries.filter((entry) => entry['what'] === 'outage');
      expect(outages).toHaveLength(3);
      expect(outages[0]).toMatchObject({
        event: 'recovery',
        reason: expect.stringContaining('ENOSPC') as string,
      });
      expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, entries: entries.length });
      expect(lines).toEqual(['error', 'info', 'error', 'info', 'error', 'info']);
    },
  );

  it('folder moved away: refuses within a sync, goes on in the same file when it is back', async () => {
    const folder = join(newFolder(), 'audit');
    writer = await startAuditWriter({ folder, probeEveryMs: 20, syncWithinMs: 10 });
    const { sink } = writer;
    await record(sink, call(1), 'synced');
    renameSync(folder, `${folder}-away`);
    await expect(record(sink, call(2), 'synced')).rejects.toThrow('removed or replaced');
    await until(() => !sink.healthy);
    await expect(record(sink, call(3))).rejects.toThrow('removed or replaced');
    renameSync(`${folder}-away`, folder);
    await until(() => sink.healthy);
    await record(sink, call(4), 'synced');
    await writer.close();
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
    // Entry 2 was refused but had been written: it may stay. What counts is 1 and 4.
    expect(entriesOf(folder).map((entry) => entry['reference'])).toEqual(
      expect.arrayContaining(['call-1', 'call-4']),
    );
  });

  it('a change of the key meanwhile is announced, and one retired, when it can be written again', async () => {
    const folder = join(newFolder(), 'audit');
    const origin = 'gateway.example/audit/one';
    const pems = [makeEd25519Key(), makeEd25519Key()];
    const keys = logKeys(...pems);
    writer = await startAuditWriter({
      folder,
      probeEveryMs: 20,
      syncWithinMs: 10,
      checkpoints: { origin, keys: keys.slice(0, 1), everyMs: 0 },
    });
    const { sink } = writer;
    await record(sink, call(1), 'synced');
    renameSync(folder, `${folder}-away`);
    await expect(record(sink, call(2), 'synced')).rejects.toThrow('removed or replaced');
    writer.useKeys(keys);
    await expect(record(sink, call(3), 'synced')).rejects.toThrow('removed or replaced');
    writer.useKeys(keys.slice(1));
    renameSync(`${folder}-away`, folder);
    await until(() => changesOf(folder).includes('retired 0'));
    await record(sink, call(4), 'synced');
    await writer.close();
    expect(changesOf(folder)).toContain('made 1');
    for (const pem of pems) {
      const { verifierKey } = noteSigner(origin, pem);
      expect(await verifyAuditLog(folder, { keys: [verifierKey] })).toMatchObject({ ok: true });
    }
  });

  it('no version is retired while no checkpoint can be made that both sign', async () => {
    const folder = join(newFolder(), 'audit');
    const origin = 'gateway.example/audit/one';
    const pems = [makeEd25519Key(), makeEd25519Key()];
    const keys = logKeys(...pems);
    const complaints: string[] = [];
    writer = await startAuditWriter({
      folder,
      probeEveryMs: 5,
      checkpoints: { origin, keys: keys.slice(0, 1), everyMs: 0 },
      log: (_level, message) => complaints.push(message),
    });
    await record(writer.sink, call(1), 'synced');
    const checkpoints = join(folder, 'checkpoints');
    renameSync(checkpoints, `${folder}-checkpoints`);
    mkdirSync(checkpoints);
    writer.useKeys(keys);
    writer.useKeys(keys.slice(1));
    await until(() => complaints.length >= 5);
    expect(complaints).toEqual(complaints.map(() => 'a checkpoint of the audit log could not be kept'));
    expect(changesOf(folder)).toEqual(['made 1']);
    expect(writer.sink.healthy).toBe(true);
    rmSync(checkpoints, { recursive: true });
    renameSync(`${folder}-checkpoints`, checkpoints);
    await until(() => changesOf(folder).length === 2);
    await record(writer.sink, call(2), 'synced');
    await writer.close();
    expect(changesOf(folder)).toEqual(['made 1', 'retired 0']);
    for (const pem of pems) {
      const { verifierKey } = noteSigner(origin, pem);
      expect(await verifyAuditLog(folder, { keys: [verifierKey] })).toMatchObject({ ok: true, covered: 4 });
    }
  });

  it('folder deleted and made again: goes on in the next segment, and the loss shows', async () => {
    const folder = join(newFolder(), 'audit');
    writer = await startAuditWriter({ folder, probeEveryMs: 20, syncWithinMs: 10 });
    const { sink } = writer;
    await record(sink, call(1), 'synced');
    rmSync(folder, { recursive: true });
    await expect(record(sink, call(2), 'synced')).rejects.toThrow('removed or replaced');
    await until(() => !sink.healthy);
    mkdirSync(folder);
    await until(() => sink.healthy);
    await record(sink, call(3), 'synced');
    expect(segmentsOf(folder).map((file) => file.slice(-12))).toEqual(['00000002.log']);
    await expect(startAuditWriter({ folder })).rejects.toThrow('in use');
    await writer.close();
    expect((await verifyAuditLog(folder)).problem?.what).toContain('segment 1 is missing');
  });
});
