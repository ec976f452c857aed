import type {
  AuthorityFigures,
  AuthorityStep,
  CertificateFigures,
  CodeFigures,
  FigureStep,
  ServiceFigures,
} from './audit-index.ts';
import {
  countBitmap,
  countHyperLogLog,
  mergeBitmap,
  mergeHyperLogLog,
  newBitmap,
  newHyperLogLog,
} from './distinct-count.ts';
import { HOUR_MS } from './hour-figures.ts';

/** What one service did in one hour, through one gateway. */
export interface ServiceRow {
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
  readonly histogram: readonly number[];
  /** HyperLogLog registers. */
  readonly certificates: Uint8Array;
}

export interface CodeRow extends Omit<CodeFigures, 'at'> {
  readonly hour: number;
}

export interface CertificateRow {
  readonly certificate: Uint8Array;
  readonly last_seq: number;
  readonly calls: number;
  readonly refusals: number;
  /** Linear counting. */
  readonly addresses: Uint8Array;
  readonly hour: number;
  /** Whose log `last_seq` is a number of, where several are in one index. */
  readonly replica?: string;
}

/** A cell of one gateway. */
export interface AuthorityRow {
  readonly hour: number;
  readonly authority: string;
  readonly acting: string;
  readonly sign_ins: number;
  readonly calls: number;
  readonly authorizations: number;
  readonly exchanges: number;
  readonly refusals: number;
  /** HyperLogLog registers. */
  readonly certificates: Uint8Array;
}

interface Sums<Row, Figures> {
  add(row: Row): void;
  result(): readonly Figures[];
}

/** Rows in order of hour, department, service; those of several gateways add up. */
export const sumServices = (step: FigureStep, from: number): Sums<ServiceRow, ServiceFigures> => {
  const found = new Map<string, ServiceFigures & { readonly sketch: Uint8Array }>();
  return {
    add: (row) => {
      const at = countedFrom(row.hour, step, from);
      const { department, service } = row;
      const name = JSON.stringify([at, department, service]);
      const sum = found.get(name);
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
        histogram: row.histogram.map((count, index) => count + (sum?.histogram[index] ?? 0)),
        certificates: 0,
        sketch,
      });
    },
    result: () =>
      [...found.values()].map(({ sketch, ...rest }) => ({ ...rest, certificates: countHyperLogLog(sketch) })),
  };
};

/** Rows in order of hour, department, service, outcome, code. */
export const sumCodes = (step: FigureStep, from: number): Sums<CodeRow, CodeFigures> => {
  const found = new Map<string, CodeFigures>();
  return {
    add: ({ hour, department, service, outcome, code, count }) => {
      const at = countedFrom(hour, step, from);
      const name = JSON.stringify([at, department, service, outcome, code]);
      const before = found.get(name)?.count ?? 0;
      found.set(name, { at, department, service, outcome, code, count: count + before });
    },
    result: () => [...found.values()],
  };
};

/** Rows in order of certificate. Memory is for certificates that are busy, not for all there are. */
export const sumCertificates = (page: {
  readonly addresses: number;
  readonly limit: number;
}): Sums<CertificateRow, CertificateFigures> => {
  const busy: CertificateFigures[] = [];
  let current:
    { row: CertificateRow; readonly addresses: Uint8Array; readonly hours: Set<number> } | undefined;
  const end = (): void => {
    if (current === undefined) return;
    const { row, hours } = current;
    const addresses = countBitmap(current.addresses);
    if (addresses < page.addresses) return;
    busy.push({
      certificate: Buffer.from(row.certificate).toString('hex'),
      lastSeq: row.last_seq,
      ...(row.replica !== undefined && { replica: row.replica }),
      calls: row.calls,
      refusals: row.refusals,
      addresses,
      hours: hours.size,
    });
    if (busy.length >= 4 * page.limit) cutTo(busy, page.limit);
  };
  return {
    add: (row) => {
      if (current === undefined || Buffer.compare(current.row.certificate, row.certificate) !== 0) {
        end();
        current = { row, addresses: newBitmap(), hours: new Set() };
      } else {
        const { row: before } = current;
        // Numbers of two logs do not compare: the later hour has the last use.
        const isLater =
          before.replica === row.replica ? row.last_seq > before.last_seq : row.hour > before.hour;
        const calls = before.calls + row.calls;
        current.row = { ...(isLater ? row : before), calls, refusals: before.refusals + row.refusals };
      }
      mergeBitmap(current.addresses, row.addresses);
      current.hours.add(row.hour);
    },
    result: () => {
      end();
      cutTo(busy, page.limit);
      return busy;
    },
  };
};

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Rows in order of hour and authority; those of several gateways and roles add up. */
export const sumAuthorities = (step: AuthorityStep, from: number): Sums<AuthorityRow, AuthorityFigures> => {
  type Counts = Mutable<Omit<AuthorityFigures, 'certificates' | 'acting'>>;
  type Sum = { readonly counts: Counts; readonly sketches: Map<string, Uint8Array> };
  const found = new Map<number, Map<string, Sum>>();
  const sumOf = (at: number, authority: string) => {
    let those = found.get(at);
    if (those === undefined) found.set(at, (those = new Map<string, Sum>()));
    let sum = those.get(authority);
    if (sum === undefined) {
      const none = { signIns: 0, calls: 0, authorizations: 0, exchanges: 0, refusals: 0 };
      those.set(authority, (sum = { counts: { at, authority, ...none }, sketches: new Map() }));
    }
    return sum;
  };
  return {
    // In place, and no name made of parts: a year of a city's authorities is a hundred thousand rows.
    add: (row) => {
      const { counts, sketches } = sumOf(countedFrom(row.hour, step, from), row.authority);
      counts.signIns += row.sign_ins;
      counts.calls += row.calls;
      counts.authorizations += row.authorizations;
      counts.exchanges += row.exchanges;
      counts.refusals += row.refusals;
      let sketch = sketches.get(row.acting);
      if (sketch === undefined) sketches.set(row.acting, (sketch = newHyperLogLog()));
      mergeHyperLogLog(sketch, row.certificates);
    },
    result: () =>
      [...found.values()].flatMap((those) =>
        [...those.values()].map(({ counts, sketches }) => {
          const all = newHyperLogLog();
          for (const sketch of sketches.values()) mergeHyperLogLog(all, sketch);
          const acting = [...sketches]
            .map(([role, sketch]) => ({ acting: role, certificates: countHyperLogLog(sketch) }))
            .filter(({ certificates }) => certificates > 0)
            .sort((one, other) => other.certificates - one.certificates);
          return { ...counts, certificates: countHyperLogLog(all), acting };
        }),
      ),
  };
};

const cutTo = (busy: CertificateFigures[], limit: number): void => {
  busy.sort((a, b) => b.addresses - a.addresses || b.lastSeq - a.lastSeq);
  busy.length = Math.min(busy.length, limit);
};

const HOURS_A_DAY = 24;
const HOURS = { day: HOURS_A_DAY, week: 7 * HOURS_A_DAY } as const;

const countedFrom = (hour: number, step: AuthorityStep, from: number): number => {
  if (step === 'total') return from;
  if (step === 'hour') return hour * HOUR_MS;
  const size = HOURS[step] * HOUR_MS;
  return from + Math.floor((hour * HOUR_MS - from) / size) * size;
};
