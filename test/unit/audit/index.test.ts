import { createAnswerFigures } from '../../../src/audit/answer-figures.ts';
import { rmSync } from 'node:fs';
import type { AuditFilter } from '../../../src/audit/audit-index.ts';
import {
  addToBitmap,
  addToHyperLogLog,
  countBitmap,
  countHyperLogLog,
  newBitmap,
  newHyperLogLog,
} from '../../../src/audit/distinct-count.ts';
import type { AuditEntry } from '../../../src/audit/entry.ts';
import { identityOwner } from '../../../src/audit/personal-fields.ts';
import { createHash } from 'node:crypto';
import { inFiles, inPostgres } from './index-forms.ts';
import { openIndexedLog, type IndexedLog } from './indexed-log.ts';
import { segmentsOf } from './written-log.ts';

const HOUR = 3_600_000;
const AT = Date.UTC(2026, 10, 24, 8);
const call = (number: number, more: object = {}): AuditEntry => ({
  event: 'call',
  at: AT + number,
  reference: `r${number}`,
  trace: `t${number % 2}`,
  unifiedId: number % 2 === 0 ? 'anna' : 'bela',
  thumbprint: number % 2 === 0 ? 'of-anna' : 'of-bela',
  from: `192.0.2.${number}`,
  department: 'tax',
  service: 'invoices',
  ...more,
});

