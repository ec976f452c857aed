import { createHmac } from 'node:crypto';
import type { KeyVersion } from './key-version.ts';
import { migratePostgres } from './postgres-schema.ts';
import type { Postgres } from './postgres.ts';
import { StorageError } from './storage-error.ts';

const MIGRATIONS = [
  `CREATE TABLE key_marks (
    key text NOT NULL,
    version integer NOT NULL,
    mark bytea NOT NULL,
    PRIMARY KEY (key, version)
  )`,
];

/** The marks that the versions of one key have left in a shared schema. */
export interface KeyMarks {
  /** Leaves the marks of versions that came since; to be called before something is written that lasts. */
  note(): Promise<void>;
  /** Takes the mark of a version away: from now on nobody needs it. */
  release(version: number): Promise<void>;
}

export interface KeyMarkOptions {
  readonly key: string;
  /** The kept versions as of now. */
  readonly versions: () => readonly KeyVersion[];
  /**
   * Whether values made with a version last until it is released: then every marked version has to be there. Otherwise
   * only later ones than are there may not be missing, since earlier ones are retired without a word.
   */
  readonly lasts: boolean;
}

/**
 * Replicas on one schema need the same keys: what one makes, the others read. So every version leaves a mark (HMAC-SHA-256
 * under the key itself, which tells nothing of it), and whoever opens must agree with all marks.
 *
 * Rejects with StorageError, which names the key and what to do, and with StoreUnavailableError.
 */
export const openKeyMarks = async (
  postgres: Postgres,
  { key, versions, lasts }: KeyMarkOptions,
): Promise<KeyMarks> => {
  await migratePostgres(postgres, 'key-marks', MIGRATIONS);
  const noted = new Set<number>();
  const note = async (): Promise<void> => {
    const fresh = versions().filter(({ version }) => !noted.has(version));
    if (fresh.length === 0) return;
    const marks = await postgres.query<{ version: number; mark: Buffer }>(
      `INSERT INTO key_marks AS old (key, version, mark)
       SELECT $1, version, mark FROM unnest($2::integer[], $3::bytea[]) AS each (version, mark)
       ON CONFLICT (key, version) DO UPDATE SET mark = old.mark RETURNING version, mark`,
      [key, fresh.map(({ version }) => version), fresh.map((each) => markOf(key, each))],
    );
    for (const { version, mark } of marks) {
      const ours = fresh.find((each) => each.version === version);
      if (ours === undefined || !markOf(key, ours).equals(mark)) {
        throw new StorageError(
          `${key}${suffix(version)} is not the one that the PostgreSQL schema "${postgres.schema}" was used with: give every replica a copy of one keys folder`,
        );
      }
      noted.add(version);
    }
  };
  // First those that are missing: a folder of keys just made would leave its marks beside the others'.
  const marked = await postgres.query<{ version: number }>('SELECT version FROM key_marks WHERE key = $1', [
    key,
  ]);
  const kept = versions().map(({ version }) => version);
  const missing = marked.find(
    ({ version }) => !kept.includes(version) && (lasts || version > Math.max(...kept)),
  );
  if (missing !== undefined) {
    throw new StorageError(
      `${key}${suffix(missing.version)} is missing, and the PostgreSQL schema "${postgres.schema}" was used with it: give every replica a copy of one keys folder`,
    );
  }
  await note();
  return {
    note,
    release: async (version) => {
      await postgres.query('DELETE FROM key_marks WHERE key = $1 AND version = $2', [key, version]);
    },
  };
};

const markOf = (key: string, { version, key: secret }: KeyVersion): Buffer =>
  createHmac('sha256', secret)
    .update(JSON.stringify(['onecert key mark v1', key, version]))
    .digest();

const suffix = (version: number): string => (version === 0 ? '' : ` (version ${version})`);
