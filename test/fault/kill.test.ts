import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { startCensus, type Census } from '../integration/census.ts';
import { eventually, openSplitCity, type SplitCity } from '../integration/city.ts';
import { startLoad } from './load-client.ts';
import { describeWith } from '../tools.ts';

/** Each begins with a start of the whole gateway. */
const ROUNDS = process.env['ONECERT_LONG_TESTS'] === '1' ? 20 : 3;

describeWith('curl')('the gateway killed under load', () => {
  let census: Census;
  let city: SplitCity;
  beforeAll(async () => {
    census = await startCensus();
    city = await openSplitCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'warn' } });
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  it(`has every acknowledged call and refusal in a log that verifies, ${ROUNDS} times in a row`, async () => {
    const people = ['li-wei-yuean', 'chen-fang-zhujiang', 'pengwan-tech-yuean', 'lianhua-trade-zhujiang'];
    const callers = [...people, ...people, 'revoked-yuean', 'expired-zhujiang'].map((name) =>
      city.pair(name),
    );
    const acknowledged = { allowed: 0, refused: 0 };
    for (let round = 1; round <= ROUNDS; round++) {
      await city.start();
      const load = startLoad({ port: city.ports.ONECERT_PORT, callers, path: '/census/reference' });
      await eventually('the load is under way', () => load.allowed.length > 50 && load.refused.length > 5);
      await new Promise((resolve) => setTimeout(resolve, randomInt(0, 150)));
      expect(await city.stop('SIGKILL')).toBeNull();
      await load.stop();

      expect(await verifyAuditLog(join(city.data, 'audit'))).toMatchObject({ ok: true });
      const entries = city.audit();
      const calls = new Set(
        entries.filter(({ event }) => event === 'call').map(({ reference }) => reference),
      );
      expect(load.allowed.filter((reference) => !calls.has(reference))).toEqual([]);
      const refusals = new Map(
        entries.filter(({ event }) => event === 'refusal').map(({ reference, code }) => [reference, code]),
      );
      expect(load.refused.filter(({ reference, code }) => refusals.get(reference) !== code)).toEqual([]);
      acknowledged.allowed += load.allowed.length;
      acknowledged.refused += load.refused.length;
    }
    expect(acknowledged.allowed).toBeGreaterThan(50 * ROUNDS);

    // What was killed serves again, and by the same names.
    await city.start();
    const answer = await city.curl('/census', { as: 'li-wei-yuean' });
    expect(answer.status).toBe(200);
    expect(await city.stop()).toBe(0);
    const verified = await city.onecert('audit', 'verify', join(city.data, 'audit'));
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('the chain is whole')]);
    const events = city.audit().map(({ event }) => event);
    expect(events.filter((event) => event === 'start')).toHaveLength(ROUNDS + 1);
    expect(events.filter((event) => event === 'stop')).toHaveLength(1);
  }, 240_000);
});
