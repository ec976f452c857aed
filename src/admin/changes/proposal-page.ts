import { takesTwo, type DryRun } from '../../changes/change-service.ts';
import type { DocumentFile, DocumentVersion, Proposal } from '../../changes/document.ts';
import { html, type Html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { hasRole } from '../access.ts';
import { renderDiff } from '../render/diff.ts';
import { formOf, textArea } from '../render/form.ts';
import { renderCard, renderFacts, renderHeading, renderNotice, renderState } from '../render/frame.ts';
import { renderIssues } from '../render/issues.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { rebase } from './files.ts';
import { documentPath, documentTitle, STATE_LOOKS, stateName } from './kinds.ts';
import { personOf, shownNames, type ShownNames } from './person.ts';
import { TEXTS } from './proposal-texts.ts';

/** GET /console/changes/:proposal : what it changes, what it would do, and what can be done with it. */
export const proposalPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, parameters, query } = call;
  const { changes } = parts;
  const texts = TEXTS[language];
  const proposal = await changes.store.proposal(parameters['proposal'] ?? '');
  const current = await changes.store.current(proposal);
  const before = proposal.base === 0 ? [] : (await changes.store.version(proposal, proposal.base)).files;
  const isOpen = proposal.state === 'draft' || proposal.state === 'submitted';
  const dryRun = isOpen ? await changes.dryRun(proposal) : undefined;
  const isStale = isOpen && (current?.version ?? 0) !== proposal.base;
  const title = documentTitle(call, proposal);
  const names = await shownNames(call.parts, [proposal.proposedBy, proposal.decidedBy]);
  const main = html`${renderHeading(title, {
      crumbs: [
        ['/console/changes', texts.queue],
        [documentPath(proposal), texts.history],
      ],
      actions: html`${renderState(stateName(proposal.state, language), STATE_LOOKS[proposal.state])}
      ${isOpen && proposal.kind === 'department' ? renderServiceActions(call, proposal) : undefined}`,
      lead: proposal.note,
    })}
    ${isStale ? renderStale(call, proposal, before, current) : undefined}
    ${dryRun === undefined ? undefined : renderDryRun(dryRun, call)}
    ${renderActions(call, proposal, dryRun, isStale)}
    <h2 id="difference">${texts.difference}</h2>
    ${renderDiff(before, proposal.files, language)}
    ${renderCard('about', texts.about, renderAbout(call, proposal, names))}`;
  const done = query.get('done');
  return {
    page: { title, main, told: isKnownStep(done) ? texts.done[done] : undefined },
  };
};

/** What a department's change can be tried with, and where one's own draft is written on. */
const renderServiceActions = ({ caller, language }: PageCall, proposal: Proposal): Html | undefined => {
  if (!hasRole(caller.actor, 'operator', 'officer')) return undefined;
  const texts = TEXTS[language];
  const home = `/console/services/of/${proposal.name}`;
  const isOwnDraft = proposal.state === 'draft' && proposal.proposedBy === caller.actor.unifiedId;
  return html`${
      isOwnDraft
        ? html`<a class="button small quiet" href="${home}/yaml?draft=${proposal.id}">${texts.edit}</a>`
        : undefined
    } <a class="button small quiet" href="${home}/try?draft=${proposal.id}">${texts.tryIt}</a>`;
};

const isKnownStep = (step: string | null): step is keyof (typeof TEXTS)['en']['done'] =>
  step !== null && Object.hasOwn(TEXTS.en.done, step);

const renderDryRun = ({ issues, consequences }: DryRun, { language }: PageCall): Html => {
  const texts = TEXTS[language];
  if (issues.length > 0) return renderIssues(issues, language);
  return renderCard(
    'dry-run',
    texts.dryRun,
    consequences.length === 0
      ? html`<p>${texts.noConsequences}</p>`
      : html`<ul class="consequences">
          ${consequences.map((each) => html`<li>${each[language]}</li>`)}
        </ul>`,
  );
};

