import type { AuditEntry } from './entry.ts';

/**
 * The fields of an entry that tell of a person (docs/audit-log.md has the table): what is recorded of them is sealed. Any
 * other field must hold nothing that does.
 */
export const PERSONAL_FIELDS = ['unifiedId', 'thumbprint', 'from', 'path'] as const;

const isPersonal: ReadonlySet<string> = new Set(PERSONAL_FIELDS);

/** Whose key seals an entry: an identity's, or a month's where no identity is known. Also the key's name in the store. */
export type KeyOwner = `identity:${string}` | `month:${string}`;

export const identityOwner = (unifiedId: string): KeyOwner => `identity:${unifiedId}`;

/** The calendar month (UTC) of `at`: `month:2026-11`. */
export const monthOwner = (at: number): KeyOwner => `month:${new Date(at).toISOString().slice(0, 7)}`;

export interface SplitEntry {
  readonly clear: AuditEntry;
  /** Undefined where the entry tells of nobody. */
  readonly personal: Readonly<Record<string, string | number | boolean>> | undefined;
}

export const splitEntry = (entry: AuditEntry): SplitEntry => {
  const clear: Record<string, string | number | boolean | undefined> = {};
  let personal: Record<string, string | number | boolean> | undefined;
  for (const name in entry) {
    const value = entry[name];
    if (!isPersonal.has(name)) clear[name] = value;
    else if (value !== undefined) (personal ??= {})[name] = value;
  }
  return { clear: clear as unknown as AuditEntry, personal };
};

/** Undefined where the entry has nothing to seal. */
export const ownerOf = (entry: AuditEntry): KeyOwner | undefined => {
  const { unifiedId } = entry;
  if (typeof unifiedId === 'string') return identityOwner(unifiedId);
  return PERSONAL_FIELDS.some((name) => entry[name] !== undefined) ? monthOwner(entry.at) : undefined;
};
