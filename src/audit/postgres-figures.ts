import type { Postgres, PostgresQueries } from '../storage/postgres.ts';
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
import { codesToDays, hoursToDays, partsOf } from './whole-days.ts';

/** Adds what one replica has gathered, in the transaction of `queries`. */
export const addFigures = async (
  { query }: PostgresQueries,
  replica: number,
  { hours, codes, certificates, authorities }: HourFigures,
): Promise<void> => {
  // First: what is added to hours is merged with what stands there.
  for (const cell of hoursToDays(hours.values())) await addHour({ query }, 'audit_days', replica, cell);
  for (const cell of hours.values()) await addHour({ query }, 'audit_hours', replica, cell);
  await addCodes({ query }, 'audit_day_codes', replica, codesToDays(codes.values()));
  await addCodes({ query }, 'audit_hour_codes', replica, [...codes.values()]);
  await addCertificates({ query }, replica, [...certificates.values()]);
  const kept = firstKeptHour({ certificates });
  if (kept !== undefined) {
    await query('DELETE FROM audit_hour_certificates WHERE hour < $1 AND replica = $2', [kept, replica]);
  }
  await addAuthorities({ query }, replica, [...authorities.values()]);
};

const addHour = async (
  { query }: PostgresQueries,
  table: 'audit_hours' | 'audit_days',
  replica: number,
  cell: HourCell,
): Promise<void> => {
  const place = [cell.hour, cell.department, cell.service, replica];
  const [known] = await query<Pick<ServiceRow, 'certificates'>>(
    `SELECT certificates FROM ${table} WHERE (hour, department, service, replica) = ($1, $2, $3, $4)`,
    place,
  );
  if (known !== undefined) mergeHyperLogLog(cell.certificates, known.certificates);
  await query(
    `INSERT INTO ${table} AS h (hour, department, service, replica, calls, refusals, upstream_failures, broken,
       answered, server_errors, duration, histogram, certificates)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (hour, department, service, replica) DO UPDATE SET calls = h.calls + excluded.calls,
       refusals = h.refusals + excluded.refusals,
       upstream_failures = h.upstream_failures + excluded.upstream_failures,
       broken = h.broken + excluded.broken, answered = h.answered + excluded.answered,
       server_errors = h.server_errors + excluded.server_errors, duration = h.duration + excluded.duration,
       histogram = (SELECT array_agg(a + b ORDER BY place)
         FROM unnest(h.histogram, excluded.histogram) WITH ORDINALITY AS each (a, b, place)),
       certificates = excluded.certificates`,
    [
      ...place,
      cell.calls,
      cell.refusals,
      cell.upstreamFailures,
      cell.broken,
      cell.answered,
      cell.serverErrors,
      cell.duration,
      cell.histogram,
      cell.certificates,
    ],
  );
};

const addCodes = async (
  { query }: PostgresQueries,
  table: 'audit_hour_codes' | 'audit_day_codes',
  replica: number,
  cells: readonly CodeCell[],
): Promise<void> => {
  if (cells.length === 0) return;
  await query(
    `INSERT INTO ${table} AS c (hour, department, service, outcome, code, replica, count)
     SELECT hour, department, service, outcome, code, $1, count
     FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
       AS each (hour, department, service, outcome, code, count)
     ON CONFLICT (hour, department, service, outcome, code, replica) DO UPDATE SET count = c.count + excluded.count`,
    [
      replica,
      cells.map(({ hour }) => hour),
      cells.map(({ department }) => department),
      cells.map(({ service }) => service),
      cells.map(({ outcome }) => outcome),
      cells.map(({ code }) => code),
      cells.map(({ count }) => count),
    ],
  );
};

