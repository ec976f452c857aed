import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { inTransaction } from '../storage/sqlite.ts';
import type {
  AuthorityFigures,
  AuthorityStep,
  CertificateFigures,
  CodeFigures,
  FigureStep,
  ServiceFigures,
} from './audit-index.ts';
import { mergeBitmap, mergeHyperLogLog } from './distinct-count.ts';
import type { AuthorityHours, HourFilter } from './embedded-index.ts';
import {
  sumAuthorities,
  sumCertificates,
  sumCodes,
  sumServices,
  type AuthorityRow,
  type CertificateRow,
  type CodeRow,
  type ServiceRow,
} from './figure-sums.ts';
import {
  firstKeptHour,
  type AuthorityCell,
  type CertificateCell,
  type CodeCell,
  type HourCell,
  type HourFigures,
} from './hour-figures.ts';
import { codesToDays, dayBegin, hoursToDays, partsOf } from './whole-days.ts';

interface HourRow extends Omit<ServiceRow, 'histogram'> {
  readonly histogram: string;
}

/** The tables of figures in an index's database. */
export const openFigureTables = (database: DatabaseSync) => ({
  /** To be called in a transaction. */
  add: ({ hours, codes, certificates, authorities }: HourFigures): void => {
    // First: what is added to hours is merged with what stands there.
    for (const cell of hoursToDays(hours.values())) addHour(database, 'days', cell);
    for (const cell of hours.values()) addHour(database, 'hours', cell);
    addCodes(database, 'day_codes', codesToDays(codes.values()));
    addCodes(database, 'hour_codes', codes.values());
    for (const cell of certificates.values()) addCertificate(database, cell);
    const kept = firstKeptHour({ certificates });
    if (kept !== undefined) database.prepare('DELETE FROM hour_certificates WHERE hour < ?').run(kept);
    for (const cell of authorities.values()) addAuthority(database, cell);
  },

  figures: async (filter: HourFilter, step: FigureStep): Promise<readonly ServiceFigures[]> => {
    const sums = sumServices(step, filter.at);
    for (const { of, from, to } of partsOf(filter, step)) {
      const [where, values] = whereOf({ ...filter, fromHour: from, toHour: to });
      const rows = database
        .prepare(`SELECT * FROM ${of} WHERE ${where} ORDER BY hour, department, service`)
        .iterate(...values);
      for await (const { histogram, ...row } of givingWay(rows as Iterable<HourRow>)) {
        sums.add({ ...row, histogram: histogram.split(',').map(Number) });
      }
    }
    return sums.result();
  },

  codes: async (filter: HourFilter, step: FigureStep): Promise<readonly CodeFigures[]> => {
    const sums = sumCodes(step, filter.at);
    for (const { of, from, to } of partsOf(filter, step)) {
      const [where, values] = whereOf({ ...filter, fromHour: from, toHour: to });
      const rows = database
        .prepare(
          `SELECT * FROM ${CODE_TABLES[of]} WHERE ${where} ORDER BY hour, department, service, outcome, code`,
        )
        .iterate(...values);
      for await (const row of givingWay(rows as Iterable<CodeRow>)) sums.add(row);
    }
    return sums.result();
  },

  authorities: async (
    { at, fromHour, toHour, authority }: AuthorityHours,
    step: AuthorityStep,
  ): Promise<readonly AuthorityFigures[]> => {
    const sums = sumAuthorities(step, at);
    const rows = database
      .prepare(
        `SELECT * FROM hour_authorities WHERE hour >= ? AND hour < ? AND (? IS NULL OR authority = ?)
         ORDER BY hour, authority`,
      )
      .iterate(fromHour, toHour, authority ?? null, authority ?? null);
    for await (const row of givingWay(rows as Iterable<AuthorityRow>)) sums.add(row);
    return sums.result();
  },

  busyCertificates: async (
    { fromHour, toHour }: HourFilter,
    page: { readonly addresses: number; readonly limit: number },
  ): Promise<readonly CertificateFigures[]> => {
    const sums = sumCertificates(page);
    const rows = database
      .prepare('SELECT * FROM hour_certificates WHERE hour >= ? AND hour < ? ORDER BY certificate')
      .iterate(fromHour, toHour);
    for await (const row of givingWay(rows as Iterable<CertificateRow>)) sums.add(row);
    return sums.result();
  },
});

