import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
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
import type { AuthorityCell, CertificateCell, HourCell, HourFigures } from './hour-figures.ts';

interface HourRow extends Omit<ServiceRow, 'histogram'> {
  readonly histogram: string;
}

/** The tables of figures in an index's database. */
export const openFigureTables = (database: DatabaseSync) => ({
  /** To be called in a transaction. */
  add: ({ hours, codes, certificates, authorities }: HourFigures): void => {
    for (const cell of hours.values()) addHour(database, cell);
    const addCode = database.prepare(
      `INSERT INTO hour_codes (hour, department, service, outcome, code, count) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    for (const { hour, department, service, outcome, code, count } of codes.values())
      addCode.run(hour, department, service, outcome, code, count);
    for (const cell of certificates.values()) addCertificate(database, cell);
    for (const cell of authorities.values()) addAuthority(database, cell);
  },

  figures: (filter: HourFilter, step: FigureStep): readonly ServiceFigures[] => {
    const [where, values] = whereOf(filter);
    const sums = sumServices(step, filter.at);
    const rows = database
      .prepare(`SELECT * FROM hours WHERE ${where} ORDER BY hour, department, service`)
      .iterate(...values);
    for (const { histogram, ...row } of rows as Iterable<HourRow>) {
      sums.add({ ...row, histogram: histogram.split(',').map(Number) });
    }
    return sums.result();
  },

  codes: (filter: HourFilter, step: FigureStep): readonly CodeFigures[] => {
    const [where, values] = whereOf(filter);
    const sums = sumCodes(step, filter.at);
    const rows = database
      .prepare(`SELECT * FROM hour_codes WHERE ${where} ORDER BY hour, department, service, outcome, code`)
      .iterate(...values);
    for (const row of rows as Iterable<CodeRow>) sums.add(row);
    return sums.result();
  },

  authorities: (
    { at, fromHour, toHour, authority }: AuthorityHours,
    step: AuthorityStep,
  ): readonly AuthorityFigures[] => {
    const sums = sumAuthorities(step, at);
    const rows = database
      .prepare(
        `SELECT * FROM hour_authorities WHERE hour >= ? AND hour < ? AND (? IS NULL OR authority = ?)
         ORDER BY hour, authority`,
      )
      .iterate(fromHour, toHour, authority ?? null, authority ?? null);
    for (const row of rows as Iterable<AuthorityRow>) sums.add(row);
    return sums.result();
  },

  busyCertificates: (
    { fromHour, toHour }: HourFilter,
    page: { readonly addresses: number; readonly limit: number },
  ): readonly CertificateFigures[] => {
    const sums = sumCertificates(page);
    const rows = database
      .prepare('SELECT * FROM hour_certificates WHERE hour >= ? AND hour < ? ORDER BY certificate')
      .iterate(fromHour, toHour);
    for (const row of rows as Iterable<CertificateRow>) sums.add(row);
    return sums.result();
  },
});

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
