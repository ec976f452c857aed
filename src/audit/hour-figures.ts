import { DURATION_BOUNDS, type IndexedInput } from './audit-index.ts';
import { addToBitmap, addToHyperLogLog, newBitmap, newHyperLogLog } from './distinct-count.ts';
import type { IndexRow } from './index-row.ts';

export const HOUR_MS = 3_600_000;

export interface HourCell {
  readonly hour: number;
  readonly department: string;
  readonly service: string;
  calls: number;
  refusals: number;
  upstreamFailures: number;
  broken: number;
  answered: number;
  serverErrors: number;
  duration: number;
  readonly histogram: number[];
  /** HyperLogLog registers. */
  readonly certificates: Uint8Array;
}

export interface CodeCell {
  readonly hour: number;
  readonly department: string;
  readonly service: string;
  readonly outcome: string;
  readonly code: string;
  count: number;
}

export interface CertificateCell {
  readonly hour: number;
  readonly certificate: Buffer;
  lastSeq: number;
  calls: number;
  refusals: number;
  /** Linear counting. */
  readonly addresses: Uint8Array;
}

/** What certificates of one authority, acting in one role, were used for in one hour. */
export interface AuthorityCell {
  readonly hour: number;
  readonly authority: string;
  /** '' where they act in none. */
  readonly acting: string;
  signIns: number;
  calls: number;
  authorizations: number;
  exchanges: number;
  refusals: number;
  /** Of what was not refused: HyperLogLog registers. */
  readonly certificates: Uint8Array;
}

/**
 * For so many hours what single certificates did is kept: unusual patterns look back a day, and nobody's habits are for
 * longer.
 */
export const CERTIFICATE_HOURS = 8 * 24;

/** The first hour of what single certificates did that is still kept, by the latest of these; undefined for none. */
export const firstKeptHour = ({ certificates }: Pick<HourFigures, 'certificates'>): number | undefined => {
  let latest: number | undefined;
  for (const { hour } of certificates.values()) latest = Math.max(latest ?? hour, hour);
  return latest === undefined ? undefined : latest - CERTIFICATE_HOURS;
};

/** Figures that entries add, by hour. */
export interface HourFigures {
  readonly hours: ReadonlyMap<string, HourCell>;
  readonly codes: ReadonlyMap<string, CodeCell>;
  readonly certificates: ReadonlyMap<string, CertificateCell>;
  readonly authorities: ReadonlyMap<string, AuthorityCell>;
}

export interface Gatherer extends HourFigures {
  add(input: IndexedInput, row: IndexRow): void;
}

export const gatherFigures = (): Gatherer => {
  const hours = new Map<string, HourCell>();
  const codes = new Map<string, CodeCell>();
  const certificates = new Map<string, CertificateCell>();
  const authorities = new Map<string, AuthorityCell>();

  const cellOf = (hour: number, department: string, service: string): HourCell => {
    const name = JSON.stringify([hour, department, service]);
    let cell = hours.get(name);
    if (cell === undefined) {
      cell = {
        hour,
        department,
        service,
        calls: 0,
        refusals: 0,
        upstreamFailures: 0,
        broken: 0,
        answered: 0,
        serverErrors: 0,
        duration: 0,
        histogram: Array<number>(DURATION_BOUNDS.length + 1).fill(0),
        certificates: newHyperLogLog(),
      };
      hours.set(name, cell);
    }
    return cell;
  };
  const count = (cell: HourCell, outcome: string, code: string): void => {
    const { hour, department, service } = cell;
    const name = JSON.stringify([hour, department, service, outcome, code]);
    const known = codes.get(name);
    if (known === undefined) codes.set(name, { hour, department, service, outcome, code, count: 1 });
    else known.count += 1;
  };
  const use = (hour: number, seq: number, row: IndexRow): void => {
    const { certificate, address } = row;
    if (certificate === null) return;
    const name = `${hour} ${certificate.toString('latin1')}`;
    let cell = certificates.get(name);
    if (cell === undefined) {
      cell = { hour, certificate, lastSeq: seq, calls: 0, refusals: 0, addresses: newBitmap() };
      certificates.set(name, cell);
    }
    cell.lastSeq = seq;
    if (row.event === 'refusal') cell.refusals += 1;
    else if (row.event === 'call') cell.calls += 1;
    if (address !== null) addToBitmap(cell.addresses, address);
  };

  const countAuthority = (hour: number, row: IndexRow): void => {
    const { authority, certificate } = row;
    const counted = USES.get(row.event);
    if (counted === undefined || authority === null) return;
    const acting = row.acting ?? '';
    const name = JSON.stringify([hour, authority, acting]);
    let cell = authorities.get(name);
    if (cell === undefined) {
      const none = { signIns: 0, calls: 0, authorizations: 0, exchanges: 0, refusals: 0 };
      cell = { hour, authority, acting, ...none, certificates: newHyperLogLog() };
      authorities.set(name, cell);
    }
    cell[counted] += 1;
    if (counted !== 'refusals' && certificate !== null) addToHyperLogLog(cell.certificates, certificate);
  };

  return {
    hours,
    codes,
    certificates,
    authorities,
    add: ({ place, entry }, row) => {
      const hour = Math.floor(row.at / HOUR_MS);
      countAuthority(hour, row);
      if (row.event === 'sign-in') return use(hour, place.seq, row);
      if (row.event === 'answers')
        return addAnswers(cellOf(hour, row.department ?? '', row.service ?? ''), entry);
      if (row.event !== 'call' && row.event !== 'refusal' && row.event !== 'outcome') return;
      const cell = cellOf(hour, row.department ?? '', row.service ?? '');
      if (row.event === 'outcome') {
        const outcome = typeof entry['outcome'] === 'string' ? entry['outcome'] : '';
        if (outcome === 'answered-by-gateway') cell.upstreamFailures += 1;
        else cell.broken += 1;
        return count(cell, outcome, row.code ?? '');
      }
      if (row.event === 'call') cell.calls += 1;
      else {
        cell.refusals += 1;
        count(cell, 'refusal', row.code ?? '');
      }
      if (row.certificate !== null) addToHyperLogLog(cell.certificates, row.certificate);
      use(hour, place.seq, row);
    },
  };
};

/** What an entry is to the authority it names. The end of a session is no use of a certificate. */
const USES: ReadonlyMap<string, 'signIns' | 'calls' | 'authorizations' | 'exchanges' | 'refusals'> = new Map([
  ['sign-in', 'signIns'],
  ['call', 'calls'],
  ['authorization', 'authorizations'],
  ['exchange', 'exchanges'],
  ['refusal', 'refusals'],
]);

/** Sums up what an entry `answers` says (src/audit/answer-figures.ts). */
const addAnswers = (cell: HourCell, entry: IndexedInput['entry']): void => {
  const number = (name: string): number => {
    const value = entry[name];
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
  };
  cell.answered += number('answered');
  cell.serverErrors += number('serverErrors');
  cell.duration += number('duration');
  const { histogram } = entry;
  if (typeof histogram !== 'string') return;
  for (const [index, text] of histogram.split(',').slice(0, cell.histogram.length).entries()) {
    const add = Number(text);
    if (Number.isSafeInteger(add) && add > 0) cell.histogram[index] = (cell.histogram[index] ?? 0) + add;
  }
};
