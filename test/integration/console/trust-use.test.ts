import type { AuditEntry } from '../../../src/audit/entry.ts';
import type { AuthorityFigures } from '../../../src/audit/audit-index.ts';
import { readUseSpan, useSpanOf, useStepsOf } from '../../../src/admin/trust/use-span.ts';
import { openIndexedLog, type IndexedLog } from '../../unit/audit/indexed-log.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const entry = (
  event: AuditEntry['event'],
  at: number,
  authority: string,
  person: string,
  more: object = {},
): AuditEntry => ({
  event,
  at,
  authority,
  unifiedId: person,
  thumbprint: `of-${person}`,
  from: '192.0.2.1',
  ...more,
});
const many = (count: number, make: (index: number) => AuditEntry): AuditEntry[] =>
  Array.from({ length: count }, (_none, index) => make(index));

type Counts = Omit<AuthorityFigures, 'at' | 'authority' | 'acting'>;
interface Answer {
  readonly from: string;
  readonly to: string;
  readonly step: string;
  readonly since?: string;
  readonly authorities: readonly {
    readonly authority: string;
    readonly inTrustList: boolean;
    readonly total: Counts;
    readonly acting: AuthorityFigures['acting'];
    readonly steps: readonly (Counts & { readonly at: string })[];
  }[];
}