describe.each([inFiles, inPostgres()])('in $name', ({ run, stores, held, remove }) => {
  run('the index of the audit log', () => {
    let log: IndexedLog;
    beforeEach(async () => {
      log = await openIndexedLog({ segmentBytes: 2_000, stores });
    });
    afterEach(async () => {
      await log.close();
      await remove();
    });
    const seqs = async (filter: AuditFilter, limit = 100, before?: number): Promise<number[]> =>
      (await log.index.search(filter, { limit, ...(before !== undefined && { before }) })).map(
        ({ seq }) => seq,
      );

    it('finds entries by everything it is asked for, the newest first, page by page', async () => {
      await log.record(...[1, 2, 3, 4, 5].map((number) => call(number)));
      await log.record({
        event: 'refusal',
        at: AT + HOUR,
        code: 'ONECERT_X',
        from: '192.0.2.9',
        service: 'census',
      });
      await log.record({ event: 'change', at: AT + HOUR, what: 'x', by: 'officer' });
      expect(await log.follower.catchUp()).toBe(7);
      expect(await seqs({})).toEqual([7, 6, 5, 4, 3, 2, 1]);
      expect(await seqs({}, 2, 4)).toEqual([3, 2]);
      expect(await seqs({ unifiedId: 'anna' })).toEqual([4, 2]);
      expect(await seqs({ unifiedId: 'anna', event: 'refusal' })).toEqual([]);
      expect(await seqs({ certificate: 'of-bela' })).toEqual([5, 3, 1]);
      expect(await seqs({ trace: 't0' })).toEqual([4, 2]);
      expect(await seqs({ reference: 'r3' })).toEqual([3]);
      expect(await seqs({ code: 'ONECERT_X', service: 'census' })).toEqual([6]);
      expect(await seqs({ actor: 'officer' })).toEqual([7]);
      expect(await seqs({ from: AT + 2, to: AT + 4, department: 'tax' })).toEqual([3, 2]);
    });

    it('holds nothing personal in the clear', async () => {
      await log.record(...[1, 2, 3].map((number) => call(number, { path: '/440305199001011234' })));
      await log.follower.catchUp();
      const bytes = await held(log.data);
      expect(bytes).toContain('invoices');
      expect(bytes).not.toMatch(/anna|bela|192\.0\.2|4403/);
    });

    it('is the same when it is made again', async () => {
      await log.record(...Array.from({ length: 40 }, (_, number) => call(number)));
      await log.follower.catchUp();
      const range = { from: AT, to: AT + HOUR };
      const known = [await log.index.search({}, { limit: 100 }), await log.index.figures(range, 'hour')];
      await log.follower.rebuild();
      expect(await seqs({})).toEqual([]);
      await log.follower.catchUp();
      expect([await log.index.search({}, { limit: 100 }), await log.index.figures(range, 'hour')]).toEqual(
        known,
      );
    });

    it('drops entries whose segments are retired, and keeps their figures', async () => {
      await log.record(...Array.from({ length: 30 }, (_, number) => call(number)));
      await log.follower.catchUp();
      const files = segmentsOf(log.folder);
      for (const file of files.slice(0, 2)) rmSync(file);
      await log.follower.catchUp();
      expect((await log.index.search({}, { limit: 100 })).every(({ segment }) => segment >= 3)).toBe(true);
      expect(await log.index.figures({ from: AT, to: AT + HOUR }, 'total')).toMatchObject([{ calls: 30 }]);
    });

    it('forgets what finds a destroyed identity', async () => {
      await log.record(...[1, 2, 3, 4].map((number) => call(number)));
      await log.follower.catchUp();
      const holder = (await log.keys.destroy(identityOwner('anna'))) ?? '';
      await log.index.forget(holder);
      expect(await seqs({ unifiedId: 'anna' })).toEqual([]);
      expect(await seqs({ certificate: 'of-anna' })).toEqual([]);
      expect(await seqs({ certificate: 'of-bela' })).toEqual([3, 1]);
      expect(
        await log.index.busyCertificates({ from: AT, to: AT + HOUR }, { addresses: 1, limit: 9 }),
      ).toHaveLength(1);
    });

    it('keeps what single certificates did for eight days, and counts on', async () => {
      await log.record(call(1), call(2), call(3, { at: AT + 8 * 24 * HOUR - 1 }));
      await log.follower.catchUp();
      const busy = (from: number) =>
        log.index.busyCertificates({ from, to: AT + 30 * 24 * HOUR }, { addresses: 1, limit: 9 });
      expect((await busy(AT)).map(({ calls }) => calls).sort()).toEqual([1, 2]);
      await log.record(call(5, { at: AT + 8 * 24 * HOUR + HOUR }));
      await log.follower.catchUp();
      expect(await busy(AT)).toMatchObject([{ calls: 2, hours: 2 }]);
      expect(await log.index.figures({ from: AT, to: AT + 30 * 24 * HOUR }, 'total')).toMatchObject([
        { calls: 4 },
      ]);
    });

    it('counts by hour, day and in all: calls, refusals, failures, times, certificates, addresses', async () => {
      await log.record(...[1, 2, 3, 5, 7].map((number) => call(number)));
      await log.record(call(9, { at: AT + HOUR + 1 }));
      const service = { department: 'tax', service: 'invoices' };
      await log.record(
        { event: 'refusal', at: AT, code: 'ONECERT_A', from: '192.0.2.1', ...service },
        { event: 'refusal', at: AT, code: 'ONECERT_A', from: '192.0.2.1', ...service },
        {
          event: 'outcome',
          at: AT,
          outcome: 'answered-by-gateway',
          code: 'ONECERT_UPSTREAM_TIMEOUT',
          ...service,
        },
        { event: 'outcome', at: AT, outcome: 'client-gone', ...service },
        {
          event: 'answers',
          at: AT,
          answered: 5,
          serverErrors: 1,
          duration: 42,
          histogram: '1,0,4',
          ...service,
        },
      );
      await log.follower.catchUp();
      const range = { from: AT, to: AT + 2 * HOUR };
      expect(await log.index.figures(range, 'hour')).toMatchObject([
        {
          at: AT,
          ...service,
          calls: 5,
          refusals: 2,
          upstreamFailures: 1,
          broken: 1,
          answered: 5,
          serverErrors: 1,
          duration: 42,
          histogram: [1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
          certificates: 2,
        },
        { at: AT + HOUR, calls: 1, certificates: 1 },
      ]);
      expect(await log.index.figures(range, 'total')).toMatchObject([{ at: AT, calls: 6, certificates: 2 }]);
      expect(await log.index.figures({ ...range, service: 'other' }, 'day')).toEqual([]);
      expect(await log.index.codes(range, 'day')).toEqual(
        expect.arrayContaining([{ at: AT, ...service, outcome: 'refusal', code: 'ONECERT_A', count: 2 }]),
      );
      const busy = await log.index.busyCertificates(range, { addresses: 2, limit: 10 });
      expect(busy).toMatchObject([{ calls: 5, hours: 2 }]);
      expect(busy[0]?.addresses).toBeGreaterThanOrEqual(4);
    });
  });
});

describe('estimates of distinct things', () => {
  const item = (number: number): Buffer => createHash('sha256').update(String(number)).digest();
  it.each([0, 1, 10, 1_000, 50_000])('are near the truth for %i', (count) => {
    const registers = newHyperLogLog();
    for (let number = 0; number < count; number++) addToHyperLogLog(registers, item(number));
    // Three standard errors.
    expect(Math.abs(countHyperLogLog(registers) - count)).toBeLessThanOrEqual(count * 0.2);
  });
  it.each([0, 1, 5, 40, 100])('of addresses are near the truth for %i', (count) => {
    const bitmap = newBitmap();
    for (let number = 0; number < count; number++) addToBitmap(bitmap, item(number));
    expect(Math.abs(countBitmap(bitmap) - count)).toBeLessThanOrEqual(count * 0.25 + 1);
  });
});

describe('createAnswerFigures', () => {
  it('records what it counted, an entry for each service, once', () => {
    const kept: AuditEntry[] = [];
    let now = 1_000;
    const figures = createAnswerFigures({ healthy: true, record: (each) => void kept.push(each) }, () => now);
    figures.answered('tax', 'invoices', 200, 3.4);
    figures.answered('tax', 'invoices', 503, 20_000);
    figures.answered('tax', 'filing', 200, 10);
    now = 2_000;
    figures.flush();
    figures.flush();
    expect(kept).toEqual([
      {
        event: 'answers',
        at: 2_000,
        since: 1_000,
        department: 'tax',
        service: 'invoices',
        answered: 2,
        serverErrors: 1,
        duration: 20_003,
        histogram: '1,0,0,0,0,0,0,0,0,0,0,1',
      },
      expect.objectContaining({ service: 'filing', answered: 1, histogram: '0,1,0,0,0,0,0,0,0,0,0,0' }),
    ]);
  });
});