const addCertificates = async (
  { query }: PostgresQueries,
  replica: number,
  cells: readonly CertificateCell[],
): Promise<void> => {
  if (cells.length === 0) return;
  const places = [cells.map(({ hour }) => hour), cells.map(({ certificate }) => certificate)];
  const known = await query<CertificateRow>(
    `SELECT h.hour, h.certificate, h.addresses FROM audit_hour_certificates h
     JOIN unnest($2::integer[], $3::bytea[]) AS each (hour, certificate)
       ON h.hour = each.hour AND h.certificate = each.certificate WHERE h.replica = $1`,
    [replica, ...places],
  );
  const nameOf = (hour: number, certificate: Uint8Array): string =>
    `${hour} ${Buffer.from(certificate).toString('hex')}`;
  const before = new Map(known.map((row) => [nameOf(row.hour, row.certificate), row.addresses]));
  for (const { hour, certificate, addresses } of cells) {
    const seen = before.get(nameOf(hour, certificate));
    if (seen !== undefined) mergeBitmap(addresses, seen);
  }
  await query(
    `INSERT INTO audit_hour_certificates AS h (hour, certificate, replica, last_seq, calls, refusals, addresses)
     SELECT hour, certificate, $1, last_seq, calls, refusals, addresses
     FROM unnest($2::integer[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])
       AS each (hour, certificate, last_seq, calls, refusals, addresses)
     ON CONFLICT (hour, certificate, replica) DO UPDATE SET last_seq = excluded.last_seq,
       calls = h.calls + excluded.calls, refusals = h.refusals + excluded.refusals, addresses = excluded.addresses`,
    [
      replica,
      ...places,
      cells.map(({ lastSeq }) => lastSeq),
      cells.map(({ calls }) => calls),
      cells.map(({ refusals }) => refusals),
      cells.map(({ addresses }) => addresses),
    ],
  );
};

const addAuthorities = async (
  { query }: PostgresQueries,
  replica: number,
  cells: readonly AuthorityCell[],
): Promise<void> => {
  if (cells.length === 0) return;
  const places = [
    cells.map(({ hour }) => hour),
    cells.map(({ authority }) => authority),
    cells.map(({ acting }) => acting),
  ];
  const known = await query<AuthorityRow>(
    `SELECT h.hour, h.authority, h.acting, h.certificates FROM audit_hour_authorities h
     JOIN unnest($2::integer[], $3::text[], $4::text[]) AS each (hour, authority, acting)
       USING (hour, authority, acting) WHERE h.replica = $1`,
    [replica, ...places],
  );
  const nameOf = ({ hour, authority, acting }: Pick<AuthorityRow, 'hour' | 'authority' | 'acting'>): string =>
    JSON.stringify([hour, authority, acting]);
  const before = new Map(known.map((row) => [nameOf(row), row.certificates]));
  for (const cell of cells) {
    const seen = before.get(nameOf(cell));
    if (seen !== undefined) mergeHyperLogLog(cell.certificates, seen);
  }
  await query(
    `INSERT INTO audit_hour_authorities AS h (hour, authority, acting, replica, sign_ins, calls, authorizations,
       exchanges, refusals, certificates)
     SELECT hour, authority, acting, $1, sign_ins, calls, authorizations, exchanges, refusals, certificates
     FROM unnest($2::integer[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
       $9::bigint[], $10::bytea[])
       AS each (hour, authority, acting, sign_ins, calls, authorizations, exchanges, refusals, certificates)
     ON CONFLICT (hour, authority, acting, replica) DO UPDATE SET sign_ins = h.sign_ins + excluded.sign_ins,
       calls = h.calls + excluded.calls, authorizations = h.authorizations + excluded.authorizations,
       exchanges = h.exchanges + excluded.exchanges, refusals = h.refusals + excluded.refusals,
       certificates = excluded.certificates`,
    [
      replica,
      ...places,
      cells.map(({ signIns }) => signIns),
      cells.map(({ calls }) => calls),
      cells.map(({ authorizations }) => authorizations),
      cells.map(({ exchanges }) => exchanges),
      cells.map(({ refusals }) => refusals),
      cells.map(({ certificates }) => certificates),
    ],
  );
};

