import { existsSync } from 'node:fs';
import type { AuditSink } from '../audit/entry.ts';
import type { ChangeStore } from '../changes/change-store.ts';
import type { DocumentFile, DocumentKey } from '../changes/document.ts';
import {
  documentsAfter,
  planFiles,
  takeFiles,
  type Difference,
  type FilesPlan,
} from '../changes/take-files.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { Refusal } from '../refusal/refusal.ts';
import { readFileDocuments } from './file-documents.ts';
import { forbiddenNames } from './forbidden-names.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { changeStoreFile } from './lasting-stores.ts';
import { loadConfiguration, loadSettings, type Configuration } from './load-configuration.ts';
import type { GovernedDocument } from './read-documents.ts';

/** What is in force, out of the change store and the files of the operator (docs/operations.md). */
export interface ChangeControl {
  readonly store: ChangeStore;
  /** Of the latest version that `configuration` holds. */
  readonly sequence: number;
  readonly differences: readonly Difference[];
  /** The files as they stand now, compared anew; the last known where they cannot be read. */
  compare(): Promise<readonly Difference[]>;
  /**
   * Looks what the files have that the store has not, and reads all that is to be in force. Nothing is kept yet.
   *
   * Rejects with ConfigurationError naming everything wrong.
   */
  prepare(trustEpoch: number): Promise<Prepared>;
  /** What the store holds, whatever the files say. */
  load(trustEpoch: number): Promise<Configuration>;
  /** What a document must not read from the environment; see forbiddenNames. */
  forbidden(
    wanted: DocumentKey & { readonly files: readonly DocumentFile[] },
  ): Promise<readonly ConfigurationIssue[]>;
  /** As `load`, with one document in the place of its version in force. @throws ConfigurationError */
  loadWith(
    trustEpoch: number,
    wanted: DocumentKey & { readonly files: readonly DocumentFile[] },
  ): Promise<Configuration>;
}

export interface Prepared {
  readonly configuration: Configuration;
  /**
   * Keeps what was changed in the files as versions, each after its audit entry. Resolves to what is in force then: with
   * what another replica kept meanwhile, read and checked anew. Rejects with a Refusal, or a ConfigurationError.
   */
  readonly take: (audit: AuditSink) => Promise<Configuration>;
}

/** Kinds that an operator may write as files. */
const WRITTEN = ['department', 'trust-list', 'roles'] as const;

/** How often a plan is made anew where another replica was faster. */
const ATTEMPTS = 5;

/** Whether files are all there is: nothing was ever kept in this data folder, and no store is shared. */
export const isFirstStart = ({ data, stores }: Pick<GatewaySettings, 'data' | 'stores'>): boolean =>
  stores.postgres === undefined && !existsSync(changeStoreFile(data));

const isOvertaken = (error: unknown): boolean =>
  error instanceof Refusal &&
  (error.code === 'ONECERT_CHANGE_STALE' || error.code === 'ONECERT_CHANGE_OVERTAKEN');

export const createChangeControl = (
  folder: string,
  store: ChangeStore,
  { seedOnly }: { readonly seedOnly: boolean },
): ChangeControl => {
  let sequence = 0;
  let differences: readonly Difference[] = [];

  const plan = async (): Promise<FilesPlan> => {
    let written: readonly GovernedDocument[];
    try {
      written = readFileDocuments(folder, loadSettings(folder));
    } catch (error) {
      // Says what is wrong with the others as well.
      if (error instanceof ConfigurationError) loadConfiguration(folder, 1);
      throw error;
    }
    return planFiles(store, written, { kinds: WRITTEN, seedOnly });
  };
  /** Read before the documents: what is kept meanwhile is looked at again. */
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    const before = await store.sequence();
    const result = await read();
    sequence = before;
    return result;
  };

  return {
    store,
    get sequence() {
      return sequence;
    },
    get differences() {
      return differences;
    },
    compare: async () => {
      try {
        ({ differences } = await plan());
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
      }
      return differences;
    },
    prepare: (trustEpoch) =>
      reading(async () => {
        const read = async () => {
          const planned = await plan();
          const configuration = loadConfiguration(folder, trustEpoch, await documentsAfter(store, planned));
          ({ differences } = planned);
          return { planned, configuration };
        };
        const first = await read();
        const take = async (audit: AuditSink): Promise<Configuration> => {
          let { planned, configuration } = first;
          for (let attempt = 1; ; attempt++) {
            try {
              await takeFiles({ store, audit, clock: Date.now }, planned);
              sequence = planned.sequence + planned.take.length;
              return configuration;
            } catch (error) {
              if (!isOvertaken(error) || attempt === ATTEMPTS) throw error;
              ({ planned, configuration } = await read());
            }
          }
        };
        return { configuration: first.configuration, take };
      }),
    load: (trustEpoch) =>
      reading(async () => loadConfiguration(folder, trustEpoch, await store.listCurrent())),
    forbidden: async (wanted) => {
      const settings = loadSettings(folder);
      const isIt = ({ kind, name }: DocumentKey): boolean => kind === wanted.kind && name === wanted.name;
      const already = [(await store.current(wanted))?.files ?? []];
      try {
        already.push(
          ...readFileDocuments(folder, settings)
            .filter(isIt)
            .map(({ files }) => files),
        );
      } catch (error) {
        // Files that cannot be told apart open nothing.
        if (!(error instanceof ConfigurationError)) throw error;
      }
      return forbiddenNames(wanted, already, settings.documents.environment);
    },
    loadWith: async (trustEpoch, { kind, name, files }) => {
      const others = (await store.listCurrent()).filter((each) => each.kind !== kind || each.name !== name);
      return loadConfiguration(folder, trustEpoch, [...others, { kind, name, files }]);
    },
  };
};
