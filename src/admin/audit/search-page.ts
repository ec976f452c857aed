import { latestCheckpoint, readVerifierKeys } from '../../audit/checkpoint/checkpoints-file.ts';
import { signersOf } from '../../audit/checkpoint/checkpoint.ts';
import { html, type Html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { hasRole } from '../access.ts';
import { departmentName } from '../console-page.ts';
import { formOf, selectField, textField } from '../render/form.ts';
import { renderCard, renderFacts, renderHeading, renderState } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { EVENTS, FILTER_FIELDS, filterFor, filterTold, readWanted } from './filter.ts';
import { readEntries, recordAsked, type FoundEntry } from './read-entries.ts';
import { EXPORT_LIMIT } from './export.ts';
import { AUDIT_TEXTS } from './texts.ts';

const PAGE = 50;

/** GET /console/audit */
export const auditPage = (call: PageCall): Promise<PageAnswer> => page(call, undefined);

/** POST /console/audit : a form, since whom a search is about has no place in an address. */
export const searchAudit = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, form } = call;
  const wanted = readWanted(form);
  const filter = filterFor(caller, wanted);
  if (wanted.reason !== undefined) {
    await recordAsked(parts.auditLog, {
      what: 'audit-search',
      actor: caller.actor.unifiedId,
      reason: wanted.reason,
      filter: await filterTold(parts, filter, { open: wanted.open }),
    });
  }
  const places = await parts.auditLog.index.search(filter, {
    limit: PAGE,
    ...(wanted.before !== undefined && {
      before: wanted.before,
    }),
  });
  return page(call, await readEntries(parts.auditLog, places, wanted.open));
};

const page = async (call: PageCall, found: readonly FoundEntry[] | undefined): Promise<PageAnswer> => {
  const texts = AUDIT_TEXTS[call.language];
  const seesAll = hasRole(call.caller.actor, 'operator', 'auditor');
  const main = html`${renderHeading(texts.title, { lead: seesAll ? texts.lead : texts.leadOfficer })}
  ${found === undefined ? undefined : renderFound(call, found)}
  ${renderCard(
    'search',
    texts.search,
    formOf(call, { action: '/console/audit', button: texts.search, fields: renderFields(call, seesAll) }),
  )}
  ${found !== undefined && seesAll ? renderExport(call) : undefined}
  ${seesAll ? await renderLogState(call) : undefined}`;
  return { page: { title: texts.title, main } };
};

const renderFields = ({ language, form, parts, caller }: PageCall, seesAll: boolean): Html => {
  const texts = AUDIT_TEXTS[language];
  const value = (name: string): string => form.get(name) ?? '';
  const text = (name: Exclude<(typeof FILTER_FIELDS)[number], 'event' | 'from' | 'to'>): Html =>
    textField({ name, label: texts[name], value: value(name) });
  const own = caller.actor.roles.flatMap((each) => (each.role === 'officer' ? [each.department] : []));
  const departments = seesAll
    ? [
        ['', texts.any] as const,
        ...parts.departments().map(({ department, name }) => [department, name[language]] as const),
      ]
    : own.map((department) => [department, departmentName({ parts, language }, department)] as const);
  return html`<div class="pair">
      ${textField({ name: 'from', label: texts.from, hint: texts.timeHint, value: value('from') })}
      ${textField({ name: 'to', label: texts.to, hint: texts.timeHint, value: value('to') })}
    </div>
    <div class="pair">
      ${selectField({
        name: 'event',
        label: texts.event,
        value: value('event'),
        options: [['', texts.any], ...EVENTS.map((event) => [event, event] as const)],
      })}
      ${selectField({ name: 'department', label: texts.department, value: value('department'), options: departments })}
    </div>
    <div class="pair">${text('service')} ${text('code')}</div>
    <div class="pair">${text('reference')} ${text('trace')}</div>
    ${
      seesAll
        ? html`<fieldset class="field">
            <legend>${texts.personal}</legend>
            ${text('unifiedId')} ${text('certificate')}
            <label class="check"
              ><input
                type="checkbox"
                name="open"
                value="true"
                ${value('open') === 'true' ? html`checked` : undefined}
              />${texts.open}</label
            >
            ${textField({ name: 'reason', label: texts.reason, hint: texts.reasonHint, value: value('reason') })}
          </fieldset>`
        : undefined
    }`;
};