describe('the use of authorities in the console', () => {
  let log: IndexedLog;
  let opened: OpenedConsole;
  let operator: ConsoleVisitor;
  let auditor: ConsoleVisitor;
  let today: number;
  const away = { index: false };

  beforeAll(async () => {
    log = await openIndexedLog();
    const { index } = log;
    opened = await openConsole({
      auditIndex: {
        ...index,
        authorities: async (...asked) => {
          if (away.index) throw new Error('PostgreSQL is away');
          return index.authorities(...asked);
        },
      },
    });
    operator = await opened.signIn('operator');
    auditor = await opened.signIn('auditor');
    // Begin of the running hour.
    today = Math.floor(opened.clock.now / HOUR) * HOUR;
    await log.record(
      // Counted since 20 days ago.
      entry('sign-in', today - 20 * DAY, 'yuean', 'anna'),
      ...many(4, () => entry('call', today - 3 * DAY, 'yuean', 'anna')),
      ...many(2, () => entry('call', today, 'yuean', 'bela')),
      entry('sign-in', today, 'yuean', 'bela'),
      entry('authorization', today, 'yuean', 'bela'),
      entry('refusal', today, 'yuean', 'dora', { code: 'ONECERT_CERTIFICATE_REVOKED' }),
      entry('call', today, 'yuean', 'seals', { acting: 'seal' }),
      ...many(9, (number) => entry('call', today - 3 * DAY, 'zhujiang', `z${number}`)),
      // No longer in the trust list.
      entry('call', today - 10 * DAY, 'gone-ca', 'anna'),
      ...many(2, () => entry('sign-in', today - 10 * DAY, 'gone-ca', 'anna')),
    );
    await log.follower.catchUp();
  }, 120_000);
  afterAll(async () => {
    await opened.close();
    await log.close();
  });

  const ask = async (query: string, visitor = operator): Promise<Answer> => {
    const { status, body } = await visitor.call('GET', `/authority-use?${query}`);
    expect(status).toBe(200);
    return body as unknown as Answer;
  };

  it('is answered for all authorities, of the list and with figures, the most used first', async () => {
    const { authorities, step, since, from, to } = await ask('');
    expect([step, Date.parse(to) - Date.parse(from)]).toEqual(['day', 30 * DAY]);
    expect(since).toBe(new Date(today - 20 * DAY).toISOString());
    expect(authorities.map(({ authority, inTrustList }) => [authority, inTrustList])).toEqual([
      ['yuean', true],
      ['zhujiang', true],
      ['gone-ca', false],
      ['pengcheng', true],
    ]);
    const [yuean, zhujiang, gone, pengcheng] = authorities;
    const none = { signIns: 0, calls: 0, authorizations: 0, exchanges: 0, refusals: 0, certificates: 0 };
    expect(yuean?.total).toEqual({
      signIns: 2,
      calls: 7,
      authorizations: 1,
      exchanges: 0,
      refusals: 1,
      certificates: 3,
    });
    expect(yuean?.acting).toEqual([
      { acting: '', certificates: 2 },
      { acting: 'seal', certificates: 1 },
    ]);
    expect(zhujiang?.total).toMatchObject({ calls: 9, signIns: 0 });
    expect(gone?.total).toMatchObject({ calls: 1, signIns: 2, certificates: 1 });
    expect(pengcheng?.total).toEqual(none);
  });

  it('has a step for each day since anything was counted, those without use as 0', async () => {
    const { authorities } = await ask('authority=yuean');
    expect(authorities).toHaveLength(1);
    const steps = authorities[0]?.steps ?? [];
    // The day counting began in is there; the nine or ten before are not.
    expect(Date.parse(steps[0]?.at ?? '')).toBeLessThanOrEqual(today - 20 * DAY);
    expect(Date.parse(steps[0]?.at ?? '')).toBeGreaterThan(today - 21 * DAY);
    expect(steps).toHaveLength(21);
    expect(steps.reduce((sum, { calls }) => sum + calls, 0)).toBe(7);
    expect(steps.at(-4)).toMatchObject({ calls: 4, signIns: 0, certificates: 1 });
    expect(steps.at(-2)).toMatchObject({ calls: 0, certificates: 0 });
    expect(steps.at(-1)).toMatchObject({ calls: 3, signIns: 1, certificates: 2 });
  });

  it('is told by the hour for a day, and by the week for a year', async () => {
    const day = await ask('range=day&authority=yuean');
    expect([day.step, day.authorities[0]?.steps.length]).toEqual(['hour', 24]);
    expect(day.authorities[0]?.total).toMatchObject({ calls: 3, signIns: 1 });
    expect(day.authorities[0]?.steps.at(-1)).toMatchObject({ calls: 3, at: new Date(today).toISOString() });
    const year = await ask('range=year&authority=yuean');
    expect(year.step).toBe('week');
    expect(year.authorities[0]?.total).toMatchObject({ calls: 7, signIns: 2 });
    expect(Date.parse(year.to) - Date.parse(year.from)).toBe(364 * DAY);
  });

  it.each([
    ['authority=nobody', 404, 'ONECERT_CHANGE_UNKNOWN'],
    ['range=decade', 422, 'ONECERT_INPUT_INVALID'],
  ])('refuses %s', async (query, status, code) => {
    const { body, ...answer } = await operator.call('GET', `/authority-use?${query}`);
    expect([answer.status, body['code']]).toEqual([status, code]);
  });

  it('is on the page of an authority: charts with their tables, what the figures mean, since when', async () => {
    const { body, status } = await auditor.page('/console/trust/yuean');
    expect(status).toBe(200);
    expect(body.match(/<svg viewBox="0 0 720 240"/g)).toHaveLength(2);
    expect(body.match(/Show as a table/g)).toHaveLength(2);
    expect(body).toMatch(/Complete since \d{4}-\d\d-\d\d \d\d:\d\d/);
    expect(body).toContain('What these figures mean');
    expect(body).toContain('with mutual TLS the first call of a connection');
    expect(body).toContain('Certificates by role');
    const cells = [...body.matchAll(/<td data-label="Sign-ins"[^>]*><div>([^<]*)<\/div>/g)].map(
      ([, text]) => text,
    );
    expect(cells).toHaveLength(30);
    // Nothing was counted in the first nine days, which is not 0.
    expect(cells.slice(0, 9)).toEqual(Array<string>(9).fill('–'));
    expect(cells.slice(9)).toEqual(['1', ...Array<string>(19).fill('0'), '1']);
    const { body: day } = await auditor.page('/console/trust/yuean?range=day');
    expect(day).toContain('range=day#use" aria-current="true"');
    expect(day).not.toContain('Complete since');
    expect((await auditor.page('/console/trust/yuean?range=decade')).status).toBe(200);
  });

  it('is on the page of the list, side by side, with the one that has left it', async () => {
    const { body, status } = await auditor.page('/console/trust');
    expect(status).toBe(200);
    expect(body).toContain('Use of the authorities');
    expect(body).toContain('href="/console/trust/gone-ca#use"');
    expect(body).toContain('No longer in the trust list');
    expect(body.match(/<svg viewBox="0 0 720 240"/g)).toHaveLength(2);
    // Who was not used at all is in the table and not in the charts.
    const names = [...body.matchAll(/<\/svg\s*>([^<]+)<\/span/g)].map(([, name]) => name);
    expect(names).toEqual([1, 2].flatMap(() => ['Yuean Certification', 'Zhujiang Certification', 'gone-ca']));
  });

  it('has a page for one that has left the list, as long as there are figures of it', async () => {
    const { body, status } = await auditor.page('/console/trust/gone-ca');
    expect(status).toBe(200);
    expect(body).toContain('No longer in the trust list');
    expect(body.match(/<svg viewBox="0 0 720 240"/g)).toHaveLength(2);
    expect(body).not.toContain('/console/trust/gone-ca/status');
    // Not within the day, but within the year.
    const day = await auditor.page('/console/trust/gone-ca?range=day');
    expect([day.status, day.body.includes('range=month#use')]).toEqual([200, true]);
    for (const path of ['', '/use.csv']) {
      expect((await auditor.page(`/console/trust/never-there${path}`)).status).toBe(404);
      expect((await auditor.page(`/console/trust/${encodeURIComponent('<b>')}${path}`)).status).toBe(404);
    }
    expect((await operator.page('/console/trust/gone-ca/status')).status).toBe(404);
  });

  it('is given as CSV, of one and of all', async () => {
    const { body, headers } = await operator.ask('/console/trust/yuean/use.csv', {
      headers: { 'accept-language': 'zh-CN' },
    });
    expect(headers['content-type']).toContain('text/csv');
    expect(headers['content-disposition']).toMatch(/onecert-use-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv/);
    const lines = body.trim().split('\r\n');
    expect(lines).toHaveLength(31);
    expect(lines[0]).toContain('登录,调用,OpenID 登录,断言交换,拒绝,证书数（估计）');
    expect(lines[1]).toMatch(/ 00:00,yuean,粤安电子认证,是,,,,,,$/);
    expect(lines[30]).toMatch(/,yuean,粤安电子认证,是,1,3,1,0,1,2$/);
    const all = await operator.page('/console/trust/use.csv?range=year');
    expect(all.body.trim().split('\r\n')).toHaveLength(1 + 4 * 52);
    expect(all.body).toMatch(/,gone-ca,gone-ca,no,2,1,0,0,0,1\r\n/);
  });

  it('is left out where the index cannot be read; the rest of the pages is there', async () => {
    away.index = true;
    try {
      for (const path of ['/console/trust', '/console/trust/yuean']) {
        const { body, status } = await operator.page(path);
        expect([path, status]).toEqual([path, 200]);
        expect(body).toContain('cannot be read now');
        expect(body).toContain('Yuean');
      }
    } finally {
      away.index = false;
    }
  });

  it('is told in whole steps by the clock of the city', () => {
    // 00:30 in the city, the day before in UTC.
    const now = Date.UTC(2026, 2, 10, 16, 30);
    const midnight = Date.UTC(2026, 2, 10, 16);
    expect(useSpanOf('month', now)).toEqual({
      range: 'month',
      from: midnight - 29 * DAY,
      to: midnight + DAY,
      step: 'day',
    });
    expect(useSpanOf('day', now)).toMatchObject({ from: midnight - 23 * HOUR, to: midnight + HOUR });
    const weeks = useStepsOf(useSpanOf('year', now));
    expect(weeks).toHaveLength(52);
    expect(weeks.at(-1)).toEqual({ from: midnight - 6 * DAY, to: midnight + DAY });
    expect(readUseSpan(new URLSearchParams('range='), now).range).toBe('month');
    expect(readUseSpan(new URLSearchParams('range=year'), now).range).toBe('year');
  });
});
