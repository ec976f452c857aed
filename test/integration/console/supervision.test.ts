import { parse } from 'yaml';
import { writeCsv } from '../../../src/admin/supervision/csv.ts';
import { percentile } from '../../../src/admin/supervision/measures.ts';
import type { AuditEntry } from '../../../src/audit/entry.ts';
import { targetsSchema } from '../../../src/services/targets.ts';
import { openIndexedLog, type IndexedLog } from '../../unit/audit/indexed-log.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TAX = { department: 'tax', service: 'joint-tax-registration' };
const SCHOOL = { department: 'education', service: 'school-enrolment' };
type Of = typeof TAX;

/** Ten o'clock in the city on 10 March 2026, and the day before. */
const MARCH = Date.UTC(2026, 2, 10, 2);
const MARCH_ASKED = 'range=dates&from=2026-03-09&to=2026-03-10';

let made = 0;
const call = (of: Of, at: number, more: object = {}): AuditEntry => {
  made += 1;
  return {
    event: 'call',
    at,
    reference: `r${made}`,
    unifiedId: 'anna',
    thumbprint: 'of-anna',
    from: '192.0.2.1',
    ...of,
    ...more,
  };
};
const refusal = (of: Partial<Of>, at: number, code: string): AuditEntry => ({
  event: 'refusal',
  at,
  code,
  from: '192.0.2.1',
  ...of,
});
const answers = (of: Of, at: number, histogram: readonly number[], serverErrors = 0): AuditEntry => ({
  event: 'answers',
  at,
  answered: histogram.reduce((sum, count) => sum + count, 0),
  serverErrors,
  duration: 1,
  histogram: histogram.join(','),
  ...of,
});
const many = (count: number, entry: (index: number) => AuditEntry): AuditEntry[] =>
  Array.from({ length: count }, (_none, index) => entry(index));

