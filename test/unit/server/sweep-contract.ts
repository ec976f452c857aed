import { randomBytes } from 'node:crypto';
import type { Session } from '../../../src/signin/session.ts';
import type { ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { eventually } from '../../integration/city.ts';
import { AUTHORITY, makePeople, openReplica, type SweptReplica } from './swept-city.ts';

/** How sessions are looked through that a new CRL may end, by one replica or several. */
export const describeSweep = (name: string, stores: () => ShortLivedStores): void => {
  describe(`sessions of revoked certificates, in ${name} stores`, () => {
    const people = makePeople(300);
    const { leaves } = people;
    const revoked = leaves.filter((_, index) => index % 3 === 0);
    const isRevoked = ({ thumbprint }: Session): boolean =>
      revoked.some(({ parsed }) => parsed.fingerprint === thumbprint);
    const opened: SweptReplica[] = [];
    const open = async (count: number): Promise<SweptReplica[]> => {
      const namespace = `swept-${randomBytes(6).toString('hex')}`;
      const replicas = await Promise.all(
        Array.from({ length: count }, () => openReplica(stores(), namespace, people)),
      );
      opened.push(...replicas);
      for (const { sweep } of replicas) await sweep.idle();
      return replicas;
    };
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
    });
    const kept = async ({ sessions }: SweptReplica): Promise<Session[]> => {
      const found = new Map<string, Session>();
      for await (const page of sessions.pages(AUTHORITY))
        for (const session of page) found.set(session.key, session);
      return [...found.values()];
    };
    const thumbprints = (found: readonly Record<string, unknown>[]): unknown[] =>
      found.map(({ thumbprint }) => thumbprint).sort();

    it('end, each with one entry in the log of one of three; one of them has looked', async () => {
      const replicas = await open(3);
      const [first] = replicas as [SweptReplica];
      await Promise.all(leaves.map((leaf, index) => (replicas[index % 3] ?? first).signIn(leaf)));
      const walks = (): number => replicas.reduce((sum, each) => sum + each.walks(), 0);
      const before = walks();
      const crl = people.crl(revoked);
      for (const each of replicas) each.use(crl);
      for (const { sweep } of replicas) await sweep.idle();
      const left = await kept(first);
      expect([left.length, left.filter(isRevoked)]).toEqual([200, []]);
      const entries = replicas.flatMap((each) => each.entries());
      expect(thumbprints(entries)).toEqual(revoked.map(({ parsed }) => parsed.fingerprint).sort());
      expect(entries[0]).toMatchObject({
        ...{ by: 'gateway', cause: 'certificate-refused', code: 'ONECERT_CERTIFICATE_REVOKED' },
      });
      expect(walks() - before).toBe(1);
    });

    it('that began at a replica without the CRL, after another had looked, end when it has it too', async () => {
      const [first, late] = (await open(2)) as [SweptReplica, SweptReplica];
      const crl = people.crl(revoked);
      first.use(crl);
      await first.sweep.idle();
      await late.signIn(revoked[0] as (typeof leaves)[number]);
      await first.sweep.idle();
      expect(await kept(first)).toHaveLength(1);
      late.use(crl);
      await late.sweep.idle();
      expect([await kept(first), late.entries().length, first.entries().length]).toEqual([[], 1, 0]);
    });

    it('are found while others begin, end and are in use; who signed out has no entry of the gateway', async () => {
      const [replica] = (await open(1)) as [SweptReplica];
      const begun = await Promise.all(leaves.map((leaf) => replica.signIn(leaf)));
      const leaving = begun.filter(isRevoked).slice(0, 20);
      const left: string[] = [];
      replica.beforePage = async () => {
        for (const { key, thumbprint } of leaving.splice(0, 10))
          if (await replica.sessions.end(key)) left.push(thumbprint);
        for (let count = 0; count < 20; count++) await replica.signIn(leaves[1 + 3 * count] as never);
        for (const session of begun.slice(100, 200))
          await replica.sessions.touch({ ...session, lastSeen: 0 });
      };
      replica.use(people.crl(revoked));
      await replica.sweep.idle();
      expect((await kept(replica)).filter(isRevoked)).toEqual([]);
      expect(left.length).toBeGreaterThan(0);
      const others = revoked.map(({ parsed }) => parsed.fingerprint).filter((each) => !left.includes(each));
      expect(thumbprints(replica.entries())).toEqual(others.sort());
    });

    it('are looked for once more where messages were lost meanwhile, as in a failover', async () => {
      const [replica] = (await open(1)) as [SweptReplica];
      await Promise.all(leaves.map((leaf) => replica.signIn(leaf)));
      const walks = replica.walks();
      let lost = false;
      replica.beforePage = async () => {
        // What no gateway can open.
        if (!lost) await stores().broadcast.publish('sessions-ended', 'lost');
        if (!lost) await eventually('it is noticed', () => replica.gaps > 0);
        lost = true;
      };
      replica.use(people.crl(revoked));
      await replica.sweep.idle();
      expect(replica.walks() - walks).toBe(2);
      expect((await kept(replica)).filter(isRevoked)).toEqual([]);
      expect(replica.entries()).toHaveLength(revoked.length);
    });

    it('end at another replica where one is closed in the middle', async () => {
      const [first, other] = (await open(2)) as [SweptReplica, SweptReplica];
      await Promise.all(leaves.map((leaf) => first.signIn(leaf)));
      const crl = people.crl(revoked);
      const reached = Promise.withResolvers<undefined>();
      first.beforePage = async () => reached.resolve(undefined);
      first.use(crl);
      await reached.promise;
      other.use(crl);
      await first.sweep.close();
      await other.sweep.idle();
      expect((await kept(other)).filter(isRevoked)).toEqual([]);
      expect(first.entries().length + other.entries().length).toBe(revoked.length);
    });
  });
};
