import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { countOn, NOTHING_COUNTED, wholeSince } from '../../../src/audit/counted-since.ts';
import { MIGRATIONS as IN_FILES } from '../../../src/audit/embedded-index-schema.ts';
import { auditIndexFile, openEmbeddedIndex } from '../../../src/audit/embedded-index.ts';
import type { AuditEntry } from '../../../src/audit/entry.ts';
import { BEGINNING } from '../../../src/audit/feed.ts';
import { MIGRATIONS as IN_POSTGRES } from '../../../src/audit/postgres-index-schema.ts';
import { openPostgresIndex } from '../../../src/audit/postgres-index.ts';
import { migratePostgres } from '../../../src/storage/postgres-schema.ts';
import { openSqlite } from '../../../src/storage/sqlite.ts';
import { describeWithPostgres, dropSchema, openTestPostgres } from '../storage/postgres-servers.ts';
import { inFiles, inPostgres } from './index-forms.ts';
import { filesWith, HASH_KEY, openIndexedLog, type IndexedLog } from './indexed-log.ts';
import { openSharedStores, type SharedStores } from './shared-stores.ts';
import { newFolder, segmentsOf } from './written-log.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Midnight in the city, which is none of UTC's. */
const MIDNIGHT = Date.UTC(2026, 10, 23, 16);

const entry = (
  event: AuditEntry['event'],
  at: number,
  authority: string | undefined,
  more: object = {},
): AuditEntry => ({
  event,
  at,
  authority,
  unifiedId: 'anna',
  thumbprint: 'of-anna',
  from: '192.0.2.1',
  ...more,
});
const whose = (number: number): object => ({ unifiedId: `p${number}`, thumbprint: `of-p${number}` });

/** Closed after each test, however it ends. */
const opened: IndexedLog[] = [];
const open = async (options: Parameters<typeof openIndexedLog>[0]): Promise<IndexedLog> => {
  const log = await openIndexedLog(options);
  opened.push(log);
  return log;
};
const closeAll = async (): Promise<void> => {
  for (const log of opened.splice(0)) await log.close();
};

