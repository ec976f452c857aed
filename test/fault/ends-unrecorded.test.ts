import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { openShortLivedStores } from '../../src/storage/short-lived-stores.ts';
import { eventually } from '../integration/city.ts';
import { newFolder, record } from '../unit/audit/written-log.ts';
import { AUTHORITY, makePeople, openReplica, type SweptReplica } from '../unit/server/swept-city.ts';

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
const onSmallDisk = disk === undefined ? describe.skip : describe;

onSmallDisk('ends of sessions while the disk of the audit log is full', () => {
  const people = makePeople(300);
  const { leaves } = people;
  const folder = join(disk ?? '', 'audit');
  const filler = join(disk ?? '', 'filler');
  afterAll(() => execFileSync('umount', [disk ?? '']));

  let replica: SweptReplica;
  const open = async (stores = openShortLivedStores()): Promise<void> => {
    replica = await openReplica(stores, 'swept', people, folder);
    await replica.sweep.idle();
  };
  afterEach(() => replica.close());

  /** The log cannot be written: the file system has no room, and the writer has met that. */
  const breakLog = async (): Promise<void> => {
    const fd = openSync(filler, 'w');
    try {
      for (;;) writeSync(fd, Buffer.alloc(4_096));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(fd);
    }
    // The last page of the log has some room yet.
    while (replica.writer.sink.healthy)
      await record(replica.writer.sink, { event: 'call', at: 1 }, 'synced').catch(() => undefined);
  };
  const mendLog = async (): Promise<void> => {
    rmSync(filler);
    await eventually('the log is back', () => replica.writer.sink.healthy);
  };
  const count = (): Promise<number> => replica.sessions.count(AUTHORITY);

  it('a city of revoked certificates: nothing is ended or kept in memory, and all are once it is back', async () => {
    await open();
    for (const leaf of leaves) await replica.signIn(leaf);
    await breakLog();
    const walks = replica.walks();
    replica.use(people.crl(leaves));
    // The replica has seen to it several times over.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([await count(), replica.walks(), replica.lines]).toEqual([300, walks, []]);
    await mendLog();
    await replica.sweep.idle();
    expect([await count(), replica.entries().length]).toEqual([0, 300]);
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
  });

  it('lost in the middle: what was ended is recorded once, the others when it is back', async () => {
    await open();
    for (const leaf of leaves) await replica.signIn(leaf);
    let pages = 0;
    const before = replica.entries().length;
    replica.beforePage = async () => {
      pages += 1;
      if (pages === 2) await breakLog();
    };
    replica.use(people.crl(leaves));
    await eventually('it is lost', () => !replica.writer.sink.healthy);
    expect(await count()).toBeGreaterThan(0);
    await mendLog();
    await replica.sweep.idle();
    expect(await count()).toBe(0);
    await eventually('each has an entry', () => replica.entries().length === before + 300);
  });

  it('another replica whose log can be written does it', async () => {
    const stores = openShortLivedStores();
    await open(stores);
    const other = await openReplica(stores, 'swept', people, newFolder());
    for (const leaf of leaves) await replica.signIn(leaf);
    const before = replica.entries().length;
    await breakLog();
    const crl = people.crl(leaves);
    for (const each of [replica, other]) each.use(crl);
    await other.sweep.idle();
    expect([await count(), other.entries().length]).toEqual([0, 300]);
    await mendLog();
    await replica.sweep.idle();
    expect(replica.entries()).toHaveLength(before);
    await other.close();
  });

  it('of a locked identity: ended at once, and written as the gateway ends if the log is back by then', async () => {
    await open();
    const { unifiedId } = await replica.signIn(leaves[0] as (typeof leaves)[number]);
    const before = replica.entries().length;
    await breakLog();
    const why = { cause: 'identity-locked', code: 'ONECERT_IDENTITY_LOCKED' } as const;
    expect(await replica.ends.endAll({ unifiedId }, why)).toBe(1);
    expect([await count(), replica.entries().length]).toEqual([0, before]);
    await mendLog();
    await replica.ends.close();
    expect(replica.entries().slice(before)).toMatchObject([{ ...why, unifiedId }]);
  });
});
