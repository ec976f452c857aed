import { html, type Html, type Insertable } from '../../portal/html.ts';
import { SUBJECTS, STAGES } from '../../portal/service-list.ts';
import { LIMIT_SCOPES } from '../../services/call-limits.ts';
import type { Service } from '../../services/enrolment.ts';
import { departmentName } from '../console-page.ts';
import { renderCard, renderFacts, renderHeading, renderState } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { departmentIn, readInForce, serviceInForce } from './department-document.ts';
import { renderProposals } from '../changes/queue-page.ts';
import { FORM_TEXTS } from './form-texts.ts';
import { openProposals, renderServiceState } from './list-page.ts';
import { renderQuickActions } from './quick-actions.ts';
import { mayChange } from './save.ts';
import { TEXTS } from './texts.ts';

/** GET /console/services/of/:department/service/:service */
export const servicePage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, parameters } = call;
  const texts = TEXTS[language];
  const department = departmentIn(parameters);
  const service = serviceInForce(parts, parameters);
  const { base, text } = await readInForce(parts, department);
  const home = `/console/services/of/${department}`;
  const here = `${home}/service/${service.service}`;
  const may = mayChange(call, department);
  const proposals = await openProposals(call, department);
  const main = html`${renderHeading(service.name[language], {
      crumbs: [
        ['/console/services', texts.title],
        [home, departmentName(call, department)],
      ],
      lead: html`${renderServiceState(call, service)}
        <code>${service.service}</code> ${service.description?.[language] ?? ''}`,
      actions: html`${
          may
            ? html`<a class="button small" href="${here}/change">${texts.change}</a>
                <a class="button small quiet" href="${home}/try?service=${service.service}"
                  >${texts.tryIt}</a
                >`
            : undefined
        }
        <a class="button small quiet" href="/console/changes/of/department/${department}"
          >${texts.versions}</a
        >`,
    })}
    <div class="columns">${describeService(call, service)}</div>
    ${
      proposals.length === 0
        ? undefined
        : html`<h2>${texts.proposals}</h2>
            ${await renderProposals(call, proposals)}`
    }
    ${may && base > 0 ? renderQuickActions(call, service, { department, base, text }) : undefined}`;
  return { page: { title: service.name[language], main } };
};

/** Everything an enrolment says, in words. */
const describeService = (call: PageCall, service: Service): Html => {
  const { language } = call;
  const texts = TEXTS[language];
  return html`${renderCard('who', texts.who, describeWho(call, service))}
  ${renderCard('told', texts.told, describeClaims(call, service))}
  ${renderCard('where', texts.where, describeBackEnds(call, service))}
  ${renderCard('limits', texts.limits, describeLimits(call, service))}
  ${renderCard('when', texts.when, describeTimes(call, service))}`;
};

const describeWho = ({ language, parts }: PageCall, service: Service): Html => {
  const [texts, words] = [TEXTS[language], FORM_TEXTS[language]];
  const { subjects, authorities, actingRoles, assurance, operations, path, stages } = service;
  const names = new Map(parts.portal.authorities().map((each) => [each.authority, each.name[language]]));
  const list = (items: readonly string[]): string => items.join(language === 'zh' ? '、' : ', ');
  return renderFacts([
    [texts.subjects, list(subjects.map((kind) => SUBJECTS[language][kind]))],
    [
      words.authorities,
      authorities === 'all' ? texts.all : list(authorities.map((each) => names.get(each) ?? each)),
    ],
    [
      words.actingRoles,
      actingRoles === undefined ? texts.any : list(actingRoles.map((role) => words.roles[role])),
    ],
    [words.assurance, words.assurances[assurance ?? '']],
    [
      texts.what,
      html`<ul>
        ${operations.map(
          (each) =>
            html`<li>
              <b class="small">${each.methods.join(' ')}</b>
              <code>${path}${each.path === '/' ? '' : each.path}</code>
            </li>`,
        )}
      </ul>`,
    ],
    [words.stages, stages === undefined ? undefined : list(stages.map((stage) => STAGES[language][stage]))],
  ]);
};

