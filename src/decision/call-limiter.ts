import { LIMIT_SCOPES, type CallLimit, type LimitScope } from '../services/call-limits.ts';
import type { Service } from '../services/enrolment.ts';
import type { Identified } from './enrolled-claims.ts';

/** A limit of an enrolment is used up. */
export interface LimitReached {
  readonly scope: LimitScope;
  readonly limit: CallLimit;
  /** ms until one more call would be let through. */
  readonly retryAfterMs: number;
}

/** Counts let through here, for those who count elsewhere; as SharedCounts of src/storage takes them. */
export interface LetThrough {
  readonly key: string;
  readonly calls: number;
  readonly turnMs: number;
  readonly ageMs: number;
}

export interface CallLimiter {
  /** Counts a call and says nothing, or says which limit it would go beyond and counts nothing. Synchronous. */
  ask(service: Service, admission: Identified, at: number): LimitReached | undefined;
  close(): void;
}

export interface CallLimiterParts {
  /**
   * Tells the others what was let through here, and gives for each key in how many ms its bucket is full again, all
   * counted. Not given: this is the only one who counts. A rejection leaves the counts for the next time.
   */
  readonly exchange?: (batch: readonly LetThrough[]) => Promise<readonly number[]>;
  /** ms since the epoch. */
  readonly clock: () => number;
}

/** ms from a call to the others' knowing of it, besides what the exchange takes. */
export const EXCHANGE_MS = 100;
/** Buckets kept; the one unused for longest is forgotten, and starts full. */
const MAX_BUCKETS = 100_000;
/** A turn is seldom a whole number: thirds have to add up to one. */
const ROUNDING = 0.01;

interface Bucket {
  /** ms since the epoch at which it is full again. */
  full: number;
  turnMs: number;
  /** Calls the others do not know of, and when the first of them came. */
  untold: number;
  since: number;
}

/**
 * The limits of enrolments: token buckets (the generic cell rate algorithm) kept in this thread and decided on without
 * asking anybody, which tell each other afterwards what they let through. So N threads can let through N times the limit
 * in the tenth of a second in which they do not know of each other; what is too much then is owed, and taken off what
 * may follow, so that over any longer time the limit holds. While the others cannot be reached, each counts for itself.
 */
export const createCallLimiter = ({ exchange, clock }: CallLimiterParts): CallLimiter => {
  const buckets = new Map<string, Bucket>();
  let untold = new Map<string, Bucket>();
  let timer: NodeJS.Timeout | undefined;

  const bucketOf = (key: string, turnMs: number): Bucket => {
    const bucket = buckets.get(key) ?? { full: 0, turnMs, untold: 0, since: 0 };
    bucket.turnMs = turnMs;
    buckets.delete(key);
    buckets.set(key, bucket);
    const [oldest] = buckets.size > MAX_BUCKETS ? buckets.keys() : [];
    if (oldest !== undefined) buckets.delete(oldest);
    return bucket;
  };

  const tell = async (): Promise<void> => {
    timer = undefined;
    const told = [...untold];
    untold = new Map();
    const now = clock();
    const batch = told.map(([key, { untold: calls, turnMs, since }]) => ({
      key,
      calls,
      turnMs,
      ageMs: Math.max(0, now - since),
    }));
    for (const [, bucket] of told) bucket.untold = 0;
    try {
      const left = (await exchange?.(batch)) ?? [];
      const then = clock();
      told.forEach(([, bucket], index) => {
        // What came meanwhile is on top of what they know.
        bucket.full = Math.max(bucket.full, then + (left[index] ?? 0) + bucket.untold * bucket.turnMs);
      });
    } catch {
      batch.forEach(({ calls, ageMs }, index) => {
        const [key, bucket] = told[index] as [string, Bucket];
        bucket.untold += calls;
        bucket.since = now - ageMs;
        untold.set(key, bucket);
      });
      // With the next call, not at once: they may be away for long.
    }
  };

  const count = (key: string, bucket: Bucket, at: number): void => {
    bucket.full = Math.max(bucket.full, at) + bucket.turnMs;
    if (exchange === undefined) return;
    if (bucket.untold === 0) {
      bucket.since = at;
      untold.set(key, bucket);
    }
    bucket.untold += 1;
    timer ??= setTimeout(() => void tell(), EXCHANGE_MS).unref();
  };

  return {
    ask: (service, admission, at) => {
      const { limits } = service;
      if (limits === undefined) return undefined;
      const counted: [string, Bucket][] = [];
      for (const scope of LIMIT_SCOPES) {
        const limit = limits[scope];
        if (limit === undefined) continue;
        const key = `${service.service} ${scope} ${whose(scope, admission)}`;
        const turnMs = limit.per / limit.calls;
        const bucket = bucketOf(key, turnMs);
        const wait = Math.max(bucket.full, at) + turnMs * (1 - ROUNDING) - limit.per - at;
        if (wait > 0) return { scope, limit, retryAfterMs: Math.ceil(wait) };
        counted.push([key, bucket]);
      }
      for (const [key, bucket] of counted) count(key, bucket, at);
      return undefined;
    },
    close: () => clearTimeout(timer),
  };
};

const whose = (scope: LimitScope, { identity, verdict }: Identified): string => {
  switch (scope) {
    case 'perIdentity':
      return identity.unifiedId;
    case 'perCertificate':
      return verdict.thumbprint;
    case 'total':
      return 'all';
  }
};

/**
 * Fields of an answer of 429, alternating names and values: Retry-After (RFC 9110 section 10.2.3), and RateLimit and
 * RateLimit-Policy as in draft-ietf-httpapi-ratelimit-headers-10.
 */
export const rateLimitFields = ({ scope, limit, retryAfterMs }: LimitReached): string[] => {
  const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  const window = Math.max(1, Math.ceil(limit.per / 1000));
  return [
    'Retry-After',
    seconds,
    'RateLimit-Policy',
    `"${scope}";q=${limit.calls};w=${window}`,
    'RateLimit',
    `"${scope}";r=0;t=${seconds}`,
  ];
};
