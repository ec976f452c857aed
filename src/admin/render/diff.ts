import { structuredPatch } from 'diff';
import type { DocumentFile } from '../../changes/document.ts';
import { html, type Html } from '../../portal/html.ts';
import type { Language } from '../../portal/language.ts';

const TEXTS = {
  zh: {
    same: '内容相同。',
    added: '新增',
    removed: '删除',
    changed: '修改',
    binary: '二进制文件，不逐行显示',
    long: '差异过大，不逐行显示',
    skipped: (lines: number) => `… ${lines} 行相同 …`,
    plus: '新增行',
    minus: '删除行',
  },
  en: {
    same: 'Nothing is different.',
    added: 'new file',
    removed: 'file taken away',
    changed: 'changed',
    binary: 'A binary file: lines are not shown',
    long: 'Too different to be shown by line',
    skipped: (lines: number) => `… ${lines} lines the same …`,
    plus: 'added',
    minus: 'removed',
  },
} as const;

/** Bounds the work of a comparison: lines that may differ (Myers' algorithm costs their square). */
const MAX_EDITS = 2_000;
const MAX_BYTES = 512 * 1024;

export interface FileChange {
  readonly path: string;
  readonly before: Buffer | undefined;
  readonly after: Buffer | undefined;
}

/** Files that are not the same in both, by path. */
export const changedFiles = (
  before: readonly DocumentFile[],
  after: readonly DocumentFile[],
): readonly FileChange[] => {
  const [old, now] = [before, after].map((files) => new Map(files.map((file) => [file.path, file.content])));
  return [...new Set([...before, ...after].map(({ path }) => path))]
    .sort()
    .map((path) => ({ path, before: old?.get(path), after: now?.get(path) }))
    .filter(({ before, after }) => before === undefined || after === undefined || !before.equals(after));
};

/** What is different between two states of a document, line by line. `level`: of the headings of files. */
export const renderDiff = (
  before: readonly DocumentFile[],
  after: readonly DocumentFile[],
  language: Language,
): Html => {
  const changes = changedFiles(before, after);
  if (changes.length === 0) return html`<p class="nothing">${TEXTS[language].same}</p>`;
  return html`${changes.map((change) => renderFile(change, language))}`;
};

const renderFile = (change: FileChange, language: Language): Html => {
  const texts = TEXTS[language];
  const { path, before, after } = change;
  const what = before === undefined ? texts.added : after === undefined ? texts.removed : texts.changed;
  return html`<div class="diff" role="region" aria-label="${path}" tabindex="0">
    <h3><code>${path}</code> <span class="muted">${what}</span></h3>
    ${renderLines(change, language)}
  </div>`;
};

const renderLines = ({ path, before, after }: FileChange, language: Language): Html => {
  const texts = TEXTS[language];
  if ([before, after].some((each) => each !== undefined && isBinary(each)))
    return html`<p class="nothing">${texts.binary}</p>`;
  if ((before?.length ?? 0) + (after?.length ?? 0) > MAX_BYTES)
    return html`<p class="nothing">${texts.long}</p>`;
  const patch = structuredPatch(path, path, before?.toString() ?? '', after?.toString() ?? '', '', '', {
    context: 3,
    maxEditLength: MAX_EDITS,
  });
  if (patch === undefined) return html`<p class="nothing">${texts.long}</p>`;
  let shownTo = 0;
  const rows = patch.hunks.flatMap(({ oldStart, newStart, lines }) => {
    let [old, now] = [oldStart, newStart];
    const skipped = Math.max(0, oldStart - 1 - shownTo);
    const made = lines
      .filter((line) => !line.startsWith('\\'))
      .map((line) => {
        const text = line.slice(1);
        if (line.startsWith('+')) return renderLine('added', '', now++, '+', text, texts.plus);
        if (line.startsWith('-')) return renderLine('removed', old++, '', '-', text, texts.minus);
        return renderLine('same', old++, now++, '', text, undefined);
      });
    shownTo = old - 1;
    return skipped === 0
      ? made
      : [
          html`<tr class="diff-line gap">
            <td colspan="4">${texts.skipped(skipped)}</td>
          </tr>`,
          ...made,
        ];
  });
  return html`<table>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
};

const renderLine = (
  kind: 'added' | 'removed' | 'same',
  old: number | '',
  now: number | '',
  sign: string,
  text: string,
  said: string | undefined,
): Html =>
  html`<tr class="diff-line ${kind}">
    <td class="at">${old}</td>
    <td class="at">${now}</td>
    <td class="at">${sign}${said === undefined ? undefined : html`<span class="hidden">${said}</span>`}</td>
    <td>${text}</td>
  </tr>`;

const isBinary = (content: Buffer): boolean => content.subarray(0, 8_192).includes(0);