const renderStale = (
  call: PageCall,
  proposal: Proposal,
  before: readonly DocumentFile[],
  current: DocumentVersion | undefined,
): Html => {
  const { language, caller } = call;
  const texts = TEXTS[language];
  const version = current?.version ?? 0;
  const merged = rebase(before, current?.files ?? [], proposal.files);
  const mayRevise = proposal.state === 'draft' && proposal.proposedBy === caller.actor.unifiedId;
  return renderNotice(
    texts.stale,
    html`<p>${texts.staleSaid(proposal.base, version)}</p>
      ${
        merged === undefined
          ? html`<p>${texts.clash}</p>`
          : mayRevise
            ? formOf(call, {
                action: `/console/changes/${proposal.id}/rebase`,
                button: texts.rebase,
                look: 'quiet',
                hidden: { base: version },
                fields: undefined,
                inline: true,
              })
            : html`<p>${texts.staleSubmitted}</p>`
      }
      <details>
        <summary>${texts.theirs(proposal.base, version)}</summary>
        ${renderDiff(before, current?.files ?? [], language)}
      </details>`,
    'grave',
  );
};

const renderActions = (
  call: PageCall,
  proposal: Proposal,
  dryRun: DryRun | undefined,
  isStale: boolean,
): Html | undefined => {
  if (dryRun === undefined) return undefined;
  const { language, caller } = call;
  const texts = TEXTS[language];
  const isMine = proposal.proposedBy === caller.actor.unifiedId;
  const isSound = dryRun.issues.length === 0 && !isStale;
  const path = `/console/changes/${proposal.id}`;
  const act = (step: 'submit' | 'withdraw', look: 'plain' | 'quiet'): Html =>
    formOf(call, { action: `${path}/${step}`, button: texts[step], look, fields: undefined, inline: true });
  if (isMine) {
    const two = takesTwo(proposal);
    return html`<section class="card" aria-labelledby="act">
      <h2 id="act">${texts.mine}</h2>
      <p>
        ${proposal.state === 'draft' ? (isSound ? texts.maySubmit : texts.mayNotSubmit) : two ? texts.fourEyes : undefined}
      </p>
      <div class="act">
        ${
          proposal.state === 'draft' && proposal.kind === 'trust-list' && call.parts.trustListSigned
            ? html`<a class="button quiet" href="/console/trust/sign/${proposal.id}">${texts.sign}</a>`
            : undefined
        }
        ${proposal.state === 'draft' && isSound ? act('submit', 'plain') : undefined}
        ${act('withdraw', 'quiet')}
      </div>
    </section>`;
  }
  if (proposal.state !== 'submitted' || !hasRole(caller.actor, 'operator')) return undefined;
  return renderDecision(call, path, isSound);
};

const renderDecision = (call: PageCall, path: string, isSound: boolean): Html => {
  const { language, fresh } = call;
  const texts = TEXTS[language];
  if (!fresh) {
    return renderNotice(
      texts.signInAgain,
      html`<p>${texts.signInAgainSaid}</p>
        <p class="act">
          <a class="button" href="/signin?return=${encodeURIComponent(path)}">${texts.signInButton}</a>
        </p>`,
    );
  }
  const note = (name: string, label: string, hint: string | undefined, required: boolean): Html =>
    html`${textArea({ name, label, hint, rows: 3, prose: true, required })}`;
  return html`<div class="columns">
    ${
      isSound
        ? renderCard(
            'approve-card',
            texts.approve,
            formOf(call, {
              action: `${path}/approve`,
              button: texts.approve,
              fields: note('approve-note', texts.note, texts.approveHint, false),
            }),
          )
        : renderNotice(texts.cannotApprove, html`<p>${texts.cannotApproveSaid}</p>`)
    }
    ${renderCard(
      'reject-card',
      texts.reject,
      formOf(call, {
        action: `${path}/reject`,
        button: texts.reject,
        look: 'quiet danger',
        fields: note('reject-note', texts.note, texts.rejectHint, true),
      }),
    )}
  </div>`;
};

const renderAbout = (call: PageCall, proposal: Proposal, names: ShownNames): Html => {
  const { language } = call;
  const texts = TEXTS[language];
  const { proposedBy, proposedAt, decidedBy, decidedAt, decisionNote, base, version, origin, id } = proposal;
  return renderFacts([
    [texts.proposedBy, personOf(call, names, proposedBy)],
    [texts.proposedAt, renderMoment(proposedAt, language)],
    [texts.base, base === 0 ? texts.noBase : String(base)],
    [texts.decidedBy, decidedBy === undefined ? undefined : personOf(call, names, decidedBy)],
    [texts.decidedAt, decidedAt === undefined ? undefined : renderMoment(decidedAt, language)],
    [texts.decisionNote, decisionNote === '' ? undefined : decisionNote],
    [texts.version, version === undefined ? undefined : String(version)],
    [texts.origin, texts.origins[origin]],
    [texts.id, html`<code>${id}</code>`],
  ]);
};
