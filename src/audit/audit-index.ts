import type { AuditCursor, FeedEntry } from './feed.ts';
import type { ReadEntry } from './seal-entry.ts';

/** An entry as it goes into the index: the fields of the log in the clear, and what was opened of the sealed part. */
export interface IndexedInput {
  readonly place: Pick<FeedEntry, 'seq' | 'segment' | 'offset' | 'length'> & Partial<Pick<FeedEntry, 'line'>>;
  readonly entry: ReadEntry;
}

/** What the index knows of an entry, without anything that tells of a person. Times in ms since the epoch. */
export interface IndexedEntry {
  readonly seq: number;
  /** Whose log it is in, where several gateways share the index. */
  readonly replica?: string;
  /** Of a sign-in in a shared index: the entry as it stands in that log, personal fields sealed. */
  readonly line?: string;
  readonly at: number;
  readonly event: string;
  readonly code: string | undefined;
  readonly department: string | undefined;
  readonly service: string | undefined;
  /** Handle of the key its personal fields are sealed with. */
  readonly holder: string | undefined;
  readonly reference: string | undefined;
  readonly trace: string | undefined;
  readonly actor: string | undefined;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** Everything given must hold. */
export interface AuditFilter {
  /** `at`, inclusive. */
  readonly from?: number;
  /** `at`, exclusive. */
  readonly to?: number;
  readonly event?: string;
  readonly code?: string;
  readonly department?: string;
  readonly service?: string;
  /** Unified id: the index finds it by the handle of its key. */
  readonly unifiedId?: string;
  /** Thumbprint (SHA-256, base64url): found by its keyed hash. */
  readonly certificate?: string;
  readonly reference?: string;
  readonly trace?: string;
  readonly actor?: string;
  /** Entries of one gateway's log. */
  readonly replica?: string;
}

export interface AuditPage {
  readonly limit: number;
  /**
   * The last entry already had, or its number. Entries come the newest first: the highest number of one log; of several
   * logs the latest time, and then the entry has to be given, since a number alone does not say where it stands.
   */
  readonly before?: number | Pick<IndexedEntry, 'seq' | 'at' | 'replica'>;
}

export type FigureStep = 'hour' | 'day' | 'total';

export interface FigureFilter {
  /** ms since the epoch; hours that begin in it count. */
  readonly from: number;
  readonly to: number;
  readonly department?: string;
  readonly service?: string;
}

/** What one service did in one step of time. */
export interface ServiceFigures {
  /** Begin of the step, ms since the epoch; days are counted from `from` of the filter, which a total has too. */
  readonly at: number;
  /** '' where the call named none. */
  readonly department: string;
  readonly service: string;
  /** Calls that were let through to the department. */
  readonly calls: number;
  readonly refusals: number;
  /** Calls the department did not answer: ONECERT_UPSTREAM_… */
  readonly upstreamFailures: number;
  /** Answers that were cut, and clients that went away. */
  readonly broken: number;
  /** Answers whose time is known (entries `answers`); a crash loses those of its last minute. */
  readonly answered: number;
  /** Of them with a status of 500 and more. */
  readonly serverErrors: number;
  /** Sum over `answered`, ms. */
  readonly duration: number;
  /** How many of `answered` took at most so long: DURATION_BOUNDS, then those above. Not cumulative. */
  readonly histogram: readonly number[];
  /** Distinct certificates that called or were refused; an estimate with a standard error of 6.5 %. */
  readonly certificates: number;
}

export interface CodeFigures {
  readonly at: number;
  readonly department: string;
  readonly service: string;
  /** `refusal`, or the outcome of a call: answered-by-gateway, client-gone, answer-cut. */
  readonly outcome: string;
  /** '' where there is none. */
  readonly code: string;
  readonly count: number;
}

export type AuthorityStep = FigureStep | 'week';

export interface AuthorityFilter extends Pick<FigureFilter, 'from' | 'to'> {
  /** Identifier in the trust list; all where absent. */
  readonly authority?: string;
}

/** What one authority's certificates were used for in one step of time. */
export interface AuthorityFigures {
  /** Begin of the step, ms since the epoch. Days and weeks are counted from `from`, and so are the caller's own. */
  readonly at: number;
  readonly authority: string;
  /** Entries `sign-in`: at the portal; with mutual TLS the first call of a connection. */
  readonly signIns: number;
  /** Calls that were let through to a department, in a session or over mutual TLS. */
  readonly calls: number;
  /** People told to a client of the OpenID Provider. */
  readonly authorizations: number;
  /** Assertions that a service was given for another one. */
  readonly exchanges: number;
  /** Of certificates that led to this authority; where no path was in force the entry names none. */
  readonly refusals: number;
  /** Distinct certificates of all these but the refusals; an estimate with a standard error of 6.5 %. */
  readonly certificates: number;
  /** The same by role, most first; '' where they act in none. */
  readonly acting: readonly { readonly acting: string; readonly certificates: number }[];
}

export interface CertificateFigures {
  /** Keyed hash of the thumbprint, hex: the same in every row, it finds no certificate by itself. */
  readonly certificate: string;
  /** What opens who it is: an entry in which it was used. */
  readonly lastSeq: number;
  /** Whose log it is in, where several gateways share the index. */
  readonly replica?: string;
  readonly calls: number;
  readonly refusals: number;
  /** Distinct addresses, of an hour at most 600; an estimate, within a tenth up to a hundred. */
  readonly addresses: number;
  readonly hours: number;
}

/**
 * What entries are found by, and the figures of e-supervision. Made from the log's segments and nothing else: it may be
 * dropped and made again. It holds no personal data in the clear. One process writes what is of one log, others may read;
 * in the shared form the logs of all replicas are found together, and `add`, `cursor`, `dropBefore` and `clear` are about
 * the own one.
 *
 * Rejects with other errors when the store fails.
 */
export interface AuditIndex {
  /** Takes entries in and remembers where the reader stands, in one step. */
  add(entries: readonly IndexedInput[], cursor: AuditCursor): Promise<void>;
  cursor(): Promise<AuditCursor>;
  search(filter: AuditFilter, page: AuditPage): Promise<readonly IndexedEntry[]>;
  /** By step, department, service. */
  figures(filter: FigureFilter, step: FigureStep): Promise<readonly ServiceFigures[]>;
  codes(filter: FigureFilter, step: FigureStep): Promise<readonly CodeFigures[]>;
  /** By step and authority; none for a step in which nothing was. */
  authorities(filter: AuthorityFilter, step: AuthorityStep): Promise<readonly AuthorityFigures[]>;
  /**
   * From when on `authorities` tells all there was, ms since the epoch (counted-since.ts); undefined where nothing has
   * been read. An index that an earlier version made has no such figures of what it had read by then.
   */
  authoritiesSince(): Promise<number | undefined>;
  /** Certificates used from at least so many addresses, the most first. */
  busyCertificates(
    filter: Pick<FigureFilter, 'from' | 'to'>,
    page: { readonly addresses: number; readonly limit: number },
  ): Promise<readonly CertificateFigures[]>;
  /** Takes out what finds entries by this key, which is destroyed. */
  forget(holder: string): Promise<void>;
  /** Takes entries of segments before one out; figures stay. */
  dropBefore(segment: number): Promise<void>;
  /** Empties it: everything is read again from the beginning. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Upper bounds of durations in histograms, ms. */
export const DURATION_BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;
