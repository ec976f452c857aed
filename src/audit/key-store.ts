import type { KeyOwner } from './personal-fields.ts';

/** A key that seals the personal fields of entries. */
export interface HolderKey {
  /** What entries name the key by: random, 22 characters of base64url; says nothing of the owner. */
  readonly holder: string;
  /** 32 random octets. */
  readonly key: Uint8Array;
}

/**
 * The keys of sealed entries. Destroying one makes everything sealed with it unreadable for ever, in every copy of the
 * log, and leaves the log's bytes as they are. Safe to be used by several processes at once. Every operation rejects
 * with other errors when the store fails.
 */
export interface AuditKeyStore {
  /** The owner's key, made when it is first asked for; on the disk when this resolves. */
  keyOf(owner: KeyOwner): Promise<HolderKey>;
  /** The owner's key where there is one. */
  find(owner: KeyOwner): Promise<HolderKey | undefined>;
  /** By holder; a key that is destroyed, or was never there, is left out. */
  keysOf(holders: readonly string[]): Promise<ReadonlyMap<string, HolderKey>>;
  /** The holder whose key is gone now; undefined where the owner had none. */
  destroy(owner: KeyOwner): Promise<string | undefined>;
  /** Destroys the keys of months before one (`2026-05`); their holders. */
  destroyMonthsBefore(month: string): Promise<readonly string[]>;
  count(): Promise<{ readonly identities: number; readonly months: number }>;
  close(): Promise<void>;
}
