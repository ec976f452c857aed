import { isMap, isSeq, parseDocument, type Document } from 'yaml';
import type { DocumentFile, DocumentVersion } from '../../changes/document.ts';
import { ONLY_DOCUMENT } from '../../changes/document.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { withEdits, type FileEdits } from '../changes/files.ts';
import { baseOf, proposeDraft } from '../changes/draft.ts';
import type { AdminParts } from '../admin-parts.ts';
import type { PageAnswer, PageCall } from '../section.ts';

export const TRUST_LIST = { kind: 'trust-list', name: ONLY_DOCUMENT } as const;

export const currentTrustList = ({ changes }: AdminParts): Promise<DocumentVersion | undefined> =>
  changes.store.current(TRUST_LIST);

/** authority.yaml of one authority in the document, as its operator wrote it. */
export const settingsFile = (authority: string): string => `${authority}/authority.yaml`;

export const textOf = (files: readonly DocumentFile[], path: string): string | undefined =>
  files.find((file) => file.path === path)?.content.toString('utf8');

/**
 * authority.yaml with some of it changed; comments and everything else stay as they are written.
 *
 * @throws Refusal ONECERT_CHANGE_UNKNOWN where there is no such file or it is no YAML map
 */
export const editSettings = (
  files: readonly DocumentFile[],
  authority: string,
  edit: (settings: Document) => void,
): string => {
  const text = textOf(files, settingsFile(authority));
  const settings = text === undefined ? undefined : parseDocument(text);
  if (settings === undefined || settings.errors.length > 0 || !isMap(settings.contents))
    throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no readable authority.yaml of that authority');
  edit(settings);
  return settings.toString({ lineWidth: 0 });
};

/** Adds a file to a list of files in authority.yaml, which may not be there yet. */
export const addFile = (settings: Document, list: 'anchors' | 'intermediates', file: string): void => {
  if (!isSeq(settings.get(list))) settings.set(list, settings.createNode([]));
  settings.addIn([list], file);
};

/** The draft of a form on the trust list: what it makes of the version it was made from. */
export const draftOf = async (
  call: PageCall,
  note: string,
  edits: (files: readonly DocumentFile[]) => FileEdits,
): Promise<PageAnswer> => {
  const base = baseOf(call);
  const before = base === 0 ? [] : (await call.parts.changes.store.version(TRUST_LIST, base)).files;
  return proposeDraft(call, { ...TRUST_LIST, base, files: withEdits(before, edits(before)), note });
};
