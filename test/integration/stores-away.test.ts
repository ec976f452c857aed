import { join } from 'node:path';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { entriesOf } from '../unit/audit/written-log.ts';
import { describeWithOwnPostgres } from '../unit/storage/postgres-servers.ts';
import type { Browser } from './browser.ts';
import { eventually, hasTools } from './city.ts';
import { startLoad, type Load } from './load.ts';
import { call, keepAliveAgent } from './proxy/client.ts';
import { startThreeGateways, type Gateway, type ThreeGateways } from './three-gateways.ts';

const whenAll = hasTools() ? describeWithOwnPostgres : describe.skip;

/** How long a store is away. A minute takes two minutes of a test run. */
const OUTAGE_MS = Number(process.env.ONECERT_OUTAGE_SECONDS ?? 8) * 1_000;

const REFERENCE = /^[\w-]{10,}$/;
const PATH = '/census/reference';

whenAll('three gateways under load', () => {
  let all: ThreeGateways;
  let session: Browser;
  beforeAll(async () => {
    all = await startThreeGateways();
    session = all.browser();
    await session.signIn(await session.follow(PATH), 'li-wei-yuean');
    // Each of the three has seen the session and both certificates.
    for (let time = 0; time < 6; time++) expect((await session.open(PATH)).status).toBe(200);
    for (const gateway of all.gateways)
      for (const as of ['li-wei-yuean', 'li-wei-zhujiang'])
        expect((await gateway.curl(PATH, { as })).status).toBe(200);
  }, 240_000);
  afterAll(() => all?.remove(), 60_000);

  /** Answered calls, by what each is called in the audit log. */
  const answered = new Set<string>();
  const take = (status: number, body: string): string | undefined => {
    if (status !== 200 || !REFERENCE.test(body)) return `${status} ${body.slice(0, 300)}`;
    answered.add(body);
    return undefined;
  };

  const begin = () => {
    const agents = all.gateways.map(() => keepAliveAgent(all.city.pair('li-wei-zhujiang')));
    const onOpen = all.gateways.map(({ ports }, index) =>
      startLoad(async () => {
        const agent = agents[index];
        if (agent === undefined) throw new Error('no agent');
        const { status, body } = await call(ports.ONECERT_PORT, PATH, { agent });
        return take(status, body);
      }, 20),
    );
    const anew = startLoad(async () => {
      const as = all.city.pair('li-wei-yuean');
      const { status, body } = await call(all.ports.mutualTls, PATH, { as });
      return take(status, body);
    }, 50);
    const bySession = startLoad(async () => {
      const { status, body, location } = await session.open(PATH);
      return status === 303 ? `led to ${location}` : take(status, body);
    }, 50);
    const loads: readonly Load[] = [...onOpen, anew, bySession];
    return {
      loads,
      end: async (): Promise<readonly string[]> => {
        const failures = (await Promise.all(loads.map((load) => load.end()))).flat();
        for (const agent of agents) agent.destroy();
        return failures;
      },
    };
  };
  const goesOn = async (what: string, loads: readonly Load[]): Promise<void> => {
    const since = loads.map((each) => each.good());
    await eventually(what, () => loads.every((each, index) => each.good() > (since[index] ?? 0) + 2), 60_000);
  };
  const away = () => new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
  const codeOf = async (gateway: Gateway, as: string): Promise<string> => {
    const { status, body } = await gateway.curl(PATH, { as });
    return status === 200 ? 'served' : (/ONECERT_\w+/.exec(body)?.[0] ?? String(status));
  };
  const logged = (): Set<unknown> =>
    new Set(
      all.gateways.flatMap(({ data }) => entriesOf(join(data, 'audit')).map((entry) => entry['reference'])),
    );

  it('PostgreSQL away: nobody known is refused, and it recovers by itself', async () => {
    const load = begin();
    await goesOn('the load runs', load.loads);
    await all.postgres.kill();
    const stopped = Date.now();
    await goesOn('the load goes on without PostgreSQL', load.loads);
    for (const gateway of all.gateways)
      expect(await codeOf(gateway, 'chen-fang-zhujiang')).toMatch(/^ONECERT_(REGISTER|AUDIT)_UNAVAILABLE$/);
    // A new CRL has every certificate judged and identified anew, just now.
    await all.city.authority('yuean', 'revoke', { person: 'lianhua-trade' });
    await away();
    const [, second] = all.gateways;
    await goesOn('the load still goes on', load.loads);
    await all.postgres.start();
    const started = Date.now();
    for (const gateway of all.gateways)
      await eventually(
        'strangers are registered again',
        async () => (await codeOf(gateway, 'chen-fang-zhujiang')) === 'served',
        60_000,
      );
    const recovered = Date.now();
    const disabled = (text: string): string =>
      text.replace('path: /citizens-only\n', 'path: /citizens-only\n    enabled: false\n');
    await all.change('department/census', (_path, text) => disabled(text), [all.gateways[0], second]);
    await goesOn('the load goes on afterwards', load.loads);
    expect(await load.end()).toEqual([]);
    process.stdout.write(
      `PostgreSQL away for ${started - stopped} ms: ${answered.size} calls answered; ` +
        `new people taken by all ${recovered - started} ms after it was back\n`,
    );
  }, 400_000);

  it('Redis away: nobody known is refused, and it recovers by itself', async () => {
    const before = answered.size;
    const load = begin();
    await goesOn('the load runs', load.loads);
    await all.redis.kill();
    const stopped = Date.now();
    await goesOn('the load goes on without Redis', load.loads);
    // Programs need no session, whoever they are.
    for (const gateway of all.gateways) expect(await codeOf(gateway, 'chen-fang-yuean')).toBe('served');
    await away();
    await goesOn('the load still goes on', load.loads);
    await all.redis.start();
    const started = Date.now();
    await eventually(
      'sign-ins work again',
      async () => {
        const browser = all.browser();
        const signedIn = await browser
          .signIn(await browser.follow(PATH), 'chen-fang-yuean')
          .catch(() => undefined);
        return signedIn?.status === 200;
      },
      60_000,
    );
    const recovered = Date.now();
    await goesOn('the load goes on afterwards', load.loads);
    expect(await load.end()).toEqual([]);
    process.stdout.write(
      `Redis away for ${started - stopped} ms: ${answered.size - before} calls answered; ` +
        `sign-ins again ${recovered - started} ms after it was back\n`,
    );
  }, 400_000);

  it('has an entry for every call that was answered, and logs that verify', async () => {
    await eventually('every answered call is in a log', () => {
      const references = logged();
      return [...answered].every((reference) => references.has(reference));
    });
    expect(answered.size).toBeGreaterThan(100);
    for (const { data } of all.gateways) {
      // What `onecert audit verify` does.
      const { ok, problem } = await verifyAuditLog(join(data, 'audit'));
      expect({ ok, problem }).toEqual({ ok: true, problem: undefined });
    }
  }, 120_000);
});