describe.each([inFiles, inPostgres()])('in $name', ({ run, stores, remove }) => {
  run('figures by authority', () => {
    let log: IndexedLog;
    beforeEach(async () => {
      log = await open({ segmentBytes: 2_000, stores });
    });
    afterEach(async () => {
      await closeAll();
      await remove();
    });
    const week = { from: MIDNIGHT, to: MIDNIGHT + 7 * DAY };

    it('count sign-ins, calls, what clients and services were told, and refusals; nothing else', async () => {
      await log.record(
        entry('sign-in', MIDNIGHT, 'yuean'),
        entry('call', MIDNIGHT, 'yuean'),
        entry('call', MIDNIGHT, 'yuean'),
        entry('authorization', MIDNIGHT, 'yuean'),
        entry('exchange', MIDNIGHT, 'yuean'),
        entry('exchange', MIDNIGHT, 'yuean'),
        entry('exchange', MIDNIGHT, 'yuean'),
        entry('refusal', MIDNIGHT, 'yuean', { code: 'ONECERT_X' }),
        entry('session-end', MIDNIGHT, 'yuean'),
        entry('refusal', MIDNIGHT, undefined, { code: 'ONECERT_X' }),
        entry('call', MIDNIGHT, 'zhujiang', whose(1)),
        entry('outcome', MIDNIGHT, undefined, { outcome: 'client-gone' }),
      );
      await log.follower.catchUp();
      const counts = { signIns: 1, calls: 2, authorizations: 1, exchanges: 3, refusals: 1 };
      const [first, second, ...rest] = await log.index.authorities(week, 'total');
      expect(first).toEqual({
        at: MIDNIGHT,
        authority: 'yuean',
        ...counts,
        certificates: 1,
        acting: [{ acting: '', certificates: 1 }],
      });
      expect(second).toMatchObject({ authority: 'zhujiang', signIns: 0, calls: 1, certificates: 1 });
      expect(rest).toEqual([]);
      expect(await log.index.authorities({ ...week, authority: 'zhujiang' }, 'hour')).toEqual([second]);
      expect(await log.index.authorities({ ...week, authority: 'none' }, 'hour')).toEqual([]);
      // Services are counted as they were.
      expect(await log.index.figures(week, 'total')).toMatchObject([{ calls: 3, refusals: 2 }]);
    });

    it('are by the hour, and by days and weeks that are counted from where they are asked for', async () => {
      const times = [0, HOUR - 1, HOUR, DAY - 1, DAY, 7 * DAY - 1, 7 * DAY, 8 * DAY];
      await log.record(...times.map((after) => entry('sign-in', MIDNIGHT + after, 'yuean')));
      // Before and after what is asked for.
      await log.record(
        entry('sign-in', MIDNIGHT - 1, 'yuean'),
        entry('sign-in', MIDNIGHT + 14 * DAY, 'yuean'),
      );
      await log.follower.catchUp();
      const range = { from: MIDNIGHT, to: MIDNIGHT + 14 * DAY };
      const found = async (step: 'hour' | 'day' | 'week' | 'total') =>
        (await log.index.authorities(range, step)).map(({ at, signIns }) => [
          (at - MIDNIGHT) / HOUR,
          signIns,
        ]);
      expect(await found('hour')).toEqual([
        [0, 2],
        [1, 1],
        [23, 1],
        [24, 1],
        [167, 1],
        [168, 1],
        [192, 1],
      ]);
      expect(await found('day')).toEqual([
        [0, 4],
        [24, 1],
        [144, 1],
        [168, 1],
        [192, 1],
      ]);
      expect(await found('week')).toEqual([
        [0, 6],
        [168, 2],
      ]);
      expect(await found('total')).toEqual([[0, 8]]);
    });

    it('tell certificates once, however many batches, hours, roles and events they are in', async () => {
      for (const hour of [0, 1, 30]) {
        const at = MIDNIGHT + hour * HOUR;
        await log.record(
          ...[1, 2, 3].map((number) => entry('sign-in', at, 'yuean', whose(number))),
          ...[1, 2, 3].map((number) => entry('call', at, 'yuean', whose(number))),
          ...[4, 5].map((number) => entry('call', at, 'yuean', { ...whose(number), acting: 'finance' })),
          ...[6, 7, 8, 9].map((number) =>
            entry('refusal', at, 'yuean', { ...whose(number), code: 'ONECERT_X' }),
          ),
        );
        await log.follower.catchUp();
      }
      await log.record(entry('sign-in', MIDNIGHT, 'yuean', whose(1)));
      await log.follower.catchUp();
      expect(await log.index.authorities(week, 'total')).toMatchObject([
        {
          signIns: 10,
          calls: 15,
          refusals: 12,
          certificates: 5,
          acting: [
            { acting: '', certificates: 3 },
            { acting: 'finance', certificates: 2 },
          ],
        },
      ]);
      expect(await log.index.authorities(week, 'day')).toMatchObject([
        { certificates: 5 },
        { certificates: 5 },
      ]);
    });

    it('are the same when the index is made again, and stay when segments are retired', async () => {
      await log.record(
        ...Array.from({ length: 40 }, (_, number) =>
          entry('call', MIDNIGHT + number, 'yuean', whose(number % 7)),
        ),
      );
      await log.follower.catchUp();
      const known = await log.index.authorities(week, 'hour');
      expect(known).toMatchObject([{ calls: 40 }]);
      expect(await log.index.authoritiesSince()).toBe(MIDNIGHT);
      await log.follower.rebuild();
      expect(await log.index.authorities(week, 'hour')).toEqual([]);
      expect(await log.index.authoritiesSince()).toBeUndefined();
      await log.follower.catchUp();
      expect(await log.index.authorities(week, 'hour')).toEqual(known);
      for (const file of segmentsOf(log.folder).slice(0, 2)) rmSync(file);
      await log.follower.catchUp();
      expect(await log.index.authorities(week, 'hour')).toEqual(known);
      expect(await log.index.authoritiesSince()).toBe(MIDNIGHT);
    });

    it('begin with the first entry that is left where retired segments cannot be counted again', async () => {
      await log.record(
        ...Array.from({ length: 40 }, (_, number) => entry('call', MIDNIGHT + number, 'yuean')),
      );
      await log.follower.catchUp();
      for (const file of segmentsOf(log.folder).slice(0, 2)) rmSync(file);
      await log.follower.rebuild();
      await log.follower.catchUp();
      const left = (await log.index.search({}, { limit: 100 })).at(-1);
      expect(left?.seq).toBeGreaterThan(1);
      expect(await log.index.authoritiesSince()).toBe(left?.at);
    });
  });
});

