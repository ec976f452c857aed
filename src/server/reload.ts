import { isDeepStrictEqual } from 'node:util';
import type { Difference } from '../changes/take-files.ts';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { watchFiles, type FileWatch } from '../configuration/watch-files.ts';
import { compareTrustLists, type CutOffCounts } from '../trust/compare-trust-lists.ts';
import { describeComparison } from '../trust/describe-comparison.ts';
import { rememberSeen } from '../trust/last-seen.ts';
import { packTrustList, type TrustList } from '../trust/trust-list.ts';
import { findTrustWarnings } from '../trust/trust-warnings.ts';
import type { AuditSink } from '../audit/entry.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { ChangeControl } from './change-control.ts';
import { lastSeenFile, type Configuration } from './load-configuration.ts';
import { serverCertificateWarning } from './server-certificate.ts';

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
  /** Has `apply` put in force what the change store holds. False (and a log line) when it is wrong. */
  follow(
    apply: (next: Configuration) => Promise<void>,
    /** `anew`: nothing known of identities holds, since operators have decided who they are; all is judged anew. */
    options?: { readonly anew?: boolean },
  ): Promise<boolean>;
  /** Reloads when a file has changed; again and again where the change could not be kept for the time being. */
  watch(apply: (next: Configuration) => Promise<void>): FileWatch;
}

/** What a running gateway cannot change. */
const NEEDS_RESTART = [
  'issuer',
  'listen',
  'browser',
  'terminator',
  'console',
  'sessions',
  'stores',
  'admin',
  'audit',
  'data',
  'threads',
  'tracing',
  'log',
  'trust',
  'departments',
] as const;

export interface KeepingParts {
  readonly control: ChangeControl;
  readonly audit: AuditSink;
  readonly log: ReloadLog;
  readonly counts?: CutOffCounts;
}

/** ms between attempts to keep a change of the files while audit log or change store are away. */
const AGAIN_MS = 2_000;

/** Keeps the configuration in force: a broken change leaves the old one there and says so. */
export const keepConfiguration = (
  first: Configuration,
  { control, audit, log, counts }: KeepingParts,
): LiveConfiguration => {
  let current = first;
  let sound = sayDifferences(control.differences, log);
  let turn: Promise<unknown> = Promise.resolve();
  /** Whether the files hold a change that could not be kept for a reason that is not theirs. */
  let isOwed = false;
  /** Why, as far as it was said: it is not said again at every attempt. */
  let said: string | undefined;

  const read = async (
    load: (trustEpoch: number) => Promise<Configuration>,
    apply: (next: Configuration) => Promise<void>,
    { anew = false }: { readonly anew?: boolean } = {},
  ): Promise<boolean> => {
    let next: Configuration;
    try {
      const loaded = await load(current.trust.epoch + 1);
      next = anew ? loaded : withTrustEpoch(loaded, current.trust);
    } catch (error) {
      if (error instanceof Refusal) {
        sound = false;
        if (said === error.code) return false;
        said = error.code;
        log.error(
          { code: error.code },
          `configuration not taken, the old one stays in force: ${error.detail}`,
        );
        return false;
      }
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
    announceServerCertificate(next, log);
    // First: what data-plane threads ask under the new list is answered by the new list.
    current = next;
    sound = sayDifferences(control.differences, log);
    await apply(next);
    log.info({ trustEpoch: next.trust.epoch }, 'configuration taken');
    return true;
  };
  /** One after the other: two changes at once never mix. */
  const inTurn = (work: () => Promise<boolean>): Promise<boolean> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const fromFiles = async (trustEpoch: number): Promise<Configuration> => {
    try {
      const { take } = await control.prepare(trustEpoch);
      const taken = await take(audit);
      isOwed = false;
      said = undefined;
      return taken;
    } catch (error) {
      // Files that are wrong are read again when they have changed. Anything else passes by itself: the audit log cannot
      // be written, the change store is away.
      isOwed = !(error instanceof ConfigurationError);
      if (!isOwed) said = undefined;
      throw error;
    }
  };
  const reload = (apply: (next: Configuration) => Promise<void>): Promise<boolean> =>
    inTurn(() => read(fromFiles, apply));
  return {
    current: () => current,
    get sound() {
      return sound;
    },
    reload,
    follow: (apply, options) => inTurn(() => read((epoch) => control.load(epoch), apply, options)),
    watch: (apply) => {
      const attempt = (): void => {
        reload(apply).catch((error: unknown) => {
          if (isOwed && said === String(error)) return;
          said = String(error);
          log.error({ error: error instanceof Error ? error.stack : said }, 'reload failed');
        });
      };
      const files = watchFiles(current.places, attempt);
      const timer = setInterval(() => {
        if (isOwed) attempt();
      }, AGAIN_MS);
      timer.unref();
      return {
        close: () => {
          clearInterval(timer);
          files.close();
        },
      };
    },
  };
};

/** Says where files and store are not the same; whether it is sound, that is, nobody has to choose. */
export const sayDifferences = (differences: readonly Difference[], log: ReloadLog): boolean => {
  for (const { kind, name, changed } of differences) {
    const fields = { kind, name };
    if (changed === 'store') {
      log.warn(
        fields,
        `${kind} "${name}": the change store is ahead of the files, and in force; bring the files up to it`,
      );
    } else {
      log.error(
        fields,
        `${kind} "${name}": changed in the files and in the change store, whose version stays in force; make the file what is in force, or propose in the console what the file says`,
      );
    }
  }
  return differences.every(({ changed }) => changed === 'store');
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

/** To be called before a configuration comes into force: says what an operator should see to. */
export const announceServerCertificate = ({ tls }: Configuration, log: ReloadLog): void => {
  const warning = serverCertificateWarning(tls.certificate, Date.now());
  if (warning !== undefined) log.warn({ setting: 'tls' }, warning);
};