/** The same question again, as hidden fields. */
const asked = ({ form }: PageCall): Record<string, string> =>
  Object.fromEntries(
    [...FILTER_FIELDS, 'open', 'reason'].flatMap((name) => {
      const value = form.get(name) ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );

const renderFound = (call: PageCall, found: readonly FoundEntry[]): Html => {
  const { language } = call;
  const texts = AUDIT_TEXTS[language];
  const last = found.length === PAGE ? found.at(-1)?.place : undefined;
  return html`<h2>${texts.results}</h2>
    ${renderTable(found, {
      caption: texts.results,
      nothing: texts.none,
      columns: [
        {
          title: texts.number,
          cell: ({ place, read }) =>
            read === undefined
              ? place.seq
              : html`<a href="/console/audit/entries/${place.seq}">${place.seq}</a>`,
        },
        { title: texts.at, cell: ({ place }) => renderMoment(place.at, language) },
        { title: texts.event, cell: ({ place }) => html`<code>${place.event}</code>` },
        {
          title: texts.what,
          cell: ({ entry, read }) =>
            read === undefined
              ? html`<span class="muted">${texts.retired}</span>`
              : inWords(entry, texts.sealed),
        },
      ],
    })}
    ${
      last === undefined
        ? undefined
        : formOf(call, {
            action: '/console/audit',
            button: texts.older,
            look: 'quiet',
            hidden: { ...asked(call), before: `${last.seq}/${last.at}/${last.replica ?? ''}` },
            fields: undefined,
          })
    }`;
};

const OWN = new Set(['v', 'prev', 'seq', 'written', 'hash', 'event', 'at', 'verdict', 'holder']);
const inWords = (entry: FoundEntry['entry'], sealed: string): Html =>
  html`${Object.entries(entry)
    .filter(([name]) => !OWN.has(name))
    .map(
      ([name, value]) =>
        html`<span class="muted small">${name}</span> ${name === 'sealed' ? sealed : textOf(value)} `,
    )}`;

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const renderExport = (call: PageCall): Html => {
  const texts = AUDIT_TEXTS[call.language];
  const { reason: _reason, ...filter } = asked(call);
  return renderCard(
    'export',
    texts.export,
    formOf(call, {
      action: '/console/audit/export',
      button: texts.download,
      look: 'quiet',
      hidden: filter,
      fields: html`<p class="muted small">${texts.exportSaid(EXPORT_LIMIT)}</p>
        ${selectField({
          name: 'format',
          label: texts.format,
          value: 'csv',
          options: [
            ['csv', 'CSV'],
            ['jsonl', 'JSON lines'],
          ],
        })}
        ${textField({
          name: 'reason',
          id: 'export-reason',
          label: texts.reason,
          hint: texts.reasonHint,
          required: true,
        })}`,
    }),
  );
};

const renderLogState = async ({ parts, language }: PageCall): Promise<Html> => {
  const texts = AUDIT_TEXTS[language];
  const { folder, state } = parts.auditLog;
  const { healthy, written, indexed } = state();
  const [checkpoint, keys] = await Promise.all([latestCheckpoint(folder), readVerifierKeys(folder)]);
  const witnesses = checkpoint?.note.signatures
    .map(({ name }) => name)
    .filter((name) => name !== checkpoint.origin);
  const isSigned = checkpoint !== undefined && (signersOf(checkpoint, keys)?.log.length ?? 0) > 0;
  return renderCard(
    'state',
    texts.state,
    html`${renderFacts([
      [texts.state, renderState(healthy ? texts.healthy : texts.unhealthy, healthy ? 'good' : 'bad')],
      [texts.written, written],
      [texts.lag, texts.lagOf(Math.max(0, written - indexed))],
      [texts.checkpoint, isSigned ? html`<pre class="raw">${checkpoint.text}</pre>` : texts.noCheckpoint],
      [
        texts.cosigned,
        witnesses === undefined || witnesses.length === 0 ? texts.noWitness : witnesses.join(', '),
      ],
    ])}`,
  );
};
