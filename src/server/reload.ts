import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { watchFiles, type FileWatch } from '../configuration/watch-files.ts';
import { compareTrustLists, type CutOffCounts } from '../trust/compare-trust-lists.ts';
import { describeComparison } from '../trust/describe-comparison.ts';
import { rememberSeen } from '../trust/last-seen.ts';
import { packTrustList, type TrustList } from '../trust/trust-list.ts';
import { findTrustWarnings } from '../trust/trust-warnings.ts';
import { lastSeenFile, loadConfiguration, type Configuration } from './load-configuration.ts';

export interface ReloadLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The configuration in force. */
export interface LiveConfiguration {
  current(): Configuration;
  /** Whether the last reading was right: shown by /readyz and a metric. */
  readonly sound: boolean;
  /** Reads the files again and has `apply` put them in force. False (and a log line) when they are wrong. */
  reload(apply: (next: Configuration) => Promise<void>): Promise<boolean>;
  /** Reloads when a file has changed. */
  watch(apply: (next: Configuration) => Promise<void>): FileWatch;
}

/** What a running gateway cannot change. */
const NEEDS_RESTART = [
  'issuer',
  'listen',
  'browser',
  'terminator',
  'sessions',
  'admin',
  'data',
  'threads',
  'trust',
  'departments',
] as const;

/** Keeps the configuration of `folder`: a broken change leaves the old one in force and says so. */
export const keepConfiguration = (
  folder: string,
  first: Configuration,
  log: ReloadLog,
  counts?: CutOffCounts,
): LiveConfiguration => {
  let current = first;
  let sound = true;
  let turn: Promise<unknown> = Promise.resolve();

  const read = async (apply: (next: Configuration) => Promise<void>): Promise<boolean> => {
    let next: Configuration;
    try {
      next = withTrustEpoch(loadConfiguration(folder, current.trust.epoch + 1), current.trust);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      sound = false;
      for (const { file, line, column, path, message } of error.issues) {
        log.error(
          { file, line, column, path },
          `configuration not taken, the old one stays in force: ${message}`,
        );
      }
      return false;
    }
    for (const name of NEEDS_RESTART) {
      if (!isDeepStrictEqual(next.settings[name], first.settings[name])) {
        log.warn({ setting: name }, `a change of "${name}" needs a restart`);
      }
    }
    await announceTrust(next, current.trust, log, counts);
    // First: what data-plane threads ask under the new list is answered by the new list.
    current = next;
    sound = true;
    await apply(next);
    log.info({ trustEpoch: next.trust.epoch }, 'configuration taken');
    return true;
  };
  const reload = (apply: (next: Configuration) => Promise<void>): Promise<boolean> => {
    // One after the other: two changes at once never mix.
    const mine = turn.then(() => read(apply));
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    current: () => current,
    get sound() {
      return sound;
    },
    reload,
    watch: (apply) =>
      watchFiles(current.places, () => {
        reload(apply).catch((error: unknown) =>
          log.error({ error: error instanceof Error ? error.stack : String(error) }, 'reload failed'),
        );
      }),
  };
};

/** An unchanged trust list keeps its epoch: no verdict need be reached again for a change elsewhere. */
const withTrustEpoch = (next: Configuration, known: TrustList): Configuration => {
  const { epoch: _next, ...after } = packTrustList(next.trust);
  const { epoch: _known, ...before } = packTrustList(known);
  return isDeepStrictEqual(after, before) ? { ...next, trust: known } : next;
};

/**
 * To be called before a trust list comes into force: remembers a signed one against rollback, says what changes and
 * what an operator should see to. `before` is the list in force; the same one at the start.
 *
 * @throws StorageError when it cannot be remembered
 */
export const announceTrust = async (
  { settings, trust }: Configuration,
  before: TrustList,
  log: ReloadLog,
  counts?: CutOffCounts,
): Promise<void> => {
  if (trust.signed !== undefined) rememberSeen(lastSeenFile(settings), trust.signed);
  if (trust !== before) {
    for (const line of describeComparison(await compareTrustLists(before, trust, counts))) {
      log.info({ trustEpoch: trust.epoch }, `trust list: ${line}`);
    }
  }
  for (const { authority, message } of findTrustWarnings(trust, Date.now())) {
    log.warn({ authority }, `trust list: ${message}`);
  }
};