describe('an index of before there were figures by authority', () => {
  afterEach(closeAll);

  it('goes on where it stood, and counts from there (SQLite)', async () => {
    const data = newFolder();
    const stores = filesWith(randomBytes(32), HASH_KEY);
    const before = await open({ data, stores });
    await before.record(entry('sign-in', MIDNIGHT, 'yuean'), entry('sign-in', MIDNIGHT + 1, 'yuean'));
    await before.follower.catchUp();
    const { segment, offset, seq, hash } = await before.index.cursor();
    await closeAll();
    for (const end of ['', '-wal', '-shm']) rmSync(auditIndexFile(data) + end, { force: true });
    const old = openSqlite(auditIndexFile(data), IN_FILES.slice(0, 1));
    old
      .prepare('INSERT INTO position (only, segment, offset, seq, hash) VALUES (1, ?, ?, ?, ?)')
      .run(segment, offset, seq, hash);
    old
      .prepare(
        "INSERT INTO entries (seq, at, event, segment, offset, length) VALUES (2, ?, 'sign-in', 1, 9, 9)",
      )
      .run(MIDNIGHT + 1);
    old.close();

    const after = await open({ data, stores });
    // Nothing has been counted; all there is was read before.
    expect(await after.index.authoritiesSince()).toBe(MIDNIGHT + 1);
    await after.record(
      entry('sign-in', MIDNIGHT + DAY, 'yuean'),
      entry('sign-in', MIDNIGHT + DAY + 1, 'yuean'),
    );
    expect(await after.follower.catchUp()).toBe(4);
    const range = { from: MIDNIGHT, to: MIDNIGHT + 2 * DAY };
    expect(await after.index.authorities(range, 'total')).toMatchObject([{ signIns: 2 }]);
    expect(await after.index.authoritiesSince()).toBe(MIDNIGHT + DAY);
    await after.record(entry('sign-in', MIDNIGHT + DAY + 2, 'yuean'));
    await after.follower.catchUp();
    expect(await after.index.authoritiesSince()).toBe(MIDNIGHT + DAY);
    // Made again it has what the log has.
    await after.follower.rebuild();
    await after.follower.catchUp();
    expect(await after.index.authorities(range, 'total')).toMatchObject([{ signIns: 5 }]);
    expect(await after.index.authoritiesSince()).toBe(MIDNIGHT);
  });

  it('is no index that an older gateway opens again', () => {
    const file = auditIndexFile(newFolder());
    const keys = { find: async () => undefined };
    void openEmbeddedIndex({ file, hashKey: HASH_KEY, keys }).close();
    expect(() => openSqlite(file, IN_FILES.slice(0, 1))).toThrow('newer version');
  });
});

