import { createEndings, type Endings } from '../../../src/server/endings.ts';
import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { eventually } from '../../integration/city.ts';
import { describeWithRedis, ownRedis, type OwnRedis } from '../storage/redis-servers.ts';
import { makePeople, openReplica, type SweptReplica } from './swept-city.ts';

describeWithRedis('sessions that operators have ended while Redis is away', () => {
  const people = makePeople(3);
  let redis: OwnRedis;
  let stores: ShortLivedStores;
  let replica: SweptReplica;
  let endings: Endings;
  const lines: string[] = [];
  beforeAll(async () => {
    redis = await ownRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    await redis.start();
    stores = openShortLivedStores({ url: redis.url });
    expect(await stores.ready(5_000)).toBe(true);
    replica = await openReplica(stores, 'decided', people);
    const say = (_fields: object, message: string): void => void lines.push(message);
    endings = createEndings({
      sessions: replica.sessions,
      audit: replica.writer.sink,
      documents: { current: async () => undefined },
      register: { identityById: async () => undefined },
      marks: stores.expiring('decided-sweeps'),
      log: { info: say, warn: say, error: say },
    });
  });
  afterAll(async () => {
    await endings?.close();
    await replica?.close();
    await stores?.close();
    await redis?.remove();
  });

  it('end when it is back, each with its entry, unless the lock is gone by then', async () => {
    const [locked, unlocked, merged] = await Promise.all(people.leaves.map((leaf) => replica.signIn(leaf)));
    const idOf = (session: typeof locked): string => session?.unifiedId ?? '';
    await redis.kill();
    await endings.lock([idOf(locked), idOf(unlocked)]);
    await endings.endLocked();
    await endings.endMerged({
      aliases: [idOf(merged)],
      version: { kind: 'conflict', name: '7', version: 1, proposedBy: 'one', approvedBy: 'two' } as never,
    });
    await endings.lock([idOf(locked)]);
    await endings.endLocked();
    expect(lines).toEqual([
      'sessions that operators have ended could not be ended now: they are refused, and it is tried again',
    ]);
    await redis.start();
    await eventually('they are ended', () => lines.length > 1);
    expect(lines.at(-1)).toBe('sessions that operators have ended are ended');
    const left = await Promise.all(
      [locked, unlocked, merged].map(
        async (each) => (await replica.sessions.get(each?.key ?? '')) !== undefined,
      ),
    );
    expect(left).toEqual([false, true, false]);
    expect(replica.entries()).toMatchObject([
      { cause: 'identity-locked', unifiedId: idOf(locked) },
      { cause: 'identity-merged', unifiedId: idOf(merged), kind: 'conflict', document: '7', actor: 'two' },
    ]);
  });
});
