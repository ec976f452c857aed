import type { DocumentFile, DocumentVersion } from '../../changes/document.ts';

/** Paths with what shall stand there; undefined takes a file away. */
export type FileEdits = ReadonlyMap<string, Buffer | string | undefined>;

/** Files with some of them replaced, added or taken away; sorted by path. */
export const withEdits = (files: readonly DocumentFile[], edits: FileEdits): readonly DocumentFile[] => {
  const all = new Map(files.map(({ path, content }) => [path, content]));
  for (const [path, content] of edits) {
    if (content === undefined) all.delete(path);
    else all.set(path, Buffer.from(content));
  }
  return [...all]
    .map(([path, content]) => ({ path, content }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
};

/** What leads from one state to another. */
export const editsBetween = (before: readonly DocumentFile[], after: readonly DocumentFile[]): FileEdits => {
  const old = new Map(before.map(({ path, content }) => [path, content]));
  const edits = new Map<string, Buffer | undefined>();
  for (const { path, content } of after) {
    if (old.get(path)?.equals(content) !== true) edits.set(path, content);
    old.delete(path);
  }
  for (const path of old.keys()) edits.set(path, undefined);
  return edits;
};

/**
 * One's own change of `base`, made on what another has made of it meanwhile; undefined where both touched one file
 * differently: no machine can know what was meant then.
 */
export const rebase = (
  base: readonly DocumentFile[],
  theirs: readonly DocumentFile[],
  mine: readonly DocumentFile[],
): readonly DocumentFile[] | undefined => {
  const [their, my] = [editsBetween(base, theirs), editsBetween(base, mine)];
  for (const [path, content] of my) {
    if (!their.has(path)) continue;
    const other = their.get(path);
    const isSame =
      content === undefined || other === undefined
        ? content === other
        : Buffer.from(content).equals(Buffer.from(other));
    if (!isSame) return undefined;
  }
  return withEdits(theirs, my);
};

export const filesOf = (version: DocumentVersion | undefined): readonly DocumentFile[] =>
  version?.files ?? [];
