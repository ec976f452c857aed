import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { startCensus, type Census } from '../integration/census.ts';
import { eventually, openSplitCity, type SplitCity } from '../integration/city.ts';
import { startLoad } from './load-client.ts';
import { haveTools } from '../tools.ts';

const mount = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', folder], { stdio: 'pipe' });
    return true;
  } catch (error) {
    if (process.env.ONECERT_REQUIRE_SERVICES === '1') throw error;
    return false;
  }
};
/** Whether this test may mount file systems: that takes root. */
const mayMount = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-mount-'));
  const mounted = mount(folder);
  if (mounted) execFileSync('umount', [folder]);
  return mounted;
})();
const ifItMay = mayMount && haveTools('curl', 'openssl') ? describe : describe.skip;

/** Takes all the room there is. */
const fill = (file: string): void => {
  const fd = openSync(file, 'w');
  try {
    for (const size of [65_536, 512, 1]) {
      const chunk = Buffer.alloc(size);
      try {
        for (;;) writeSync(fd, chunk);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(fd);
  }
};

ifItMay('the disk of the audit log full', () => {
  let census: Census;
  let city: SplitCity;
  let folder: string;
  beforeAll(async () => {
    census = await startCensus();
    city = await openSplitCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'info' } });
    folder = join(city.data, 'audit');
    mkdirSync(folder, { mode: 0o700 });
    mount(folder);
  });
  beforeEach(() => city.start());
  afterAll(async () => {
    await city.stop();
    execFileSync('umount', [folder]);
    await city.remove();
    await census.down();
  });

  const healthy = async (): Promise<number | undefined> =>
    (await city.metric('onecert_audit_healthy')).get('');
  const said = (about: string): boolean => city.log().some(({ msg }) => String(msg).includes(about));

  it('fails closed under load, says so, loses nothing acknowledged, and goes on when there is room; twice', async () => {
    const callers = ['li-wei-yuean', 'chen-fang-zhujiang', 'pengwan-tech-yuean', 'revoked-yuean'].map(
      (name) => city.pair(name),
    );
    const filler = join(folder, 'filler');
    for (let outage = 1; outage <= 2; outage++) {
      const load = startLoad({ port: city.ports.ONECERT_PORT, callers, path: '/census/reference' });
      await eventually('the load is under way', () => load.allowed.length > 50 && load.refused.length > 5);
      fill(filler);
      await eventually('calls are refused for it', () =>
        load.refused.some(({ code }) => code === 'ONECERT_AUDIT_UNAVAILABLE'),
      );
      await load.stop();
      expect(load.failed).toEqual([]);

      const before = census.received.length;
      for (const [path, as] of [
        ['/census', 'li-wei-yuean'],
        ['/census', undefined],
        ['/nowhere', 'li-wei-zhujiang'],
      ] as const) {
        const answer = await city.curl(path, { as });
        expect([answer.status, answer.json().code]).toEqual([503, 'ONECERT_AUDIT_UNAVAILABLE']);
        expect(answer.headers['retry-after']).toBe('5');
      }
      expect(census.received.length).toBe(before);
      expect(await healthy()).toBe(0);
      const ready = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`);
      expect([ready.status, await ready.text()]).toEqual([
        503,
        expect.stringContaining('the audit log cannot be written'),
      ]);
      expect(said('the audit log cannot be written')).toBe(true);

      rmSync(filler);
      await eventually('it goes on', async () => (await healthy()) === 1);
      expect((await city.curl('/census', { as: 'li-wei-yuean' })).status).toBe(200);
      expect(said('the audit log can be written again')).toBe(true);

      const kept = new Set(city.audit().map(({ reference }) => reference));
      const acknowledged = [
        ...load.allowed,
        ...load.refused
          .filter(({ code }) => code !== 'ONECERT_AUDIT_UNAVAILABLE')
          .map(({ reference }) => reference),
      ];
      expect(acknowledged.filter((reference) => !kept.has(reference))).toEqual([]);
      expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
    }
    const outages = city.audit().filter(({ event, what }) => event === 'recovery' && what === 'outage');
    expect(outages).toHaveLength(2);
    expect(outages[0]).toMatchObject({ reason: expect.stringContaining('ENOSPC') as string });
    expect((await city.onecert('audit', 'verify', folder)).code).toBe(0);
    expect(await city.stop()).toBe(0);
  });

  it('a change of the files meanwhile is kept when there is room, without another edit', async () => {
    const filler = join(folder, 'filler');
    const closed = async () => (await city.curl('/closed', { as: 'li-wei-yuean' })).status;
    expect(await closed()).toBe(403);
    fill(filler);
    // The last page of the log has some room yet.
    await eventually('the log is full', async () => {
      await closed();
      return (await healthy()) === 0;
    });
    city.edit('config/departments/census.yaml', 'enabled: false', 'enabled: true');
    const notTaken = () => city.log().filter(({ msg }) => String(msg).includes('configuration not taken'));
    await eventually('the change is not taken', () => notTaken().length > 0);
    // Two more attempts at least.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await closed()).not.toBe(200);
    expect(notTaken()).toMatchObject([{ code: 'ONECERT_AUDIT_UNAVAILABLE' }]);
    rmSync(filler);
    await eventually('the change is in force', async () => (await closed()) === 200);
    expect(
      city
        .audit()
        .filter(({ step, name, version }) => step === 'taken' && name === 'census' && version === 2),
    ).toHaveLength(1);
  });
});
