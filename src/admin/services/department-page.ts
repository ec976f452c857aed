import { html } from '../../portal/html.ts';
import { createDirectory } from '../../services/directory.ts';
import { departmentName } from '../console-page.ts';
import { renderProposals } from '../changes/queue-page.ts';
import { renderFacts, renderHeading, renderNotice } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { departmentIn, readInForce } from './department-document.ts';
import { openProposals, renderServiceState } from './list-page.ts';
import { mayChange } from './save.ts';
import { TEXTS } from './texts.ts';
import { Refusal } from '../../refusal/refusal.ts';

/** GET /console/services/of/:department */
export const departmentPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language } = call;
  const texts = TEXTS[language];
  const department = departmentIn(call.parameters);
  const enrolled = parts.departments().filter((each) => each.department === department);
  const proposals = await openProposals(call, department);
  const { base } = await readInForce(parts, department);
  const may = mayChange(call, department);
  if (enrolled.length === 0 && proposals.length === 0 && !may)
    throw new Refusal('ONECERT_SERVICE_NOT_FOUND', 'no such department');
  const home = `/console/services/of/${department}`;
  const title = departmentName(call, department);
  const differs = (await parts.differences()).some(
    ({ kind, name }) => kind === 'department' && name === department,
  );
  const main = html`${renderHeading(title, {
      crumbs: [['/console/services', texts.title]],
      lead: html`<code>${department}</code>`,
      actions: html`${
        may
          ? html`<a class="button small" href="${home}/enrol">${texts.enrol}</a>
              <a class="button small quiet" href="${home}/yaml">${texts.yaml}</a>
              <a class="button small quiet" href="${home}/try">${texts.tryIt}</a>`
          : undefined
      }
      ${
        base === 0
          ? undefined
          : html`<a class="button small quiet" href="${home}/department.yaml">${texts.download}</a>
              <a class="button small quiet" href="/console/changes/of/department/${department}"
                >${texts.versions}</a
              >`
      }`,
    })}
    ${differs ? renderNotice(texts.differs, html`<p>${texts.differsHere}</p>`, 'grave') : undefined}
    ${renderTable(createDirectory(enrolled).services, {
      caption: texts.title,
      nothing: texts.nothing,
      columns: [
        {
          title: texts.service,
          cell: ({ service, name }) => html`<a href="${home}/service/${service}">${name[language]}</a>`,
        },
        { title: texts.path, cell: ({ path }) => html`<code>${path}</code>` },
        { title: texts.state, cell: (service) => renderServiceState(call, service) },
        {
          title: texts.backends,
          cell: ({ backends }) =>
            html`<span class="long small">${backends.map(({ url }) => url).join(' ')}</span>`,
        },
      ],
    })}
    ${base === 0 ? undefined : renderFacts([[texts.version, String(base)]])}
    <h2 id="proposals">${texts.proposals}</h2>
    ${proposals.length === 0 ? html`<p class="nothing">${texts.noProposals}</p>` : await renderProposals(call, proposals)}`;
  return { page: { title, main } };
};
