import type { AuditSink } from '../audit/entry.ts';
import type { ChangeStore } from './change-store.ts';
import { digestOf } from './digest.ts';
import type { DocumentFile, DocumentKey, DocumentVersion } from './document.ts';
import { recorded } from './record-step.ts';

/** A document as an operator's files have it. */
export interface WrittenDocument extends DocumentKey {
  readonly files: readonly DocumentFile[];
  /** What errors name. */
  readonly file?: string;
}

/**
 * A document whose files are not what is in force. `store`: it was changed here, and the files are as they were;
 * `both`: the files were changed as well, and somebody has to say which of them it is to be.
 */
export interface Difference extends DocumentKey {
  readonly changed: 'store' | 'both';
}

interface Taking extends WrittenDocument {
  /** Version in force; 0 where there is none. */
  readonly base: number;
  readonly digest: string;
}

export interface FilesPlan {
  /** Of the store when the plan was made. */
  readonly sequence: number;
  /** Changed in the files alone: each becomes a version. Without files: it was removed there. */
  readonly take: readonly Taking[];
  /** The same in both by now. */
  readonly agreed: readonly (DocumentKey & { readonly digest: string })[];
  readonly differences: readonly Difference[];
}

export interface FilesPolicy {
  /** Kinds that have files at all. */
  readonly kinds: readonly DocumentKey['kind'][];
  /** Shared store: files fill it where a document was never in it, and are only compared afterwards. */
  readonly seedOnly: boolean;
}

const keyOf = ({ kind, name }: DocumentKey): string => `${kind} ${name}`;
const NOTHING = digestOf([]);

/** What has become of files and store since they last agreed. Changes nothing. */
export const planFiles = async (
  store: ChangeStore,
  written: readonly WrittenDocument[],
  { kinds, seedOnly }: FilesPolicy,
): Promise<FilesPlan> => {
  const sequence = await store.sequence();
  const inForce = (await store.listCurrent()).filter(({ kind }) => kinds.includes(kind));
  const keys = new Map([...inForce, ...written].map((each) => [keyOf(each), each] as const));
  const byKey = new Map(written.map((each) => [keyOf(each), each]));
  const take: Taking[] = [];
  const agreed: (DocumentKey & { readonly digest: string })[] = [];
  const differences: Difference[] = [];
  for (const [key, { kind, name }] of keys) {
    const { files, file } = byKey.get(key) ?? { files: [], file: undefined };
    const [digest, current] = [digestOf(files), await store.current({ kind, name })];
    const taken = (await store.takenFromFiles({ kind, name })) ?? NOTHING;
    const kept = current?.digest ?? NOTHING;
    if (digest === kept) {
      if (taken !== digest) agreed.push({ kind, name, digest });
    } else if (current === undefined || (taken === kept && !seedOnly)) {
      const base = current?.version ?? 0;
      take.push({ kind, name, files, base, digest, ...(file !== undefined && { file }) });
    } else {
      differences.push({ kind, name, changed: digest === taken || seedOnly ? 'store' : 'both' });
    }
  }
  return { sequence, take, agreed, differences };
};

/** What would be in force once the plan is carried out. */
export const documentsAfter = async (
  store: ChangeStore,
  { take }: FilesPlan,
): Promise<readonly (DocumentVersion | WrittenDocument)[]> => {
  const taken = new Set(take.map(keyOf));
  const kept = (await store.listCurrent()).filter((each) => !taken.has(keyOf(each)));
  return [...kept, ...take.filter(({ files }) => files.length > 0)];
};

export interface TakingParts {
  readonly store: ChangeStore;
  readonly audit: AuditSink;
  /** ms since the epoch. */
  readonly clock: () => number;
}

/**
 * Carries a plan out: each version after its audit entry. Rejects with a Refusal where one cannot be kept, among them
 * ONECERT_CHANGE_OVERTAKEN where the plan is not of what stands in the store any more.
 */
export const takeFiles = async ({ store, audit, clock }: TakingParts, plan: FilesPlan): Promise<void> => {
  for (const [index, { kind, name, files, base, digest }] of plan.take.entries()) {
    const at = clock();
    const who = { proposedBy: 'system', note: '' } as const;
    const step = { step: 'taken', kind, name, base, digest, by: 'system', role: 'files' } as const;
    await recorded(audit, at, { ...step, version: base + 1, origin: 'files' }, () =>
      store.put({ kind, name, base, files, origin: 'files', at, sequence: plan.sequence + index, ...who }),
    );
    await store.rememberTaken({ kind, name }, digest);
  }
  for (const { kind, name, digest } of plan.agreed) await store.rememberTaken({ kind, name }, digest);
};
