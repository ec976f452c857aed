import type { Proposal, ProposalState } from '../../changes/document.ts';
import { html, type Html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { departmentsOf, hasRole } from '../access.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';
import { renderHeading, renderNotice, renderState } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { documentTitle, STATE_LOOKS, stateName } from './kinds.ts';
import { personOf, shownNames } from './person.ts';

const TEXTS = {
  zh: {
    title: '变更',
    lead: '信任列表、服务、角色等的改动都在这里提出和复核；会让人进来或进不来的改动须由两人完成。',
    views: { waiting: '待我复核', mine: '我提出的', open: '全部未处理', decided: '已处理' },
    label: '变更的范围',
    document: '对象',
    note: '说明',
    state: '状态',
    by: '申请人',
    at: '申请时间',
    nothing: '没有变更申请。',
    older: '更早的',
    differs: '文件与现行版本不一致',
    differsSaid: '以下内容在文件中的样子与控制台中的现行版本不同；在双方一致之前，控制台中的版本有效。',
  },
  en: {
    title: 'Changes',
    lead: 'Changes of the trust list, services and roles are proposed and reviewed here. What lets people in or locks them out takes two.',
    views: { waiting: 'Waiting for me', mine: 'Mine', open: 'All open', decided: 'Decided' },
    label: 'Which changes',
    document: 'Of',
    note: 'Note',
    state: 'State',
    by: 'Proposed by',
    at: 'Proposed',
    nothing: 'There are none.',
    older: 'Older',
    differs: 'Files are not what is in force',
    differsSaid:
      'What the files say differs here from the versions in force. Until both agree, what the console shows is in force.',
  },
} as const;

type View = keyof (typeof TEXTS)['en']['views'];
const VIEWS = Object.keys(TEXTS.en.views) as View[];

const OPEN: readonly ProposalState[] = ['draft', 'submitted'];
const DECIDED: readonly ProposalState[] = ['approved', 'rejected', 'withdrawn'];
const PAGE = 50;
/** Open proposals that are looked through for one's own. */
const LOOK = 500;

/** GET /console/changes?view=&before= */
export const queuePage = async (call: PageCall): Promise<PageAnswer> => {
  const { language, query, caller, parts } = call;
  const texts = TEXTS[language];
  const isOperator = hasRole(caller.actor, 'operator');
  const views = VIEWS.filter((view) => isOperator || view !== 'waiting');
  const wished = query.get('view');
  const view = views.find((each) => each === wished) ?? views[0] ?? 'open';
  const before = /^\d{1,15}$/.test(query.get('before') ?? '') ? Number(query.get('before')) : undefined;
  const proposals = await proposalsOf(view, caller, parts, before);
  const last = proposals.length === PAGE ? proposals.at(-1) : undefined;
  const differences = hasRole(caller.actor, 'operator', 'auditor') ? await parts.differences() : [];
  const main = html`${renderHeading(texts.title, { lead: texts.lead })}
    ${
      differences.length === 0
        ? undefined
        : renderNotice(
            texts.differs,
            html`<p>${texts.differsSaid}</p>
              <ul class="dots">
                ${differences.map((key) => html`<li>${documentTitle(call, key)}</li>`)}
              </ul>`,
            'grave',
          )
    }
    <nav class="tabs" aria-label="${texts.label}">
      <ul>
        ${views.map((each) => renderTab(each, view, texts.views[each]))}
      </ul>
    </nav>
    ${await renderProposals(call, proposals)}
    ${
      last === undefined
        ? undefined
        : html`<p>
            <a href="/console/changes?view=${view}&amp;before=${last.proposedAt}">${texts.older}</a>
          </p>`
    }`;
  return { page: { title: texts.title, main } };
};

const renderTab = (view: View, current: View, label: string): Html =>
  view === current
    ? html`<li><a href="/console/changes?view=${view}" aria-current="page">${label}</a></li>`
    : html`<li><a href="/console/changes?view=${view}">${label}</a></li>`;

/** Proposals as a table; for other sections too. */
export const renderProposals = async (call: PageCall, proposals: readonly Proposal[]): Promise<Html> => {
  const { language } = call;
  const texts = TEXTS[language];
  const names = await shownNames(
    call.parts,
    proposals.map(({ proposedBy }) => proposedBy),
  );
  return renderTable(proposals, {
    caption: texts.title,
    nothing: texts.nothing,
    columns: [
      {
        title: texts.document,
        cell: (proposal) =>
          html`<a href="/console/changes/${proposal.id}">${documentTitle(call, proposal)}</a>`,
      },
      { title: texts.note, cell: ({ note }) => note },
      {
        title: texts.state,
        cell: ({ state }) => renderState(stateName(state, language), STATE_LOOKS[state]),
      },
      { title: texts.by, cell: ({ proposedBy }) => personOf(call, names, proposedBy) },
      { title: texts.at, cell: ({ proposedAt }) => renderMoment(proposedAt, language) },
    ],
  });
};

const proposalsOf = async (
  view: View,
  caller: AdminCaller,
  parts: AdminParts,
  before: number | undefined,
): Promise<readonly Proposal[]> => {
  const { unifiedId } = caller.actor;
  switch (view) {
    case 'waiting':
      return (await visibleProposals(caller, parts, { states: ['submitted'], limit: LOOK })).filter(
        ({ proposedBy }) => proposedBy !== unifiedId,
      );
    case 'mine':
      return (await visibleProposals(caller, parts, { limit: LOOK })).filter(
        ({ proposedBy }) => proposedBy === unifiedId,
      );
    case 'open':
    case 'decided': {
      const states = view === 'open' ? OPEN : DECIDED;
      return visibleProposals(caller, parts, {
        states,
        limit: PAGE,
        ...(before !== undefined && { before }),
      });
    }
  }
};

type Wanted = Parameters<AdminParts['changes']['store']['listProposals']>[0];

/** Of all departments for operators and auditors, of their own for officers; the latest first. */
export const visibleProposals = async (
  caller: AdminCaller,
  { changes }: AdminParts,
  filter: Wanted,
): Promise<readonly Proposal[]> => {
  const departments = departmentsOf(caller.actor);
  if (departments === 'all') return changes.store.listProposals(filter);
  const each = await Promise.all(
    departments.map((department) => changes.store.listProposals({ ...filter, department })),
  );
  return each
    .flat()
    .sort((one, other) => other.proposedAt - one.proposedAt)
    .slice(0, filter.limit);
};

/** How many submitted proposals somebody could approve. */
export const countWaiting = async (caller: AdminCaller, parts: AdminParts): Promise<number> =>
  hasRole(caller.actor, 'operator') ? (await proposalsOf('waiting', caller, parts, undefined)).length : 0;