/** What all replicas have added, together. */
export const readFigures = ({ query }: Pick<Postgres, 'query'>) => {
  const where = `hour >= $1 AND hour < $2 AND ($3::text IS NULL OR department = $3)
    AND ($4::text IS NULL OR service = $4)`;
  const valuesOf = ({ fromHour, toHour, department, service }: HourFilter) => [
    ...[fromHour, toHour],
    ...[department ?? null, service ?? null],
  ];
  return {
    figures: async (filter: HourFilter, step: FigureStep): Promise<readonly ServiceFigures[]> => {
      const sums = sumServices(step, filter.at);
      for (const { of, from, to } of partsOf(filter, step)) {
        let after: readonly [number, string, string, number] = [from, '', '', 0];
        for (;;) {
          const rows = await query<ServiceRow & { replica: number }>(
            `SELECT * FROM audit_${of} WHERE ${where} AND (hour, department, service, replica) > ($5, $6, $7, $8)
             ORDER BY hour, department, service, replica LIMIT $9`,
            [...valuesOf({ ...filter, fromHour: from, toHour: to }), ...after, ROWS_AT_ONCE],
          );
          for (const row of rows) sums.add({ ...row, histogram: row.histogram.map(Number) });
          const last = rows.at(-1);
          if (last === undefined || rows.length < ROWS_AT_ONCE) break;
          after = [last.hour, last.department, last.service, last.replica];
        }
      }
      return sums.result();
    },
    codes: async (filter: HourFilter, step: FigureStep): Promise<readonly CodeFigures[]> => {
      const sums = sumCodes(step, filter.at);
      for (const { of, from, to } of partsOf(filter, step)) {
        const table = of === 'days' ? 'audit_day_codes' : 'audit_hour_codes';
        // Of a total the database sums up: there are a few codes a service.
        const hour = step === 'total' ? `${from}::integer` : 'hour';
        const rows = await query<CodeRow>(
          `SELECT ${hour} AS hour, department, service, outcome, code, sum(count)::bigint AS count FROM ${table}
           WHERE ${where} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`,
          valuesOf({ ...filter, fromHour: from, toHour: to }),
        );
        for (const row of rows) sums.add(row);
      }
      return sums.result();
    },
    authorities: async (
      { at, fromHour, toHour, authority }: AuthorityHours,
      step: AuthorityStep,
    ): Promise<readonly AuthorityFigures[]> => {
      const sums = sumAuthorities(step, at);
      let after: readonly [number, string, string, number] = [fromHour, '', '', 0];
      for (;;) {
        const rows = await query<AuthorityRow & { replica: number }>(
          `SELECT * FROM audit_hour_authorities
           WHERE (hour, authority, acting, replica) > ($1, $2, $3, $4) AND hour < $5
             AND ($6::text IS NULL OR authority = $6)
           ORDER BY hour, authority, acting, replica LIMIT $7`,
          [...after, toHour, authority ?? null, ROWS_AT_ONCE],
        );
        for (const row of rows) sums.add(row);
        const last = rows.at(-1);
        if (last === undefined || rows.length < ROWS_AT_ONCE) return sums.result();
        after = [last.hour, last.authority, last.acting, last.replica];
      }
    },
    busyCertificates: async (
      { fromHour, toHour }: HourFilter,
      page: { readonly addresses: number; readonly limit: number },
    ): Promise<readonly CertificateFigures[]> => {
      const sums = sumCertificates(page);
      let after: readonly [Uint8Array, number, number] = [Buffer.alloc(0), 0, 0];
      for (;;) {
        const rows = await query<CertificateRow & { number: number }>(
          `SELECT h.certificate, h.hour, h.last_seq, h.calls, h.refusals, h.addresses, r.name AS replica, r.number
           FROM audit_hour_certificates h JOIN audit_replicas r ON r.number = h.replica
           WHERE h.hour >= $1 AND h.hour < $2 AND (h.certificate, h.hour, h.replica) > ($3, $4, $5)
           ORDER BY h.certificate, h.hour, h.replica LIMIT $6`,
          [fromHour, toHour, ...after, ROWS_AT_ONCE],
        );
        for (const row of rows) sums.add(row);
        const last = rows.at(-1);
        if (last === undefined || rows.length < ROWS_AT_ONCE) return sums.result();
        after = [last.certificate, last.hour, last.number];
      }
    },
  };
};

const ROWS_AT_ONCE = 5_000;
