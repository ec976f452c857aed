import { hash } from 'node:crypto';

/**
 * One line of the log: `{"v":1,"prev":"…","seq":N,"written":T,` the fields of the entry `,"hash":"…"}`.
 *
 * `hash` is the SHA-256 (base64url) of the line's UTF-8 bytes with `,"hash":"…"` taken out; `prev` is the hash of
 * the entry before, so the bytes hashed begin with it. Nothing is sorted or written again to check a line: its
 * bytes as they stand are the canonical form, and can be the leaves of a Merkle tree.
 */
export const FORMAT_VERSION = 1;

/** `prev` of the first entry: 32 zero bytes. */
export const GENESIS = 'A'.repeat(43);

/** Longest line, in bytes: what a verifier must be able to hold. */
export const MAX_LINE_BYTES = 64 * 1024;

/** Names that an entry's own fields may not have. */
export const RESERVED_FIELDS = ['v', 'prev', 'seq', 'written', 'hash'] as const;

/** The last entry of a log: what the next one follows. */
export interface Head {
  /** 0 for an empty log. */
  readonly seq: number;
  /** SHA-256, base64url. */
  readonly hash: string;
}

export const EMPTY_LOG: Head = { seq: 0, hash: GENESIS };

/**
 * The line that follows `head`, without line end. `fields` is a JSON object with at least one member, as
 * JSON.stringify writes it; `written` is ms since the epoch.
 */
export const chainLine = (head: Head, written: number, fields: string): { line: string; head: Head } => {
  const seq = head.seq + 1;
  const body = `{"v":${FORMAT_VERSION},"prev":"${head.hash}","seq":${seq},"written":${written},${fields.slice(1)}`;
  const own = hash('sha256', body, 'base64url');
  return { line: `${body.slice(0, -1)},"hash":"${own}"}`, head: { seq, hash: own } };
};

/** What a line says of its place in the chain; `sound` says whether its own hash is right. */
export interface ChainedLine {
  readonly prev: string;
  readonly seq: number;
  readonly hash: string;
  readonly sound: boolean;
}

const BEGINNING = /^\{"v":1,"prev":"([A-Za-z0-9_-]{43})","seq":([1-9]\d{0,15}),"written":\d{1,16},"/;
const ENDING = /,"hash":"([A-Za-z0-9_-]{43})"\}$/;
const ENDING_LENGTH = ',"hash":""}'.length + 43;

/** Reads a line without its line end. Undefined where it has not the shape of an entry. Never throws. */
export const readLine = (line: Buffer): ChainedLine | undefined => {
  const [, prev, seq] = BEGINNING.exec(line.toString('latin1', 0, 160)) ?? [];
  const [, own] = ENDING.exec(line.toString('latin1', Math.max(0, line.length - ENDING_LENGTH))) ?? [];
  if (prev === undefined || seq === undefined || own === undefined) return undefined;
  const body = Buffer.from(line.subarray(0, line.length - ENDING_LENGTH + 1));
  body[body.length - 1] = 0x7d;
  return { prev, seq: Number(seq), hash: own, sound: hash('sha256', body, 'base64url') === own };
};