const describeClaims = ({ language }: PageCall, { claims, clientCert }: Service): Html => {
  const [texts, words] = [TEXTS[language], FORM_TEXTS[language]];
  return html`<p>${texts.toldSaid}</p>
    ${
      claims.length === 0
        ? html`<p class="muted">${texts.claimsNone}</p>`
        : html`<ul class="dots">
            ${claims.map(
              ({ claim, purpose }) =>
                html`<li>
                  <b>${words.claimNames[claim]}</b>
                  ${purpose === undefined ? html`<span class="muted small">${texts.noPurpose}</span>` : purpose[language]}
                </li>`,
            )}
          </ul>`
    }
    ${clientCert ? html`<p class="note">${texts.certificate}</p>` : undefined}`;
};

const describeBackEnds = ({ language, parts }: PageCall, service: Service): Html => {
  const [texts, words] = [TEXTS[language], FORM_TEXTS[language]];
  const readings = parts.backends();
  const health = (url: string): Html => {
    const reading = readings.find((each) => each.service === service.service && each.backend === url);
    if (reading === undefined) return renderState(texts.health.unknown, 'plain');
    return reading.well
      ? renderState(texts.health.well, 'good')
      : html`${renderState(texts.health.unwell, 'bad')} <span class="small">${reading.problem ?? ''}</span>`;
  };
  const { backends, stripPath, health: asked, audit } = service;
  return html`<ul class="dots">
      ${backends.map(({ url, weight, tls }) => {
        const more: Insertable[] = [
          backends.length > 1 ? texts.weight(weight) : '',
          tls?.use === undefined ? '' : texts.using(tls.use),
          tls?.serverName === undefined ? '' : texts.serverName(tls.serverName),
          tls?.pin === undefined ? '' : texts.pinned(tls.pin.length),
        ];
        return html`<li>
          <code class="long">${url}</code> ${health(url)}
          ${more.map((each) => html`<span class="muted small">${each} </span>`)}
        </li>`;
      })}
    </ul>
    ${renderFacts([
      [texts.path, stripPath ? texts.stripped : undefined],
      [
        words.health,
        asked === undefined
          ? undefined
          : html`<code>${asked.path}</code> ${words.interval} ${seconds(asked.interval)}`,
      ],
      [texts.audit, audit === 'synced' ? texts.synced : texts.written],
    ])}`;
};

const describeLimits = ({ language }: PageCall, service: Service): Html => {
  const [texts, words] = [TEXTS[language], FORM_TEXTS[language]];
  const { limits, timeouts, bodyLimit } = service;
  return renderFacts([
    ...LIMIT_SCOPES.map((scope): [string, Insertable] => {
      const limit = limits?.[scope];
      return [
        words.scopes[scope],
        limit === undefined ? texts.unlimited : texts.perTime(limit.calls, seconds(limit.per)),
      ];
    }),
    [texts.connect, seconds(timeouts.connect)],
    [texts.response, seconds(timeouts.response)],
    [texts.body, octets(bodyLimit)],
  ]);
};

const describeTimes = ({ language }: PageCall, service: Service): Html => {
  const [texts, words] = [TEXTS[language], FORM_TEXTS[language]];
  const { open, hours, maintenance, exchange, oidc } = service;
  const span = (of: { from?: string | undefined; until?: string | undefined }): string =>
    texts.since(of.from ?? texts.noBound, of.until ?? texts.noBound);
  return renderFacts([
    [words.open, open === undefined ? texts.always : span(open)],
    [
      words.hours,
      hours === undefined
        ? texts.always
        : html`<ul>
            ${hours.map(
              ({ days, from, until }) =>
                html`<li>${days.map((day) => words.dayNames[day]).join(' ')} ${from}–${until}</li>`,
            )}
          </ul>`,
    ],
    [
      words.maintenance,
      maintenance === undefined ? undefined : html`${span(maintenance)} ${maintenance.message?.[language]}`,
    ],
    [texts.exchange, exchange?.from.join(', ')],
    [texts.oidc, oidc === undefined ? undefined : oidc.clientAuthentication.method],
  ]);
};

/** Of milliseconds, as enrolments write them. */
export const seconds = (ms: number): string => {
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
};

const octets = (size: number): string => {
  const units = [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const;
  const [unit, by] = units.find(([, each]) => size >= each && size % each === 0) ?? ['B', 1];
  return `${size / by}${unit}`;
};
