import { hash } from 'node:crypto';
import { readSession, writeSession } from './session-record.ts';
import type { EndedSessions, Session } from './session.ts';

/** What is asked of a store of records in groups, in this process or in Redis (src/storage/grouped-store.ts). */
export interface SessionRecords {
  put(key: string, value: string, groups: readonly string[], ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
  renew(key: string, value: string, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<string | undefined>;
  list(group: string, limit: number): Promise<readonly SessionRecord[]>;
  pages(group: string, size: number): AsyncIterable<readonly SessionRecord[]>;
  count(group: string): Promise<number>;
  deleteGroup(group: string): Promise<number>;
}

interface SessionRecord {
  readonly key: string;
  readonly value: string;
}

/** What seals records before they may leave this process (src/storage/field-cipher.ts). */
export interface SessionCipher {
  encrypt(text: string, binding: string): Uint8Array;
  /** Throws when key, binding or bytes do not fit together. */
  decrypt(sealed: Uint8Array, binding: string): string;
}

/** A group of sessions that can be ended together. */
export type SessionGroup = Exclude<EndedSessions, { readonly key: string } | { readonly any: true }>;

/**
 * Sessions by key and by group. Each record is sealed for its key, groups are named by hashes: a copy of the store
 * tells neither who is signed in nor lets anybody in.
 */
export interface SessionStore {
  put(session: Session, ttlMs: number): Promise<void>;
  get(key: string): Promise<Session | undefined>;
  /** False when it is gone: it is never revived. */
  renew(session: Session, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<Session | undefined>;
  list(group: SessionGroup, limit: number): Promise<readonly Session[]>;
  /** As GroupedStore.pages. */
  pages(group: SessionGroup): AsyncIterable<readonly Session[]>;
  /** Those too that cannot be opened. */
  count(group: SessionGroup): Promise<number>;
  deleteGroup(group: SessionGroup): Promise<number>;
}

export interface SessionStoreParts {
  readonly records: SessionRecords;
  readonly cipher: SessionCipher;
  /** Told of records that cannot be opened: sealed with another key, or tampered with. They are no sessions. */
  readonly onDefect: (error: unknown) => void;
}

/** Sessions of a page: a megabyte or less, and a few ms of the server's time. */
const PAGE = 100;

export const createSessionStore = ({ records, cipher, onDefect }: SessionStoreParts): SessionStore => {
  const seal = (session: Session): string =>
    Buffer.from(cipher.encrypt(writeSession(session), bindingOf(session.key))).toString('base64');
  const open = (key: string, value: string | undefined): Session | undefined => {
    if (value === undefined) return undefined;
    try {
      return readSession(cipher.decrypt(Buffer.from(value, 'base64'), bindingOf(key)), key);
    } catch (error) {
      onDefect(error);
      return undefined;
    }
  };
  const openAll = (found: readonly SessionRecord[]): readonly Session[] =>
    found.map(({ key, value }) => open(key, value)).filter((session) => session !== undefined);
  return {
    put: (session, ttlMs) => records.put(session.key, seal(session), groupsOf(session), ttlMs),
    get: async (key) => open(key, await records.get(key)),
    renew: (session, ttlMs) => records.renew(session.key, seal(session), ttlMs),
    delete: async (key) => open(key, await records.delete(key)),
    list: async (group, limit) => openAll(await records.list(nameOf(group), limit)),
    pages: async function* (group) {
      for await (const page of records.pages(nameOf(group), PAGE)) yield openAll(page);
    },
    count: (group) => records.count(nameOf(group)),
    deleteGroup: (group) => records.deleteGroup(nameOf(group)),
  };
};

/** A record moved to another key does not open: nobody who can write to the store can swap sessions. */
const bindingOf = (key: string): string => `session:${key}`;

const groupsOf = ({ unifiedId, thumbprint, authority }: Session): readonly string[] => [
  nameOf({ unifiedId }),
  nameOf({ thumbprint }),
  nameOf({ authority }),
];

const nameOf = (group: SessionGroup): string => {
  // One member, whichever it is: its name keeps the kinds of groups apart.
  const [[kind, value] = []] = Object.entries(group);
  return hash('sha256', JSON.stringify(['session group', kind, value]), 'base64url');
};
