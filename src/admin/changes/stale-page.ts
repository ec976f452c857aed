import { html } from '../../portal/html.ts';
import { CATALOGUE } from '../../refusal/catalogue.ts';
import { renderDiff } from '../render/diff.ts';
import { formOf } from '../render/form.ts';
import { renderCard, renderHeading, renderNotice } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import type { DraftWanted } from './draft.ts';
import { editsBetween, filesOf, rebase } from './files.ts';
import { documentPath, documentTitle } from './kinds.ts';

const TEXTS = {
  zh: {
    theirs: (base: number, now: number) => `他人的修改（第 ${base} 版 → 第 ${now} 版）`,
    mine: '您的修改（未生效）',
    again: '在新版本上重新做出我的修改',
    clash: '双方修改了同一个文件，无法自动合并。请参照下面的差异，在新版本上重新填写。',
  },
  en: {
    theirs: (base: number, now: number) => `What somebody else changed (version ${base} → ${now})`,
    mine: 'What you changed (not in force)',
    again: 'Make my change again on the new version',
    clash:
      'Both touched the same file, and no machine can know what was meant. Make your change again on the new version; it stands below.',
  },
} as const;

/** Somebody else changed the document meanwhile: both changes, and the way on. */
export const stalePage = async (call: PageCall, wanted: DraftWanted): Promise<PageAnswer> => {
  const { parts, language } = call;
  const { store } = parts.changes;
  const texts = TEXTS[language];
  const said = CATALOGUE.ONECERT_CHANGE_STALE[language];
  const current = await store.current(wanted);
  const before = wanted.base === 0 ? [] : (await store.version(wanted, wanted.base)).files;
  const merged = rebase(before, filesOf(current), wanted.files);
  const version = current?.version ?? 0;
  const main = html`${renderHeading(documentTitle(call, wanted), {
    crumbs: [[documentPath(wanted), documentTitle(call, wanted)]],
  })}
  ${renderNotice(
    said.title,
    html`<p>${said.next}</p>
      <p class="small muted"><code>ONECERT_CHANGE_STALE</code></p>`,
    'grave',
  )}
  ${
    merged === undefined
      ? html`<p>${texts.clash}</p>`
      : formOf(call, {
          action: '/console/changes/again',
          button: texts.again,
          hidden: {
            kind: wanted.kind,
            name: wanted.name,
            base: version,
            note: wanted.note,
            edits: writeEdits(before, wanted),
          },
          fields: undefined,
        })
  }
  ${renderCard('theirs', texts.theirs(wanted.base, version), renderDiff(before, filesOf(current), language))}
  ${renderCard('mine', texts.mine, renderDiff(before, wanted.files, language))}`;
  return { page: { title: said.title, main }, status: CATALOGUE.ONECERT_CHANGE_STALE.status };
};

const writeEdits = (before: Parameters<typeof editsBetween>[0], { files }: DraftWanted): string =>
  JSON.stringify(
    [...editsBetween(before, files)].map(([path, content]) => [
      path,
      content === undefined ? null : Buffer.from(content).toString('base64'),
    ]),
  );
