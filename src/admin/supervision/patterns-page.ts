import { html } from '../../portal/html.ts';
import { renderCard, renderHeading } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { viewOf } from './access.ts';
import { findPatterns, RULES } from './patterns.ts';
import { momentOf } from './span.ts';
import { SUPERVISION_TEXTS } from './texts.ts';
import {
  departmentShown,
  renderViews,
  serviceShown,
  titleOf,
  UNKNOWN,
  writeCount,
  writePercent,
} from './write-figures.ts';

/** Enough to tell two apart. */
const SHOWN = 16;

export const patternsPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, language, at } = call;
  const texts = SUPERVISION_TEXTS[language];
  const { certificates, bursts, failures } = await findPatterns(
    parts.auditIndex,
    viewOf(parts, caller.actor),
    at,
  );
  const { burst, failures: jump, addresses } = RULES;
  const nothing = texts.unusualNothing;
  const service = {
    title: texts.service,
    cell: (row: { readonly department: string; readonly service: string }) =>
      html`${serviceShown(call, row.service)}<br /><span class="small muted"
          >${departmentShown(call, row.department)}</span
        >`,
  };
  const main = html`${renderHeading(texts.title, { lead: texts.patternsLead(RULES.hours, RULES.days) })}
  ${renderViews(language, 'patterns')}
  ${renderCard(
    'addresses',
    texts.manyAddresses,
    certificates === undefined
      ? html`<p class="muted">${texts.cityOnly}</p>`
      : html`<p class="muted">${texts.manyAddressesRule(addresses.least)}</p>
          ${renderTable(certificates, {
            caption: texts.manyAddresses,
            nothing,
            columns: [
              {
                title: texts.certificate,
                cell: ({ certificate }) => html`<code>${certificate.slice(0, SHOWN)}…</code>`,
              },
              { title: texts.addresses, number: true, cell: (row) => writeCount(row.addresses) },
              { title: texts.calls, number: true, cell: (row) => writeCount(row.calls) },
              { title: texts.refusals, number: true, cell: (row) => writeCount(row.refusals) },
              { title: texts.hours, number: true, cell: (row) => writeCount(row.hours) },
              { title: texts.entry, number: true, cell: ({ lastSeq }) => texts.open(lastSeq) },
            ],
          })}
          <p class="small muted">${texts.search}</p>`,
  )}
  ${renderCard(
    'bursts',
    texts.bursts,
    html`<p class="muted">${texts.burstsRule(burst.least, burst.times)}</p>
      ${renderTable(bursts, {
        caption: texts.bursts,
        nothing,
        columns: [
          { title: texts.when, cell: (row) => momentOf(row.at) },
          service,
          {
            title: texts.reason,
            cell: ({ code }) =>
              html`${titleOf(code, language)}<br /><code class="small muted">${code}</code>`,
          },
          { title: texts.count, number: true, cell: ({ count }) => writeCount(count) },
          { title: texts.usualHour, number: true, cell: ({ usual }) => usual.toFixed(1) },
        ],
      })}`,
  )}
  ${renderCard(
    'failures',
    texts.jumps,
    html`<p class="muted">${texts.jumpsRule(jump.least, jump.percent, jump.times)}</p>
      ${renderTable(failures, {
        caption: texts.jumps,
        nothing,
        columns: [
          service,
          { title: texts.failures, number: true, cell: (row) => writeCount(row.failures) },
          { title: texts.reached, number: true, cell: (row) => writeCount(row.reached) },
          { title: texts.share, number: true, cell: ({ share }) => writePercent(share) },
          {
            title: texts.usual,
            number: true,
            cell: ({ usual }) => (usual === undefined ? UNKNOWN : writePercent(usual)),
          },
        ],
      })}`,
  )}`;
  return { page: { title: texts.patterns, main } };
};
