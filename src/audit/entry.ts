/** Kinds of entry: what happened. "recovery" is the log's own: an outage that ended, a torn line cut off. */
export type AuditEvent =
  | 'sign-in'
  /**
   * A session was ended; `by`: the person, an operator, a department that signed the person out, or the gateway, for what
   * became of its certificate or identity. One that lapses is none.
   */
  | 'session-end'
  | 'refusal'
  | 'call'
  | 'outcome'
  /** How long answers of one service took, summed up over about a minute (answer-figures.ts). */
  | 'answers'
  /** Somebody was told to a service that is a client of the OpenID Provider. */
  | 'authorization'
  /** A service was given an assertion for another one, for the person who called it. */
  | 'exchange'
  | 'change'
  /** A back end was called as a test identity, from the console or the admin API. */
  | 'trial'
  | 'start'
  | 'stop'
  | 'recovery';

/**
 * What a caller knows of an event. The log adds sequence number, time of writing and hashes. What tells of a person
 * stands in PERSONAL_FIELDS and in no others: these are sealed (sealing-sink.ts). Names and identifiers stand in none.
 */
export interface AuditEntry {
  readonly event: AuditEvent;
  /** ms since the epoch, when it was decided. */
  readonly at: number;
  readonly [field: string]: string | number | boolean | undefined;
}

/** "written": in the file, before the answer. "synced": fsynced too (design, decision 9). */
export type Durability = 'written' | 'synced';

/** Where decisions are recorded. `done` is called once, with an error when the entry could not be kept. */
export interface AuditSink {
  record(entry: AuditEntry, durability: Durability, done: (error?: Error) => void): void;
  /** False while the log cannot be written: callers refuse before doing anything that must be recorded. */
  readonly healthy: boolean;
}