describe('e-supervision in the console', () => {
  let log: IndexedLog;
  let opened: OpenedConsole;
  let operator: ConsoleVisitor;
  let officer: ConsoleVisitor;
  let now: number;
  let entries: readonly AuditEntry[];

  beforeAll(async () => {
    log = await openIndexedLog();
    opened = await openConsole({ auditIndex: log.index });
    operator = await opened.signIn('operator');
    officer = await opened.signIn('taxOfficer');
    ({ now } = opened.clock);
    entries = [
      ...many(40, (index) => call(TAX, MARCH + index, { thumbprint: `of-${index % 3}` })),
      ...many(7, (index) => call(TAX, MARCH - DAY + index)),
      ...many(9, (index) => call(SCHOOL, MARCH + index)),
      ...many(5, () => refusal(TAX, MARCH, 'ONECERT_CERT_REVOKED')),
      ...many(3, () => refusal(SCHOOL, MARCH, 'ONECERT_SERVICE_DISABLED')),
      ...many(2, () => refusal({}, MARCH, 'ONECERT_SERVICE_NOT_FOUND')),
      ...many(1, () => ({
        event: 'outcome',
        at: MARCH,
        outcome: 'answered-by-gateway',
        code: 'ONECERT_UPSTREAM_TIMEOUT',
        ...TAX,
      })),
      // 10 within 10 ms, 30 within 25 ms, 7 within 100 ms; two of them errors, one of these the gateway's own.
      answers(TAX, MARCH, [0, 10, 30, 0, 7], 2),
      // Just before and just after what is asked for.
      call(TAX, Date.UTC(2026, 2, 8, 15, 59)),
      call(TAX, Date.UTC(2026, 2, 10, 16)),
    ];
    await log.record(...entries);
    await log.follower.catchUp();
  }, 120_000);
  afterAll(async () => {
    await opened.close();
    await log.close();
  });

  const countIn = (event: string, of: Partial<Of>, from: number, to: number): number =>
    entries.filter(
      (entry) =>
        entry.event === event &&
        entry.at >= from &&
        entry.at < to &&
        Object.entries(of).every(([name, value]) => entry[name] === value),
    ).length;
  const [FROM, TO] = [Date.UTC(2026, 2, 8, 16), Date.UTC(2026, 2, 10, 16)];

  it('adds up what the log tells, by department, service, code and hour', async () => {
    const { status, body } = await operator.call('GET', `/supervision/figures?${MARCH_ASKED}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() });
    expect(body['total']).toMatchObject({
      calls: countIn('call', {}, FROM, TO),
      refusals: countIn('refusal', {}, FROM, TO),
    });
    const departments = body['departments'] as Record<string, unknown>[];
    for (const whose of [TAX, SCHOOL]) {
      expect(departments.find(({ department }) => department === whose.department)).toMatchObject({
        calls: countIn('call', whose, FROM, TO),
        refusals: countIn('refusal', whose, FROM, TO),
      });
    }
    expect(body['refusals']).toEqual([
      { ...TAX, code: 'ONECERT_CERT_REVOKED', count: 5 },
      { ...SCHOOL, code: 'ONECERT_SERVICE_DISABLED', count: 3 },
      { department: '', service: '', code: 'ONECERT_SERVICE_NOT_FOUND', count: 2 },
    ]);
    const steps = body['steps'] as { at: string; calls: number }[];
    expect(steps).toHaveLength(48);
    for (const { at, calls } of steps) {
      const begins = Date.parse(at);
      expect([at, calls]).toEqual([at, countIn('call', {}, begins, begins + HOUR)]);
    }
  });

  it('estimates latency within the bucket, and availability by calls that reached a back end', async () => {
    const { body } = await operator.call('GET', `/supervision/figures?${MARCH_ASKED}&service=${TAX.service}`);
    const [tax] = body['services'] as Record<string, number>[];
    // The 24th of 47 is the 14th of 30 between 10 and 25 ms; ranks are shares of 47.
    expect(tax?.['p50']).toBeCloseTo(10 + (15 * (23.5 - 10)) / 30, 6);
    expect(tax?.['p95']).toBeCloseTo(50 + (50 * (44.65 - 40)) / 7, 6);
    expect(tax?.['p99']).toBeCloseTo(50 + (50 * (46.53 - 40)) / 7, 6);
    expect(tax?.['availability']).toBeCloseTo((100 * 45) / 47, 6);
    expect(Math.abs((tax?.['certificates'] ?? 0) - 4)).toBeLessThanOrEqual(1);
    const { body: school } = await operator.call(
      'GET',
      `/supervision/figures?${MARCH_ASKED}&service=${SCHOOL.service}`,
    );
    // Nothing is known of answers: no 0 %, and no 100 %.
    expect(school['total']).not.toHaveProperty('availability');
    expect(school['total']).not.toHaveProperty('p95');
  });

  it('sums days up by the clock of the city', async () => {
    const { body } = await operator.call(
      'GET',
      `/supervision/figures?range=dates&from=2026-03-08&to=2026-03-11&department=tax`,
    );
    const steps = body['steps'] as { at: string; calls: number }[];
    expect(steps.map(({ calls }) => calls)).toEqual([1, 7, 40, 1]);
    expect(steps[0]?.at).toBe('2026-03-07T16:00:00.000Z');
  });

  it('shows them on the page with charts, their tables, and titles of refusals', async () => {
    const { body, status } = await operator.page(`/console/supervision?${MARCH_ASKED}`);
    expect(status).toBe(200);
    expect(body).toContain('Tax Bureau');
    expect(body).toContain('Education Bureau');
    expect(body).toContain('ONECERT_CERT_REVOKED');
    expect(body).toContain('95.74 %');
    expect(body.match(/<svg viewBox="0 0 720 240"/g)).toHaveLength(3);
    expect(body.match(/Show as a table/g)).toHaveLength(3);
    expect(body).toContain('How these figures come about');
  });

  it('shows hours without an answer as such in the chart of latency, not as 0 ms', async () => {
    const { body } = await operator.page(`/console/supervision?${MARCH_ASKED}`);
    const cells = [...body.matchAll(/<td data-label="p95"[^>]*><div>([^<]*)<\/div>/g)].map(
      ([, text]) => text,
    );
    expect(cells).toHaveLength(48);
    expect(cells.filter((text) => text !== '–')).toHaveLength(1);
    expect(cells).not.toContain('0');
  });

  it.each([
    ['range=dates&from=2026-03-09', 'from a day, and no end'],
    ['range=dates&from=2026-03-10&to=2026-03-09', 'to a day before'],
    ['range=dates&from=2026-01-01&to=2026-12-31', 'more days than a page is for'],
    ['range=dates&from=2026-02-30&to=2026-03-01', 'a day there is not'],
    ['range=decade', 'a range there is not'],
  ])('says what is wrong with %s', async (asked, _why) => {
    expect((await operator.page(`/console/supervision?${asked}`)).status).toBe(422);
    const { status, body } = await operator.call('GET', `/supervision/figures?${asked}`);
    expect([status, body['code']]).toEqual([422, 'ONECERT_INPUT_INVALID']);
    expect((await operator.page(`/console/supervision/figures.csv?${asked}`)).status).toBe(422);
  });

  it('shows an officer the own department, whatever is asked for', async () => {
    const { body } = await officer.page(`/console/supervision?${MARCH_ASKED}`);
    expect(body).toContain('Joint Tax Registration');
    expect(body).not.toMatch(/Education Bureau|School Enrolment|ONECERT_SERVICE_NOT_FOUND/);
    const { body: own } = await officer.call('GET', `/supervision/figures?${MARCH_ASKED}`);
    expect(own['total']).toMatchObject({ calls: 47, refusals: 5 });
    expect((own['departments'] as unknown[]).length).toBe(1);
    for (const asked of ['department=education', `service=${SCHOOL.service}`, 'department=tax2']) {
      const { body: refused } = await officer.call('GET', `/supervision/figures?${asked}`);
      expect([asked, refused['code']]).toEqual([asked, 'ONECERT_OTHER_DEPARTMENT']);
      for (const path of ['', '/figures.csv', '/refusals.csv'])
        expect((await officer.page(`/console/supervision${path}?${asked}`)).status).toBe(404);
    }
    const both = await officer.call('GET', `/supervision/figures?department=tax&service=${SCHOOL.service}`);
    expect(both.body['code']).toBe('ONECERT_OTHER_DEPARTMENT');
    const { body: csv } = await officer.page(`/console/supervision/refusals.csv?${MARCH_ASKED}`);
    expect(csv).toContain('ONECERT_CERT_REVOKED');
    expect(csv).not.toContain('education');
  });

  it('gives them as CSV that spreadsheets open in Chinese', async () => {
    const { body, headers } = await operator.ask(`/console/supervision/figures.csv?${MARCH_ASKED}`, {
      headers: { 'accept-language': 'zh-CN' },
    });
    expect(headers['content-type']).toContain('text/csv');
    expect(headers['content-disposition']).toContain('onecert-figures-2026-03-09-2026-03-10.csv');
    // Reading it as text takes the byte order mark away: three octets more than are left were sent.
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body) + 3);
    const lines = body.split('\r\n');
    expect(lines.at(-1)).toBe('');
    const columns = lines[0]?.split(',') ?? [];
    const tax = lines.find((line) => line.includes(TAX.service))?.split(',') ?? [];
    expect(tax).toHaveLength(columns.length);
    expect(Object.fromEntries(columns.map((name, index) => [name, tax[index]]))).toMatchObject({
      部门: '税务局',
      调用: '47',
      拒绝: '5',
      '可用率 %': '95.7447',
    });
  });

  it('writes no formula into CSV, and quotes what has to be', () => {
    const texts = ['=1+1', '+1', '-1', '@x', '\tx', 'a,b', 'say "x"', 'two\nlines', '税务', 'plain'];
    expect(writeCsv(['h'], [texts, [-1, 2.5, undefined]])).toBe(
      `\uFEFFh\r\n'=1+1,'+1,'-1,'@x,'\tx,"a,b","say ""x""","two\nlines",税务,plain\r\n-1,2.5,\r\n`,
    );
  });

  it('finds one certificate from many addresses, bursts of a refusal and failures that jump', async () => {
    await log.record(
      ...many(40, (index) => call(TAX, now, { thumbprint: 'shared', from: `198.51.100.${index}` })),
      ...many(40, (index) => call(TAX, now, { thumbprint: 'at-home', from: `198.51.100.${index % 2}` })),
      ...many(60, () => refusal(SCHOOL, now, 'ONECERT_CERT_EXPIRED')),
      ...many(49, () => refusal(SCHOOL, now, 'ONECERT_CERT_REVOKED')),
      // Usual there: 20 an hour for the seven days before, so that 60 are no burst.
      ...many(60, () => refusal(TAX, now, 'ONECERT_CERT_EXPIRED')),
      ...many(3_360, (index) => refusal(TAX, now - 2 * DAY - index, 'ONECERT_CERT_EXPIRED')),
      answers(TAX, now, [80], 12),
      answers(TAX, now - 2 * DAY, [1_000], 10),
      answers(SCHOOL, now, [100], 12),
      answers(SCHOOL, now - 2 * DAY, [100], 9),
    );
    await log.follower.catchUp();
    const { body } = await operator.call('GET', '/supervision/patterns');
    const certificates = body['certificates'] as { certificate: string; calls: number; addresses: number }[];
    expect(certificates).toHaveLength(1);
    expect(certificates[0]).toMatchObject({ calls: 40 });
    expect(certificates[0]?.certificate).toMatch(/^[0-9a-f]{32,}$/);
    expect(Math.abs((certificates[0]?.addresses ?? 0) - 40)).toBeLessThanOrEqual(8);
    expect(JSON.stringify(body)).not.toMatch(/shared|198\.51/);
    expect(body['bursts']).toMatchObject([{ ...SCHOOL, code: 'ONECERT_CERT_EXPIRED', count: 60, usual: 0 }]);
    // 15 % against 1 % before; 12 % against 9 % before is no jump.
    expect(body['failures']).toMatchObject([{ ...TAX, failures: 12, reached: 80, share: 15, usual: 1 }]);
    const { body: page } = await operator.page('/console/supervision/patterns');
    expect(page).toContain('at least 20 different addresses');
    expect(page).toContain('at least 50 times with one code, and at least 5 times');
    expect(page).toContain(`${certificates[0]?.certificate.slice(0, 16)}…`);
  }, 60_000);

  it('tells an officer of the own department what is unusual, and nothing of certificates', async () => {
    const { body } = await officer.call('GET', '/supervision/patterns');
    expect(body).not.toHaveProperty('certificates');
    expect(body['bursts']).toEqual([]);
    expect(body['failures']).toMatchObject([TAX]);
    const { body: page } = await officer.page('/console/supervision/patterns');
    expect(page).not.toContain('School Enrolment');
  });

  describe('targets and score cards', () => {
    const year = new Date(Date.now() + 8 * HOUR).getUTCFullYear();
    const cardsOf = async (visitor: ConsoleVisitor) => {
      const { body } = await visitor.call('GET', `/supervision/scores?year=${year}`);
      return body as {
        ranked: number;
        cards: {
          department: string;
          total?: number;
          rank?: number;
          unknown: number;
          lines: { indicator: string; target: number; actual?: number; points?: number; of: number }[];
        }[];
      };
    };

    it('gives no score where there are no targets', async () => {
      expect((await cardsOf(operator)).cards).toEqual([]);
      expect((await operator.page('/console/supervision/scores')).body).toContain('No targets are set');
    });

    it('is set by an operator and in force at once', async () => {
      const saved = await operator.submit('/console/supervision/targets', '/console/supervision/targets', {
        year: String(year),
        'default-availability': '99',
        'default-p95': '50',
        'default-online': '100',
        'default-calls': '1000000',
        'weight-availability': '40',
        'weight-p95': '20',
        'weight-online': '20',
        'weight-calls': '20',
        'weight-ownRefusals': '0',
        'of-tax-availability': '90',
        note: 'first',
      });
      expect([saved.status, saved.headers.location]).toEqual([
        303,
        `/console/supervision/targets?year=${year}&saved`,
      ]);
      const files = await opened.files({ kind: 'targets', name: String(year) });
      expect(targetsSchema.parse(parse(files['targets.yaml'] ?? ''))).toMatchObject({
        default: { availability: 99, p95: 50, online: 100, calls: 1_000_000 },
        departments: { tax: { availability: 90 } },
      });
      expect(opened.entries().findLast(({ event }) => event === 'change')).toMatchObject({ kind: 'targets' });
    });

    it('gives points by the formula, and none for what is not known', async () => {
      const { cards, ranked } = await cardsOf(operator);
      expect(cards).toHaveLength(8);
      const own = async (of: Of) => {
        const figures = await log.index.figures(
          { from: Date.UTC(year, 0, 1) - 8 * HOUR, to: now + HOUR, ...of },
          'total',
        );
        const { answered = 0, serverErrors = 0, calls = 0, histogram = [] } = figures[0] ?? {};
        return {
          failed: (100 * serverErrors) / answered,
          calls,
          p95: percentile(histogram, 0.95) ?? NaN,
        };
      };
      const elapsed =
        (now - (Date.UTC(year, 0, 1) - 8 * HOUR)) / (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1));
      for (const [of, allowed] of [
        [TAX, 10],
        [SCHOOL, 1],
      ] as const) {
        const { failed, calls, p95 } = await own(of);
        const card = cards.find(({ department }) => department === of.department);
        const points = Object.fromEntries(card?.lines.map((line) => [line.indicator, line.points]) ?? []);
        expect(points['availability']).toBeCloseTo(40 * Math.min(1, allowed / failed), 0);
        expect(points['p95']).toBeCloseTo(20 * Math.min(1, 50 / p95), 0);
        expect(points['online']).toBe(20);
        expect(points['calls']).toBeCloseTo((20 * calls) / (1_000_000 * elapsed), 0);
        expect(card?.total).toBeCloseTo(
          Object.values(points).reduce<number>((sum, each) => sum + (each ?? 0), 0),
          0,
        );
      }
      // Nobody has called them: online is known, and makes no rank.
      const housing = cards.find(({ department }) => department === 'housing');
      expect(housing).toMatchObject({ unknown: 80 });
      expect(housing?.lines.find(({ indicator }) => indicator === 'online')).toMatchObject({
        actual: 50,
        points: 10,
      });
      expect(housing).not.toHaveProperty('rank');
      expect(housing).not.toHaveProperty('total');
      expect(ranked).toBe(2);
      expect(cards.slice(0, 2).map(({ rank }) => rank)).toEqual([1, 2]);
      expect(cards[0]?.total).toBeGreaterThan(cards[1]?.total as number);
    });

    it('shows an officer the own card with its rank, and no other', async () => {
      const { cards, ranked } = await cardsOf(officer);
      expect(cards.map(({ department }) => department)).toEqual(['tax']);
      expect(ranked).toBe(2);
      const { body } = await officer.page('/console/supervision/scores');
      expect(body).toMatch(/Rank \d of 2 departments/);
      expect(body).not.toContain('Education Bureau');
      expect((await officer.page('/console/supervision/scores.csv')).body).not.toContain('education');
      const targets = await officer.page('/console/supervision/targets');
      expect(targets.body).not.toContain('Education Bureau');
      expect(targets.body).toContain('<fieldset disabled');
      expect((await officer.call('GET', '/supervision/targets')).body['code']).toBe('ONECERT_ROLE_REQUIRED');
    });

    it('gives the score card as CSV', async () => {
      const { body } = await operator.page(`/console/supervision/scores.csv?year=${year}`);
      const [card] = (await cardsOf(operator)).cards;
      expect(body).toContain(`${year},${card?.department},`);
      expect(body).toContain(`,Total,,,${card?.total},100,1\r\n`);
      // What is not known is empty.
      expect(body).toMatch(/housing,[^\r]*"Availability \(%, at least\)",99,,,40,\r\n/);
    });

    it('keeps what was written when somebody else was faster, and says everything wrong', async () => {
      const second = await opened.signIn('second');
      const path = '/console/supervision/targets';
      const { body: form } = await operator.page(path);
      const base = /name="base" value="(\d+)"/.exec(form)?.[1] ?? '';
      const faster = await second.submit(path, path, { 'default-availability': '98' });
      expect(faster.status).toBe(303);
      const late = await operator.ask(path, {
        method: 'POST',
        headers: { 'accept-language': 'en' },
        body: new URLSearchParams({
          token: opened.tokenOf(operator),
          base,
          year: String(year),
          'default-availability': '97.5',
        }),
      });
      expect(late.status).toBe(409);
      expect(late.body).toContain('ONECERT_CHANGE_STALE');
      expect(late.body).toContain('value="97.5"');
      const wrong = await operator.submit(path, path, {
        'default-availability': '101',
        'of-tax-calls': '1.5',
      });
      expect(wrong.status).toBe(422);
      expect(wrong.body).toContain('default.availability');
      expect(wrong.body).toContain('departments.tax.calls');
    });

    it('is set through the API with the version it was made from', async () => {
      const { body, headers } = await operator.call('GET', `/supervision/targets?year=${year}`);
      const put = (targets: object, version: string) =>
        operator.call('PUT', '/supervision/targets', {
          body: { year, targets },
          headers: { 'if-match': version },
        });
      expect((await put(body['targets'] as object, '"1"')).body['code']).toBe('ONECERT_CHANGE_STALE');
      const done = await put({ default: { online: 90 } }, headers.etag as string);
      expect(done.body).toMatchObject({ targets: { default: { online: 90 }, weights: { online: 20 } } });
      const unknown = await put({ departments: { nobody: { online: 1 } } }, done.headers.etag as string);
      expect(unknown.body['code']).toBe('ONECERT_INPUT_INVALID');
      const refused = await officer.call('PUT', '/supervision/targets', {
        body: { year, targets: {} },
        headers: { 'if-match': done.headers.etag as string },
      });
      expect(refused.body['code']).toBe('ONECERT_ROLE_REQUIRED');
    });
  });
});

describe('percentile', () => {
  it.each([
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0.95, undefined],
    [[10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0.5, 2.5],
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], 0.5, 10_000],
    [[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0], 1, 50],
  ] as const)('of %j at %d is %d', (histogram, share, found) => {
    expect(percentile(histogram, share)).toBe(found);
  });
});
