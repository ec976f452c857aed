import { randomInt } from 'node:crypto';
import pg from 'pg';
import { reasonOf, troubleOf } from './postgres-errors.ts';
import { readPostgresUrl } from './postgres-url.ts';
import { StorageError } from './storage-error.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** Rows as the driver reads them: bytea is a Buffer, bigint a number (an Error where it is beyond 2^53). */
export interface PostgresQueries {
  readonly query: <Row extends object>(text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
}

export type PostgresState = { readonly ready: true } | { readonly ready: false; readonly reason: string };

export interface PostgresStats {
  readonly ready: boolean;
  /** Connections open, those of them without work, and pieces of work that wait for one. */
  readonly connections: number;
  readonly idle: number;
  readonly waiting: number;
}

/**
 * The connections of one gateway to one schema. While the server is away every operation fails at once; it is looked for
 * until it is back. Nothing is sent twice, but for transactions that met another one.
 *
 * Everything rejects with StoreUnavailableError when the store cannot answer; a statement or transaction that ended so
 * may have been carried out all the same.
 */
export interface Postgres extends PostgresQueries {
  readonly schema: string;
  /**
   * Runs `work` in one transaction (read committed unless `isolation` says otherwise), from its beginning again where
   * it met another one (serialization failure, deadlock). Rolled back when it throws.
   */
  transaction<T>(
    work: (queries: PostgresQueries) => Promise<T>,
    options?: { readonly isolation?: 'repeatable read' | 'serializable'; readonly statementMs?: number },
  ): Promise<T>;
  /** Whether the server answers, now or in time. */
  ready(withinMs: number): Promise<boolean>;
  stats(): PostgresStats;
  close(): Promise<void>;
}

export interface PostgresOptions {
  /** See readPostgresUrl. */
  readonly url: string;
  readonly schema?: string;
  readonly maxConnections?: number;
  /** How long a statement may take, ms. */
  readonly statementMs?: number;
  /** How long connecting, or waiting for a connection that is in use, may take, ms. */
  readonly connectMs?: number;
  /** Told when the server is reached and when it is lost; not of every try between. */
  readonly onState?: (state: PostgresState) => void;
}

export const DEFAULT_SCHEMA = 'onecert';
const ATTEMPTS = 8;
const PROBE_MS = { first: 100, longest: 1_000 };
/** Work that waits for a connection; more than this is not kept up with. */
const MAX_WAITING = 2_000;
const CLOSE_MS = 2_000;
/** Longer than the server's own limit of a statement, the answer may take: then it is the way there that is cut. */
const WAY_MS = 1_000;

/**
 * Starts to connect and returns at once.
 *
 * @throws StorageError for a URL or schema that cannot be used
 */
export const openPostgres = ({
  url,
  schema = DEFAULT_SCHEMA,
  maxConnections = 10,
  statementMs = 3_000,
  connectMs = 4_000,
  onState = () => undefined,
}: PostgresOptions): Postgres => {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema)) {
    throw new StorageError('a PostgreSQL schema is lower-case letters, digits and _');
  }
  const pool = new pg.Pool({
    ...connectionOptions(url, schema),
    max: maxConnections,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: 60_000,
    // A connection that a balancer or failover left behind does not live for ever.
    maxLifetimeSeconds: 1_800,
    statement_timeout: statementMs,
    lock_timeout: statementMs,
    idle_in_transaction_session_timeout: 4 * statementMs,
    query_timeout: statementMs + WAY_MS,
  });
  // Of idle connections that end. One in use tells its user as well, by the statement that fails.
  pool.on('error', (error) => lost(error));
  pool.on('connect', (client) => client.on('error', () => undefined));

  const waiting = new Set<(ready: boolean) => void>();
  let away: string | undefined = 'not connected yet';
  let told: boolean | undefined;
  let closed = false;
  let probe: NodeJS.Timeout | undefined;

  const tell = (state: PostgresState): void => {
    if (closed || told === state.ready) return;
    told = state.ready;
    onState(state);
  };
  const found = (): void => {
    away = undefined;
    tell({ ready: true });
    for (const settle of waiting) settle(true);
  };
  const look = async (delay: number): Promise<void> => {
    try {
      await pool.query('SELECT 1');
      probe = undefined;
      if (!closed) found();
    } catch (error) {
      if (closed) return;
      away = reasonOf(error);
      tell({ ready: false, reason: away });
      const next = Math.min(2 * delay, PROBE_MS.longest);
      probe = setTimeout(() => void look(next), delay * (0.75 + Math.random() / 2)).unref();
    }
  };
  const startLooking = (): void => {
    if (probe !== undefined || closed) return;
    probe = setTimeout(() => void look(PROBE_MS.first), 0);
  };
  const lost = (error: unknown): void => {
    if (troubleOf(error) !== 'lost' || closed) return;
    away = reasonOf(error);
    tell({ ready: false, reason: away });
    startLooking();
  };
  const unavailable = (error: unknown): unknown => {
    lost(error);
    return troubleOf(error) === 'defect'
      ? error
      : new StoreUnavailableError(`PostgreSQL: ${reasonOf(error)}`, { cause: error });
  };
  const ensureReady = (): void => {
    if (closed) throw new StoreUnavailableError('the connection to PostgreSQL is closed');
    if (away !== undefined) throw new StoreUnavailableError(`PostgreSQL cannot be reached: ${away}`);
    if (pool.waitingCount >= MAX_WAITING) throw new StoreUnavailableError('PostgreSQL does not keep up');
  };
  const attempt = async <T>(
    begin: string,
    queryMs: number,
    work: (queries: PostgresQueries) => Promise<T>,
  ): Promise<T> => {
    const client = await pool.connect();
    try {
      await client.query(begin);
      const result = await work(queriesOf(client, queryMs));
      await client.query({ text: 'COMMIT', ...limited(queryMs) });
      client.release();
      return result;
    } catch (error) {
      await rollBack(client, error);
      throw error;
    }
  };
  startLooking();

  return {
    schema,
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) => {
      ensureReady();
      try {
        return (await pool.query<Row>(text, values as unknown[])).rows;
      } catch (error) {
        throw unavailable(error);
      }
    },
    transaction: async (work, { isolation = 'read committed', statementMs: limit } = {}) => {
      const begin =
        `BEGIN ISOLATION LEVEL ${isolation}` +
        (limit === undefined
          ? ''
          : `; SET LOCAL statement_timeout = ${limit}; SET LOCAL lock_timeout = ${limit}; SET LOCAL idle_in_transaction_session_timeout = ${limit}`);
      for (let attempts = 1; ; attempts++) {
        ensureReady();
        try {
          return await attempt(begin, (limit ?? statementMs) + WAY_MS, work);
        } catch (error) {
          if (troubleOf(error) !== 'again' || attempts >= ATTEMPTS) throw unavailable(error);
          await new Promise((resolve) => setTimeout(resolve, randomInt(1, 5 * 2 ** attempts)));
        }
      }
    },
    ready: (withinMs) => {
      if (away === undefined) return Promise.resolve(!closed);
      return new Promise((resolve) => {
        const settle = (ready: boolean): void => {
          clearTimeout(timer);
          waiting.delete(settle);
          resolve(ready);
        };
        const timer = setTimeout(() => settle(false), withinMs);
        waiting.add(settle);
      });
    },
    stats: () => ({
      ready: away === undefined && !closed,
      connections: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: async () => {
      if (closed) return;
      closed = true;
      clearTimeout(probe);
      for (const settle of waiting) settle(false);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([pool.end(), late]);
      clearTimeout(timer);
    },
  };
};

const connectionOptions = (url: string, schema: string): pg.ClientConfig => {
  const { host, port, user, password, database, ssl } = readPostgresUrl(url);
  return {
    host,
    port,
    database,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ssl,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'onecert',
    options: `-c search_path=${schema}`,
    types: {
      getTypeParser: ((oid: number, format?: 'text'): unknown =>
        oid === INT8
          ? toNumber
          : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
    },
  };
};

/** Type bigint (pg_type.dat). */
const INT8 = 20;

/** Times in ms and row numbers are far below the limit; beyond it a number would silently be another. */
const toNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError('a bigint beyond 2^53');
  return number;
};

/** The driver takes a limit for each statement, and its types do not know it (pg/lib/client.js, query). */
const limited = (queryMs: number): object => ({ query_timeout: queryMs });

const queriesOf = (client: pg.PoolClient, queryMs: number): PostgresQueries => ({
  query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await client.query<Row>({ text, values: values as unknown[], ...limited(queryMs) })).rows,
});

/** A connection of which it is not known that it is well is closed. */
const rollBack = async (client: pg.PoolClient, error: unknown): Promise<void> => {
  const isWell = troubleOf(error) === 'defect' || troubleOf(error) === 'again';
  if (!isWell) return client.release(true);
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
};
