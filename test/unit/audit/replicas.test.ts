import type { AuditEntry } from '../../../src/audit/entry.ts';
import { identityOwner } from '../../../src/audit/personal-fields.ts';
import { followIndex } from '../../../src/audit/follow-index.ts';
import { readSignIns } from '../../../src/audit/read-sign-ins.ts';
import { describeWithPostgres } from '../storage/postgres-servers.ts';
import { openIndexedLog, type IndexedLog } from './indexed-log.ts';
import { openSharedStores, type SharedStores } from './shared-stores.ts';

const HOUR = 3_600_000;
const AT = Date.UTC(2026, 10, 24, 8);
const call = (number: number, more: object = {}): AuditEntry => ({
  event: 'call',
  at: AT + number,
  unifiedId: 'anna',
  thumbprint: 'of-anna',
  from: `192.0.2.${number}`,
  department: 'tax',
  service: 'invoices',
  ...more,
});
const signIn = (at: number, from: string): AuditEntry => ({
  event: 'sign-in',
  at: AT + at,
  from,
  proof: 'mutual-tls',
  unifiedId: 'anna',
  authority: 'yuean',
  thumbprint: 'of-anna',
});

/** Two gateways, each with a log of its own, in one index. */
describeWithPostgres('the logs of two replicas in one index', () => {
  let shared: SharedStores;
  let east: IndexedLog;
  let west: IndexedLog;
  beforeEach(async () => {
    shared = await openSharedStores();
    east = await openIndexedLog({ stores: () => shared.of('east') });
    west = await openIndexedLog({ stores: () => shared.of('west') });
  });
  afterEach(async () => {
    await east.close();
    await west.close();
    await shared.remove();
  });
  const catchUp = async (): Promise<void> => {
    await Promise.all([east.follower.catchUp(), west.follower.catchUp()]);
  };
  const found = async (filter = {}, page = { limit: 100 }) =>
    (await east.index.search(filter, page)).map(({ replica, seq }) => `${replica} ${seq}`);

  it('are found together by time, page by page, and each by itself', async () => {
    await east.record(call(1), call(3), call(5));
    await west.record(call(2), call(4));
    await catchUp();
    expect(await found()).toEqual(['east 3', 'west 2', 'east 2', 'west 1', 'east 1']);
    expect(await found({ replica: 'west' })).toEqual(['west 2', 'west 1']);
    const [first, second, ...rest] = await east.index.search({ unifiedId: 'anna' }, { limit: 2 });
    expect(rest).toEqual([]);
    expect(first?.seq).toBe(3);
    const next = await west.index.search(
      { unifiedId: 'anna' },
      { limit: 2, ...(second && { before: second }) },
    );
    expect(next.map(({ replica, seq }) => `${replica} ${seq}`)).toEqual(['east 2', 'west 1']);
  });

  it('add up in figures, and do not count a certificate twice', async () => {
    await east.record(call(1), call(2), call(3));
    await west.record(call(4), call(5), { ...call(6), thumbprint: 'of-bela', unifiedId: 'bela' });
    await west.record({
      event: 'refusal',
      at: AT,
      code: 'ONECERT_A',
      department: 'tax',
      service: 'invoices',
    });
    await catchUp();
    const range = { from: AT, to: AT + HOUR };
    expect(await west.index.figures(range, 'hour')).toMatchObject([
      { calls: 6, refusals: 1, certificates: 2 },
    ]);
    expect(await east.index.codes(range, 'total')).toMatchObject([{ code: 'ONECERT_A', count: 1 }]);
    const busy = await east.index.busyCertificates(range, { addresses: 4, limit: 5 });
    expect(busy).toMatchObject([{ calls: 5, hours: 1 }]);
    expect(busy[0]?.addresses).toBeGreaterThanOrEqual(4);
  });

  it('are read on by each replica where it stood, and made again by one alone', async () => {
    await east.record(call(1));
    await west.record(call(2), call(3));
    await catchUp();
    expect([(await east.index.cursor()).seq, (await west.index.cursor()).seq]).toEqual([1, 2]);
    await west.follower.rebuild();
    expect(await found()).toEqual(['east 1']);
    await catchUp();
    expect(await found()).toEqual(['west 2', 'west 1', 'east 1']);
    expect(await east.index.figures({ from: AT, to: AT + HOUR }, 'total')).toMatchObject([{ calls: 3 }]);
  });

  it('show a person sign-ins through any of them, and whose log each is in', async () => {
    await east.record(signIn(1, '192.0.2.1'), call(2));
    await west.record(signIn(3, '192.0.2.2'));
    await catchUp();
    const ofEast = await readSignIns({ ...east, replica: 'east' }, 'anna');
    expect(ofEast).toMatchObject([
      { seq: 1, from: '192.0.2.2', authority: 'yuean', replica: 'west' },
      { seq: 1, from: '192.0.2.1', proof: 'mutual-tls' },
    ]);
    expect(ofEast[1]?.replica).toBeUndefined();
    const ofWest = await readSignIns({ ...west, replica: 'west' }, 'anna');
    expect(ofWest.map(({ hash }) => hash)).toEqual(ofEast.map(({ hash }) => hash));
    expect(ofWest.map(({ replica }) => replica)).toEqual([undefined, 'east']);
    expect(await shared.held()).not.toMatch(/anna|192\.0\.2/);
  });

  it('forget an identity whose key is destroyed, whichever replica does it', async () => {
    await east.record(signIn(1, '192.0.2.1'));
    await west.record(signIn(3, '192.0.2.2'));
    await catchUp();
    const holder = (await west.keys.destroy(identityOwner('anna'))) ?? '';
    await west.index.forget(holder);
    for (const log of [east, west]) log.opener.forget(holder);
    expect(await readSignIns({ ...east, replica: 'east' }, 'anna')).toEqual([]);
    expect(await east.index.search({ certificate: 'of-anna' }, { limit: 9 })).toEqual([]);
    expect(await shared.held()).not.toContain('"sealed"');
  });

  it('go on where the store stopped: a batch that was not kept is read again', async () => {
    await east.record(call(1), call(2));
    let fails = true;
    const follower = await followIndex({
      folder: east.folder,
      opener: east.opener,
      index: {
        ...east.index,
        add: (...batch) => (fails ? Promise.reject(new Error('away')) : east.index.add(...batch)),
      },
    });
    await expect(follower.catchUp()).rejects.toThrow('away');
    fails = false;
    expect(await follower.catchUp()).toBe(2);
    expect(await found()).toEqual(['east 2', 'east 1']);
    await follower.close();
  });
});