const CODE_TABLES = { hours: 'hour_codes', days: 'day_codes' } as const;

const ROWS_AT_ONCE = 500;

/** Lets others go on between some rows: whoever calls a service does not wait for a figure of a year. */
async function* givingWay<Row>(rows: Iterable<Row>): AsyncGenerator<Row, void, undefined> {
  let read = 0;
  for (const row of rows) {
    yield row;
    if (++read % ROWS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Fills the tables of days from those of hours, where an earlier version, which had none, has made them.
 * To be called by who writes the index.
 */
export const fillDays = (database: DatabaseSync): void => {
  const { days, hours } = database
    .prepare('SELECT EXISTS (SELECT 1 FROM days) AS days, EXISTS (SELECT 1 FROM hours) AS hours')
    .get() as { days: number; hours: number };
  if (days === 1 || hours === 0) return;
  inTransaction(database, () => {
    const hoursOfDays = database.prepare('SELECT * FROM hours ORDER BY hour').iterate();
    for (const rows of dayByDay(hoursOfDays as Iterable<HourRow>)) {
      const cells = rows.map(({ upstream_failures, server_errors, histogram, ...row }) => ({
        ...row,
        upstreamFailures: upstream_failures,
        serverErrors: server_errors,
        histogram: histogram.split(',').map(Number),
      }));
      for (const day of hoursToDays(cells)) addHour(database, 'days', day);
    }
    const codes = database.prepare('SELECT * FROM hour_codes ORDER BY hour').iterate();
    for (const cells of dayByDay(codes as Iterable<CodeCell>))
      addCodes(database, 'day_codes', codesToDays(cells));
  });
};

/** Rows in order of hour, those of one day together. */
function* dayByDay<Row extends { readonly hour: number }>(rows: Iterable<Row>): Generator<readonly Row[]> {
  let day: Row[] = [];
  for (const row of rows) {
    const [first] = day;
    if (first !== undefined && dayBegin(first.hour) !== dayBegin(row.hour)) {
      yield day;
      day = [];
    }
    day.push(row);
  }
  yield day;
}

const addCodes = (
  database: DatabaseSync,
  table: 'hour_codes' | 'day_codes',
  cells: Iterable<CodeCell>,
): void => {
  const add = database.prepare(
    `INSERT INTO ${table} (hour, department, service, outcome, code, count) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  );
  for (const { hour, department, service, outcome, code, count } of cells)
    add.run(hour, department, service, outcome, code, count);
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

const addHour = (database: DatabaseSync, table: 'hours' | 'days', cell: HourCell): void => {
  const { hour, department, service } = cell;
  const known = database
    .prepare(`SELECT histogram, certificates FROM ${table} WHERE hour = ? AND department = ? AND service = ?`)
    .get(hour, department, service) as unknown as HourRow | undefined;
  const before = known?.histogram.split(',').map(Number) ?? [];
  const certificates = cell.certificates;
  if (known !== undefined) mergeHyperLogLog(certificates, known.certificates);
  database
    .prepare(
      `INSERT INTO ${table} (hour, department, service, calls, refusals, upstream_failures, broken, answered,
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

const addAuthority = (database: DatabaseSync, cell: AuthorityCell): void => {
  const { hour, authority, acting, certificates } = cell;
  const known = database
    .prepare('SELECT certificates FROM hour_authorities WHERE hour = ? AND authority = ? AND acting = ?')
    .get(hour, authority, acting) as unknown as AuthorityRow | undefined;
  if (known !== undefined) mergeHyperLogLog(certificates, known.certificates);
  database
    .prepare(
      `INSERT INTO hour_authorities (hour, authority, acting, sign_ins, calls, authorizations, exchanges, refusals,
         certificates) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET sign_ins = sign_ins + excluded.sign_ins, calls = calls + excluded.calls,
         authorizations = authorizations + excluded.authorizations, exchanges = exchanges + excluded.exchanges,
         refusals = refusals + excluded.refusals, certificates = excluded.certificates`,
    )
    .run(
      hour,
      authority,
      acting,
      cell.signIns,
      cell.calls,
      cell.authorizations,
      cell.exchanges,
      cell.refusals,
      certificates,
    );
};
