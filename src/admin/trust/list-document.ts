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
 * authority.yaml with some of it changed (edit-yaml.ts); comments and everything else stay as they are written.
 *
 * @throws Refusal ONECERT_CHANGE_UNKNOWN where there is no such file
 */
export const editSettings = (
  files: readonly DocumentFile[],
  authority: string,
  edit: (text: string) => string,
): string => {
  const text = textOf(files, settingsFile(authority));
  if (text === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no authority.yaml of that authority');
  return edit(text);
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
