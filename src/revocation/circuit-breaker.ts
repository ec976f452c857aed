/** Keeps a service that is down from being asked, and from keeping everybody waiting. */
export interface CircuitBreaker {
  readonly state: 'closed' | 'open' | 'half-open';
  /** Whether it may be asked now (ms since the epoch). Once an open breaker's time is over, one caller is told yes. */
  admit(now: number): boolean;
  /** Returns whether this closed it. */
  succeeded(): boolean;
  /** Returns whether this opened it. */
  failed(now: number): boolean;
}

export interface CircuitBreakerOptions {
  /** Failures in a row. */
  readonly threshold?: number;
  /** ms open at first; doubled for every probe that fails. */
  readonly openMs?: number;
  readonly openMaximumMs?: number;
  /** 0 to 1; for the jitter that keeps many gateways from probing at once. */
  readonly random?: () => number;
}

export const createCircuitBreaker = ({
  threshold = 3,
  openMs = 2_000,
  openMaximumMs = 60_000,
  random = Math.random,
}: CircuitBreakerOptions = {}): CircuitBreaker => {
  let failures = 0;
  let openings = 0;
  let openUntil: number | undefined;
  let probing = false;
  return {
    get state() {
      if (openUntil === undefined) return 'closed';
      return probing ? 'half-open' : 'open';
    },
    admit: (now) => {
      if (openUntil === undefined) return true;
      if (now < openUntil || probing) return false;
      probing = true;
      return true;
    },
    succeeded: () => {
      const closed = openUntil !== undefined;
      failures = 0;
      openings = 0;
      openUntil = undefined;
      probing = false;
      return closed;
    },
    failed: (now) => {
      failures++;
      // Calls that were under way when it opened say nothing new.
      if (openUntil !== undefined && !probing) return false;
      if (openUntil === undefined && failures < threshold) return false;
      const opened = openUntil === undefined;
      const pause = Math.min(openMs * 2 ** openings++, openMaximumMs);
      openUntil = now + pause * (0.5 + random() / 2);
      probing = false;
      return opened;
    },
  };
};
