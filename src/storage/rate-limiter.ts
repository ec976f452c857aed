/** At most `limit` at once, and then `limit` in every `windowMs` evenly. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
}

export interface RateAnswer {
  readonly allowed: boolean;
  /** 0 when allowed; else whole milliseconds until one more would be. */
  readonly retryAfterMs: number;
}

/**
 * Counts by key (an address, a certificate's thumbprint …) and says no when there is too much. Asking counts, being
 * refused does not. Keys as in ExpiringStore. Rejects with StoreUnavailableError when the counts cannot be reached:
 * whether to go on then is the caller's to say.
 */
export interface RateLimiter {
  ask(key: string): Promise<RateAnswer>;
}

/** A turn is seldom a whole number: thirds have to add up to one. */
export const ROUNDING = 0.01;

/**
 * The generic cell rate algorithm (ITU-T I.371), which is a token bucket kept in one number: `full`, the time at which
 * the key has used up nothing (its bucket is full again).
 */
export const countOne = (
  { limit, windowMs }: RateLimit,
  full: number | undefined,
  now: number,
): RateAnswer & { readonly full: number } => {
  const turn = windowMs / limit;
  const next = Math.max(full ?? now, now) + turn;
  const wait = Math.ceil(next - windowMs - now - turn * ROUNDING);
  return wait > 0
    ? { allowed: false, retryAfterMs: wait, full: full ?? now }
    : { allowed: true, retryAfterMs: 0, full: next };
};

/** @throws RangeError */
export const checkRateLimit = ({ limit, windowMs }: RateLimit): void => {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000_000) {
    throw new RangeError('a rate limit allows a whole number of 1 to 1,000,000');
  }
  if (!Number.isInteger(windowMs) || windowMs < 1 || windowMs > 86_400_000) {
    throw new RangeError('the window of a rate limit is whole milliseconds, at least 1 and at most a day');
  }
};
