/**
 * Values that go away by themselves: challenges, codes, whatever is kept for minutes. Keys are opaque text of
 * 1 to 512 bytes; a value is at most 64 KiB of UTF-8; a time to live is whole milliseconds, at most 30 days.
 *
 * Every operation rejects with StoreUnavailableError when the store cannot answer, and with a RangeError for
 * keys, values and times outside these limits (a defect of the caller).
 */
export interface ExpiringStore {
  /** False when `ifAbsent` was asked for and the key has a value: nothing is changed then. */
  put(key: string, value: string, ttlMs: number, options?: { readonly ifAbsent?: boolean }): Promise<boolean>;
  get(key: string): Promise<string | undefined>;
  /** Get and delete in one step: of all callers, in all processes, at most one is given the value. */
  take(key: string): Promise<string | undefined>;
  /** Whether there was one. */
  delete(key: string): Promise<boolean>;
  /** Gives what is there a new time to live, counted from now. False when there is nothing. */
  touch(key: string, ttlMs: number): Promise<boolean>;
}

const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 64 * 1024;
const MAX_TTL_MS = 30 * 86_400_000;

/** @throws RangeError */
export const checkKey = (key: string): void => {
  if (key === '' || !isUtf8WithinBytes(key, MAX_KEY_BYTES)) {
    throw new RangeError(`a key is 1 to ${MAX_KEY_BYTES} bytes of text`);
  }
};

/** @throws RangeError */
export const checkValue = (value: string): void => {
  if (!isUtf8WithinBytes(value, MAX_VALUE_BYTES)) {
    throw new RangeError(`a value is at most ${MAX_VALUE_BYTES} bytes of text`);
  }
};

/** @throws RangeError */
export const checkTtl = (ttlMs: number): void => {
  if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > MAX_TTL_MS) {
    throw new RangeError('a time to live is whole milliseconds, at least 1 and at most 30 days');
  }
};

/** A lone surrogate has no UTF-8: it would come back from a server as something else. */
const isUtf8WithinBytes = (text: string, limit: number): boolean =>
  text.length <= limit && Buffer.byteLength(text) <= limit && text.isWellFormed();