describeWithPostgres('figures by authority of two replicas', () => {
  let shared: SharedStores;
  beforeEach(async () => {
    shared = await openSharedStores();
  });
  afterEach(async () => {
    await closeAll();
    await shared.remove();
  });

  it('add up, tell a certificate once, and begin with the older log', async () => {
    const east = await open({ stores: () => shared.of('east') });
    await east.record(
      entry('sign-in', MIDNIGHT, 'yuean', whose(1)),
      entry('call', MIDNIGHT, 'yuean', whose(1)),
      entry('call', MIDNIGHT, 'yuean', { ...whose(2), acting: 'seal' }),
    );
    await east.follower.catchUp();
    const west = await open({ stores: () => shared.of('west') });
    await west.record(
      entry('sign-in', MIDNIGHT + DAY, 'yuean', whose(1)),
      entry('refusal', MIDNIGHT + 5, 'yuean', whose(3)),
      entry('call', MIDNIGHT + 5, 'zhujiang', whose(4)),
    );
    await west.follower.catchUp();
    const range = { from: MIDNIGHT, to: MIDNIGHT + 2 * DAY };
    for (const { index } of [east, west]) {
      expect(await index.authorities(range, 'day')).toMatchObject([
        { authority: 'yuean', signIns: 1, calls: 2, refusals: 1, certificates: 2 },
        { authority: 'zhujiang', calls: 1 },
        { at: MIDNIGHT + DAY, authority: 'yuean', signIns: 1, certificates: 1 },
      ]);
      expect(await index.authorities({ ...range, authority: 'yuean' }, 'total')).toMatchObject([
        { signIns: 2, calls: 2, refusals: 1, certificates: 2 },
      ]);
      expect(await index.authoritiesSince()).toBe(MIDNIGHT);
    }
    // One alone is made again.
    await west.follower.rebuild();
    expect(await east.index.authorities(range, 'total')).toMatchObject([
      { signIns: 1, calls: 2, refusals: 0 },
    ]);
  });

  it('are read to the end where there are more rows than are read at once', async () => {
    const { index, keys } = await shared.of('east');
    const hours = 1_300;
    const entries = Array.from({ length: 4 * hours }, (_none, number) => {
      const [hour, role] = [Math.floor(number / 4), ['', 'seal', 'unit', 'agent'][number % 4]];
      return {
        place: { seq: number + 1, segment: 1, offset: number, length: 1 },
        entry: { ...entry('call', MIDNIGHT + hour * HOUR, 'yuean', { acting: role }), seq: number + 1 },
      };
    });
    await index.add(entries, { ...BEGINNING, seq: entries.length });
    const range = { from: MIDNIGHT, to: MIDNIGHT + hours * HOUR };
    expect(await index.authorities(range, 'total')).toMatchObject([{ calls: 4 * hours, certificates: 1 }]);
    await index.close();
    await keys.close();
  });

  it('say from when they are whole while a gateway of an earlier version reads on', async () => {
    const postgres = await openTestPostgres({ schema: shared.schema });
    await migratePostgres(postgres, 'audit-index', IN_POSTGRES.slice(0, 1));
    /** As a gateway of that version does. */
    const readsOn = async (name: string, seq: number, at: number): Promise<void> => {
      await postgres.query(
        `INSERT INTO audit_replicas (name, seq, hash) VALUES ($1, $2, 'x')
         ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`,
        [name, seq],
      );
      await postgres.query(
        `INSERT INTO audit_entries (replica, seq, at, event, segment, "offset", length)
         SELECT number, $2, $3, 'call', 1, 0, 1 FROM audit_replicas WHERE name = $1`,
        [name, seq, at],
      );
    };
    await readsOn('east', 10, MIDNIGHT);
    await readsOn('west', 20, MIDNIGHT + 1);
    const keys = { find: async () => undefined };
    const join = (replica: string) => openPostgresIndex({ postgres, replica, hashKey: HASH_KEY, keys });
    const take = async (index: Awaited<ReturnType<typeof join>>, seq: number, at: number): Promise<void> => {
      const place = { seq, segment: 1, offset: 0, length: 1 };
      await index.add([{ place, entry: { ...entry('call', at, 'yuean'), seq } }], { ...BEGINNING, seq });
    };
    const east = await join('east');
    await take(east, 11, MIDNIGHT + 5);
    expect(await east.authoritiesSince()).toBe(MIDNIGHT + 5);
    await readsOn('west', 21, MIDNIGHT + 7);
    expect(await east.authoritiesSince()).toBe(MIDNIGHT + 7);
    const west = await join('west');
    await take(west, 22, MIDNIGHT + 9);
    await take(west, 23, MIDNIGHT + 11);
    expect(await east.authoritiesSince()).toBe(MIDNIGHT + 9);
    // One that is new missed nothing.
    await take(await join('north'), 1, MIDNIGHT + 20);
    expect(await west.authoritiesSince()).toBe(MIDNIGHT + 9);
    await postgres.close();
    await dropSchema(shared.schema);
  });
});

describe('countOn and wholeSince', () => {
  const cursor = (seq: number) => ({ seq });
  it('go on without entries, and do not take a gap for counted', () => {
    const begun = countOn({ ...NOTHING_COUNTED, seq: 0 }, { seq: 1, at: 5 }, cursor(3));
    expect(begun).toEqual({ counted_seq: 3, counted_from: 1, counted_since: 5 });
    expect(countOn({ ...begun, seq: 3 }, undefined, cursor(4))).toEqual({ ...begun, counted_seq: 4 });
    // Another version has read up to 8 meanwhile.
    expect(countOn({ ...begun, seq: 8 }, undefined, cursor(9))).toEqual(begun);
    const anew = { counted_seq: 9, counted_from: 9, counted_since: 70 };
    expect(countOn({ ...begun, seq: 8 }, { seq: 9, at: 70 }, cursor(9))).toEqual(anew);
    const log = { last_at: 60 };
    expect(wholeSince([{ ...begun, ...log, seq: 8 }])).toBe(60);
    expect(wholeSince([{ ...anew, ...log, seq: 9 }])).toBe(70);
    expect(wholeSince([{ ...NOTHING_COUNTED, seq: 0, last_at: null }])).toBeUndefined();
  });
});
