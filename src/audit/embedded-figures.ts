import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { CertificateFigures, CodeFigures, FigureStep, ServiceFigures } from './audit-index.ts';
import {
  countBitmap,
  countHyperLogLog,
  mergeBitmap,
  mergeHyperLogLog,
  newBitmap,
  newHyperLogLog,
} from './distinct-count.ts';
import type { HourFilter } from './embedded-index.ts';
import { HOUR_MS, type CertificateCell, type HourCell, type HourFigures } from './hour-figures.ts';

interface HourRow {
  readonly hour: number;
  readonly department: string;
  readonly service: string;
  readonly calls: number;
  readonly refusals: number;
  readonly upstream_failures: number;
  readonly broken: number;
  readonly answered: number;
  readonly server_errors: number;
  readonly duration: number;
  readonly histogram: string;
  readonly certificates: Uint8Array;
}

interface CertificateRow {
  readonly certificate: Uint8Array;
  readonly last_seq: number;
  readonly calls: number;
  readonly refusals: number;
  readonly addresses: Uint8Array;
}

/** The tables of figures in an index's database. */
export const openFigureTables = (database: DatabaseSync) => ({
  /** To be called in a transaction. */
  add: ({ hours, codes, certificates }: HourFigures): void => {
    for (const cell of hours.values()) addHour(database, cell);
    const addCode = database.prepare(
      `INSERT INTO hour_codes (hour, department, service, outcome, code, count) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    for (const { hour, department, service, outcome, code, count } of codes.values())
      addCode.run(hour, department, service, outcome, code, count);
    for (const cell of certificates.values()) addCertificate(database, cell);
  },

  figures: (filter: HourFilter, step: FigureStep): readonly ServiceFigures[] => {
    const [where, values] = whereOf(filter);
    const found = new Map<string, ServiceFigures & { sketch: Uint8Array; histogram: number[] }>();
    const rows = database
      .prepare(`SELECT * FROM hours WHERE ${where} ORDER BY hour, department, service`)
      .iterate(...values);
    for (const each of rows) {
      const row = each as unknown as HourRow;
      const at = beginOf(row.hour, step, filter.at);
      const { department, service } = row;
      const name = JSON.stringify([at, department, service]);
      const sum = found.get(name);
      const histogram = row.histogram.split(',').map(Number);
      const sketch = sum?.sketch ?? newHyperLogLog();
      mergeHyperLogLog(sketch, row.certificates);
      found.set(name, {
        at,
        department,
        service,
        calls: row.calls + (sum?.calls ?? 0),
        refusals: row.refusals + (sum?.refusals ?? 0),
        upstreamFailures: row.upstream_failures + (sum?.upstreamFailures ?? 0),
        broken: row.broken + (sum?.broken ?? 0),
        answered: row.answered + (sum?.answered ?? 0),
        serverErrors: row.server_errors + (sum?.serverErrors ?? 0),
        duration: row.duration + (sum?.duration ?? 0),
        histogram: histogram.map((count, index) => count + (sum?.histogram[index] ?? 0)),
        certificates: 0,
        sketch,
      });
    }
    return [...found.values()].map(({ sketch, ...rest }) => ({
      ...rest,
      certificates: countHyperLogLog(sketch),
    }));
  },

  codes: (filter: HourFilter, step: FigureStep): readonly CodeFigures[] => {
    const [where, values] = whereOf(filter);
    const found = new Map<string, CodeFigures>();
    const rows = database
      .prepare(`SELECT * FROM hour_codes WHERE ${where} ORDER BY hour, department, service, outcome, code`)
      .iterate(...values);
    for (const each of rows) {
      const { hour, count, ...row } = each as unknown as Omit<CodeFigures, 'at'> & { hour: number };
      const at = beginOf(hour, step, filter.at);
      const name = JSON.stringify([at, row.department, row.service, row.outcome, row.code]);
      found.set(name, { at, ...row, count: count + (found.get(name)?.count ?? 0) });
    }
    return [...found.values()];
  },

  busyCertificates: (
    { fromHour, toHour }: HourFilter,
    page: { readonly addresses: number; readonly limit: number },
  ): readonly CertificateFigures[] => {
    // One certificate's rows come together: memory is for those that are busy, not for all there are.
    const rows = database
      .prepare('SELECT * FROM hour_certificates WHERE hour >= ? AND hour < ? ORDER BY certificate')
      .iterate(fromHour, toHour);
    const busy: CertificateFigures[] = [];
    let current: { row: CertificateRow; addresses: Uint8Array; hours: number } | undefined;
    const end = (): void => {
      if (current === undefined) return;
      const { row, hours } = current;
      const addresses = countBitmap(current.addresses);
      if (addresses < page.addresses) return;
      const certificate = Buffer.from(row.certificate).toString('hex');
      busy.push({
        certificate,
        lastSeq: row.last_seq,
        calls: row.calls,
        refusals: row.refusals,
        addresses,
        hours,
      });
      if (busy.length >= 4 * page.limit) cutTo(busy, page.limit);
    };
    for (const each of rows) {
      const row = each as unknown as CertificateRow;
      if (current === undefined || Buffer.compare(current.row.certificate, row.certificate) !== 0) {
        end();
        current = { row, addresses: newBitmap(), hours: 0 };
        mergeBitmap(current.addresses, row.addresses);
        current.hours = 1;
        continue;
      }
      const { row: before } = current;
      current.row = {
        ...row,
        last_seq: Math.max(before.last_seq, row.last_seq),
        calls: before.calls + row.calls,
        refusals: before.refusals + row.refusals,
      };
      mergeBitmap(current.addresses, row.addresses);
      current.hours += 1;
    }
    end();
    cutTo(busy, page.limit);
    return busy;
  },
});

const cutTo = (busy: CertificateFigures[], limit: number): void => {
  busy.sort((a, b) => b.addresses - a.addresses || b.lastSeq - a.lastSeq);
  busy.length = Math.min(busy.length, limit);
};

const whereOf = ({
  fromHour,
  toHour,
  department,
  service,
}: HourFilter): readonly [string, SQLInputValue[]] => {
  const conditions = ['hour >= ?', 'hour < ?'];
  const values: SQLInputValue[] = [fromHour, toHour];
  if (department !== undefined) {
    conditions.push('department = ?');
    values.push(department);
  }
  if (service !== undefined) {
    conditions.push('service = ?');
    values.push(service);
  }
  return [conditions.join(' AND '), values];
};

const HOURS_A_DAY = 24;

const beginOf = (hour: number, step: FigureStep, from: number): number => {
  if (step === 'total') return from;
  return (step === 'hour' ? hour : Math.floor(hour / HOURS_A_DAY) * HOURS_A_DAY) * HOUR_MS;
};

const addHour = (database: DatabaseSync, cell: HourCell): void => {
  const { hour, department, service } = cell;
  const known = database
    .prepare('SELECT histogram, certificates FROM hours WHERE hour = ? AND department = ? AND service = ?')
    .get(hour, department, service) as unknown as HourRow | undefined;
  const before = known?.histogram.split(',').map(Number) ?? [];
  const certificates = cell.certificates;
  if (known !== undefined) mergeHyperLogLog(certificates, known.certificates);
  database
    .prepare(
      `INSERT INTO hours (hour, department, service, calls, refusals, upstream_failures, broken, answered,
         server_errors, duration, histogram, certificates) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, refusals = refusals + excluded.refusals,
         upstream_failures = upstream_failures + excluded.upstream_failures, broken = broken + excluded.broken,
         answered = answered + excluded.answered, server_errors = server_errors + excluded.server_errors,
         duration = duration + excluded.duration, histogram = excluded.histogram,
         certificates = excluded.certificates`,
    )
    .run(
      hour,
      department,
      service,
      cell.calls,
      cell.refusals,
      cell.upstreamFailures,
      cell.broken,
      cell.answered,
      cell.serverErrors,
      cell.duration,
      cell.histogram.map((count, index) => count + (before[index] ?? 0)).join(','),
      certificates,
    );
};

const addCertificate = (database: DatabaseSync, cell: CertificateCell): void => {
  const { hour, certificate, addresses } = cell;
  const known = database
    .prepare('SELECT addresses FROM hour_certificates WHERE hour = ? AND certificate = ?')
    .get(hour, certificate) as unknown as CertificateRow | undefined;
  if (known !== undefined) mergeBitmap(addresses, known.addresses);
  database
    .prepare(
      `INSERT INTO hour_certificates (hour, certificate, last_seq, calls, refusals, addresses)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq, calls = calls + excluded.calls,
         refusals = refusals + excluded.refusals, addresses = excluded.addresses`,
    )
    .run(hour, certificate, cell.lastSeq, cell.calls, cell.refusals, addresses);
};
