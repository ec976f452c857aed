import { once } from 'node:events';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { Browser } from './browser.ts';
import { startCensus, type Census } from './census.ts';
import { eventually, hasTools, openSplitCity, type SplitCity } from './city.ts';
import { startLoad, type Load } from './load.ts';
import { call, keepAliveAgent } from './proxy/client.ts';

const withTools = hasTools() ? describe : describe.skip;

withTools('changes while calls go on', () => {
  let census: Census;
  let city: SplitCity;
  beforeAll(async () => {
    census = await startCensus();
    city = await openSplitCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'info' } });
    await city.start();
    await city.startDepartments();
  }, 120_000);
  afterAll(async () => {
    await city?.remove();
    await census?.down();
  });

  const taken = (): number => city.log().filter(({ msg }) => msg === 'configuration taken').length;
  const takeUp = async (change: () => void): Promise<void> => {
    const before = taken();
    change();
    const isTaken = (): boolean => {
      const wrong = city.log().find(({ msg }) => String(msg).startsWith('configuration not taken'));
      if (wrong !== undefined) throw new Error(JSON.stringify(wrong));
      return taken() > before;
    };
    await eventually('the change is in force', isTaken, 60_000);
  };
  const goOn = async (loads: readonly Load[]): Promise<void> => {
    const since = loads.map((each) => each.good());
    await eventually(
      'the load goes on',
      () => loads.every((each, index) => each.good() > (since[index] ?? 0) + 1),
      60_000,
    );
  };
  const status = (answer: { status: number; body: string }): string | undefined =>
    answer.status === 200 ? undefined : `${answer.status} ${answer.body.slice(0, 300)}`;

  it('fail nobody whom they do not concern', async () => {
    const person = 'li-wei-yuean';
    const { ONECERT_PORT: port } = city.ports;
    const agent = keepAliveAgent(city.pair(person));
    const browser = new Browser(city);
    await browser.signIn(await browser.follow('/census'), person);
    const tunnel = new WebSocket(`wss://localhost:${port}/rental-housing/consultation`, {
      ...city.pair(person),
      rejectUnauthorized: false,
    });
    const greeted = once(tunnel, 'message');
    await once(tunnel, 'open');
    await greeted;
    const loads = [
      startLoad(async () => status(await call(port, '/census', { agent })), 10),
      startLoad(async () => status(await call(port, '/census', { as: city.pair(person) })), 50),
      startLoad(async () => status(await browser.open('/census')), 50),
      startLoad(async () => {
        if (tunnel.readyState !== WebSocket.OPEN) return 'the tunnel is closed';
        const said = once(tunnel, 'message');
        tunnel.send('你好');
        return String((await said)[0]) === '你好' ? undefined : 'another answer';
      }, 50),
    ];
    await goOn(loads);

    const authority = 'ca-trust/zhujiang/authority.yaml';
    const windingDown = 'status: winding-down\nacceptIssuedBefore: 2099-01-01\n';
    await takeUp(() => city.edit(authority, 'authority: zhujiang\n', `authority: zhujiang\n${windingDown}`));
    await takeUp(() => city.edit(authority, windingDown, ''));
    const folder = join(city.trust, 'pengcheng');
    cpSync(folder, join(city.folder, 'pengcheng'), { recursive: true });
    const market = 'config/departments/market-supervision.yaml';
    await takeUp(() => {
      rmSync(folder, { recursive: true });
      city.edit(market, 'authorities: [yuean, pengcheng]', 'authorities: [yuean]');
    });
    await takeUp(() => {
      cpSync(join(city.folder, 'pengcheng'), folder, { recursive: true });
      city.edit(market, 'authorities: [yuean]', 'authorities: [yuean, pengcheng]');
    });
    await goOn(loads);

    const archive = 'config/departments/archive.yaml';
    const before = readFileSync(join(city.folder, archive), 'utf8');
    await takeUp(() =>
      city.edit(archive, 'claims: [unified-id, kind, name, identifiers, authority]', 'claims: [kind]'),
    );
    await takeUp(() => city.edit(archive, 'claims: [kind]', 'claims: [kind]\n    enabled: false'));
    await takeUp(() => city.edit(archive, '    enabled: false', ''));
    await takeUp(() =>
      city.edit(archive, /backends: .*/.exec(before)?.[0] ?? '', "backends: ['http://127.0.0.1:9']"),
    );

    const entries = async (): Promise<number> =>
      [...(await city.metric('onecert_crl_entries')).values()].reduce((sum, each) => sum + each, 0);
    for (const what of ['revoke', 'release', 'revoke', 'release'] as const) {
      const known = await entries();
      await city.authority('yuean', what, { person: 'chen-fang' });
      await eventually('the new CRL is in force', async () => (await entries()) !== known, 30_000);
    }
    for (const key of ['assertion.key', 'session.key', 'ticket.key']) {
      const { code, stderr } = await city.onecert(
        ...['keys', 'rotate', key, '--use-after', '4s', '--config', city.configuration],
      );
      expect({ code, stderr }).toMatchObject({ code: 0 });
    }
    await eventually('new keys are in use', async () => {
      const made = city.audit().filter(({ what, change }) => what === 'key' && change === 'made');
      return made.length === 3;
    });
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await goOn(loads);
    expect((await Promise.all(loads.map((load) => load.end()))).flat()).toEqual([]);
    expect(loads[0]?.good()).toBeGreaterThan(50);
    tunnel.terminate();
    agent.destroy();
  }, 400_000);

  it('are each in force whole: trust list and enrolments of one change, or of the one before, never one of each', async () => {
    // One of the two authorities is withdrawn, and the service takes the other, with claims of its own for each.
    const versions = { yuean: 'zhujiang', zhujiang: 'yuean' } as const;
    type Authority = keyof typeof versions;
    const claims = { yuean: '[unified-id, kind]', zhujiang: '[unified-id, name]' } as const;
    const census_ = 'config/departments/census.yaml';
    const place = 'path: /yuean-only\n';
    const original = {
      census: readFileSync(join(city.folder, census_), 'utf8'),
      yuean: readFileSync(join(city.folder, 'ca-trust/yuean/authority.yaml'), 'utf8'),
      zhujiang: readFileSync(join(city.folder, 'ca-trust/zhujiang/authority.yaml'), 'utf8'),
    };
    const write = (file: string, text: string, replace: string, by: string): void => {
      if (!text.includes(replace)) throw new Error(`${file} does not hold ${replace}`);
      city.edit(file, readFileSync(join(city.folder, file), 'utf8'), text.replace(replace, by));
    };
    const use = (accepted: Authority): Promise<void> =>
      takeUp(() => {
        const other = versions[accepted];
        const file = (authority: Authority): string => `ca-trust/${authority}/authority.yaml`;
        write(file(accepted), original[accepted], `authority: ${accepted}`, `authority: ${accepted}`);
        write(file(other), original[other], `authority: ${other}`, `status: withdrawn\nauthority: ${other}`);
        const service = `${place}    claims: ${claims[accepted]}\n`;
        write(
          census_,
          original.census.replace('authorities: [yuean]', `authorities: [${accepted}]`),
          place,
          service,
        );
      });
    await use('yuean');

    const outcomes = { yuean: new Map<string, number>(), zhujiang: new Map<string, number>() };
    const agents = {
      yuean: keepAliveAgent(city.pair('li-wei-yuean')),
      zhujiang: keepAliveAgent(city.pair('li-wei-zhujiang')),
    };
    const loads = (['yuean', 'zhujiang'] as const).flatMap((authority) =>
      [agents[authority], undefined].map((agent) =>
        startLoad(async () => {
          const as = city.pair(`li-wei-${authority}`);
          const answer = await call(city.ports.ONECERT_PORT, '/yuean-only', agent ? { agent } : { as });
          const told = answer.status === 200 ? (answer.json()['claims'] as object) : undefined;
          const outcome =
            told === undefined
              ? String(answer.json()['code'])
              : ['kind', 'name'].filter((name) => name in told).join(' and ');
          outcomes[authority].set(outcome, (outcomes[authority].get(outcome) ?? 0) + 1);
          return undefined;
        }, 1),
      ),
    );
    await goOn(loads);
    for (const accepted of ['zhujiang', 'yuean', 'zhujiang', 'yuean'] as const) {
      await use(accepted);
      await goOn(loads);
    }
    expect((await Promise.all(loads.map((load) => load.end()))).flat()).toEqual([]);
    Object.values(agents).forEach((agent) => agent.destroy());
    // Of a mixture it would be ONECERT_AUTHORITY_NOT_ACCEPTED, or the claims of the other version.
    expect([...outcomes.yuean.keys()].sort()).toEqual(['ONECERT_AUTHORITY_WITHDRAWN', 'kind']);
    expect([...outcomes.zhujiang.keys()].sort()).toEqual(['ONECERT_AUTHORITY_WITHDRAWN', 'name']);
  }, 300_000);
});
