import { DOCUMENT_KINDS, type DocumentKey, type DocumentVersion } from '../../changes/document.ts';
import { html, type Html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { hasRole, maySeeDepartment, type PathParameters } from '../access.ts';
import { renderDiff } from '../render/diff.ts';
import { formOf, textField } from '../render/form.ts';
import { renderCard, renderHeading, renderState } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { proposeDraft } from './draft.ts';
import { departmentOfDocument, documentPath, documentTitle } from './kinds.ts';
import { personOf, shownNames, type ShownNames } from './person.ts';

const TEXTS = {
  zh: {
    history: '版本历史',
    changes: '变更',
    version: '版本',
    inForce: '现行',
    at: '生效时间',
    by: '申请人',
    approvedBy: '批准人',
    note: '说明',
    nothing: '还没有版本。',
    compare: '比较两个版本',
    from: '从版本',
    to: '到版本',
    show: '比较',
    difference: (from: number, to: number) => `第 ${from} 版与第 ${to} 版的差异`,
    back: '恢复到这一版',
    backTo: (version: number) => `恢复到第 ${version} 版`,
    backSaid: '恢复也是一次变更：先生成草稿并预演，再提交复核。',
    look: '查看改动',
    rollNote: (version: number) => `恢复到第 ${version} 版`,
    older: '更早的版本',
  },
  en: {
    history: 'Versions',
    changes: 'Changes',
    version: 'Version',
    inForce: 'in force',
    at: 'In force since',
    by: 'Proposed by',
    approvedBy: 'Approved by',
    note: 'Note',
    nothing: 'There is no version yet.',
    compare: 'Compare two versions',
    from: 'From version',
    to: 'To version',
    show: 'Compare',
    difference: (from: number, to: number) => `From version ${from} to version ${to}`,
    back: 'Roll back to this',
    backTo: (version: number) => `Roll back to version ${version}`,
    backSaid: 'Rolling back is a change too: a draft with its dry run first, then the review.',
    look: 'What changed',
    rollNote: (version: number) => `Rolled back to version ${version}`,
    older: 'Older versions',
  },
} as const;

const PAGE = 50;

/** @throws Refusal ONECERT_CHANGE_UNKNOWN for a kind there is not */
export const documentOf = (parameters: PathParameters): DocumentKey => {
  const kind = DOCUMENT_KINDS.find((each) => each === parameters['kind']);
  if (kind === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such kind of document');
  return { kind, name: parameters['name'] ?? '' };
};

/** GET /console/changes/of/:kind/:name?from=&to=&before= : versions of one document, and what differs between two. */
export const documentPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, query, parameters } = call;
  const { store } = parts.changes;
  const texts = TEXTS[language];
  const key = documentOf(parameters);
  const before = numberOf(query.get('before'));
  const versions = await store.history(key, { limit: PAGE, ...(before !== undefined && { before }) });
  const current = (await store.current(key))?.version ?? 0;
  const names = await shownNames(
    parts,
    versions.flatMap(({ proposedBy, approvedBy }) => [proposedBy, approvedBy]),
  );
  const [from, to] = [numberOf(query.get('from')), numberOf(query.get('to'))];
  const title = documentTitle(call, key);
  const main = html`${renderHeading(title, {
    crumbs: [['/console/changes', texts.changes]],
    lead: texts.history,
  })}
  ${from === undefined || to === undefined ? undefined : await renderCompared(call, key, from, to)}
  ${renderVersions(call, key, versions, current, names)}
  ${
    versions.length === PAGE
      ? html`<p><a href="?before=${versions.at(-1)?.version ?? 0}">${texts.older}</a></p>`
      : undefined
  }
  ${current > 1 ? renderCompareForm(call, from ?? current - 1, to ?? current) : undefined}`;
  return { page: { title: `${title} · ${texts.history}`, main } };
};

const numberOf = (text: string | null): number | undefined =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

const renderVersions = (
  call: PageCall,
  key: DocumentKey,
  versions: readonly DocumentVersion[],
  current: number,
  names: ShownNames,
): Html => {
  const { language, caller } = call;
  const texts = TEXTS[language];
  const mayPropose =
    hasRole(caller.actor, 'operator') ||
    (hasRole(caller.actor, 'officer') && maySeeDepartment(caller.actor, departmentOfDocument(key)));
  return renderTable(versions, {
    caption: texts.history,
    nothing: texts.nothing,
    columns: [
      {
        title: texts.version,
        cell: ({ version }) =>
          html`${version} ${version === current ? renderState(texts.inForce, 'good') : undefined}`,
      },
      { title: texts.at, cell: ({ at }) => renderMoment(at, language) },
      { title: texts.by, cell: ({ proposedBy }) => personOf(call, names, proposedBy) },
      {
        title: texts.approvedBy,
        cell: ({ approvedBy }) => (approvedBy === undefined ? '–' : personOf(call, names, approvedBy)),
      },
      { title: texts.note, cell: ({ note }) => note },
      {
        title: texts.look,
        cell: ({ version }) =>
          html`<a href="${documentPath(key)}?from=${version - 1}&amp;to=${version}"
              >${texts.look}<span class="hidden"> ${version}</span></a
            >
            ${
              mayPropose && version !== current
                ? formOf(call, {
                    action: `${documentPath(key)}/back`,
                    button: texts.backTo(version),
                    look: 'quiet',
                    hidden: { base: current, version },
                    fields: undefined,
                    inline: true,
                  })
                : undefined
            }`,
      },
    ],
  });
};

const renderCompared = async (
  { parts, language }: PageCall,
  key: DocumentKey,
  from: number,
  to: number,
): Promise<Html> => {
  const { store } = parts.changes;
  const [before, after] = await Promise.all(
    [from, to].map(async (version) => (version === 0 ? [] : (await store.version(key, version)).files)),
  );
  return renderCard(
    'difference',
    TEXTS[language].difference(from, to),
    renderDiff(before ?? [], after ?? [], language),
  );
};

const renderCompareForm = ({ language }: PageCall, from: number, to: number): Html => {
  const texts = TEXTS[language];
  return renderCard(
    'compare',
    texts.compare,
    html`<form class="form" method="get">
      <div class="pair">
        ${textField({ name: 'from', label: texts.from, value: String(from), type: 'number' })}
        ${textField({ name: 'to', label: texts.to, value: String(to), type: 'number' })}
      </div>
      <p><button class="button quiet">${texts.show}</button></p>
    </form>`,
  );
};

/** POST /console/changes/of/:kind/:name/back : a draft with the files of an earlier version. */
export const rollBack = async (call: PageCall): Promise<PageAnswer> => {
  const key = documentOf(call.parameters);
  const [version, base] = [numberOf(call.form.get('version')), numberOf(call.form.get('base'))];
  if (version === undefined || base === undefined)
    throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'a form without versions');
  const { files } = await call.parts.changes.store.version(key, version);
  return proposeDraft(call, { ...key, base, files, note: TEXTS[call.language].rollNote(version) });
};
