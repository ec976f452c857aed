import { html, type Html } from '../../portal/html.ts';
import { STAGES, SUBJECTS } from '../../portal/service-list.ts';
import { LIMIT_SCOPES } from '../../services/call-limits.ts';
import { claim, claimsWithoutPurpose } from '../../services/claims.ts';
import { LIFE_STAGES } from '../../services/enrolment.ts';
import type { PageCall } from '../section.ts';
import { DAYS, SPARE_ROWS } from './enrolment-fields.ts';
import type { Controls, EnrolmentForm } from './form-page.ts';
import { FORM_TEXTS, type FormTexts } from './form-texts.ts';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const CLIENT_AUTHENTICATION = ['private_key_jwt', 'client_secret_basic', 'client_secret_post'] as const;

const entries = <Key extends string>(record: Readonly<Record<Key, string>>): (readonly [Key, string])[] =>
  Object.entries(record) as [Key, string][];
const same = (values: readonly string[]): (readonly [string, string])[] =>
  values.map((value) => [value, value]);

type SectionId = keyof FormTexts['sections'];

/** Every field of an enrolment, in sections. */
export const renderSections = (call: PageCall, controls: Controls, { service }: EnrolmentForm): Html => {
  const { language, parts } = call;
  const texts = FORM_TEXTS[language];
  const section = (id: SectionId, inside: Html): Html =>
    html`<section class="card segment" aria-labelledby="${id}">
      <h2 id="${id}">${texts.sections[id]}</h2>
      ${inside}
    </section>`;
  const { text, checks, check, both, choice } = controls;
  const authorities = parts.portal
    .authorities()
    .map(({ authority, name }) => [authority, name[language]] as const);
  const stages = LIFE_STAGES.map((stage) => [stage, STAGES[language][stage]] as const);
  return html`${section(
    'about',
    html`${text('service', texts.service, { hint: texts.serviceHint, required: true })}
    ${both('name', texts.name, true)} ${both('description', texts.description)}
    ${checks('stages', texts.stages, stages, texts.stagesHint)}
    ${text('path', texts.path, { hint: texts.pathHint, required: true })}
    ${check('stripPath', texts.stripPath)}
    ${service === undefined ? html`<input type="hidden" name="enabled" value="1" />` : check('enabled', texts.enabled, texts.enabledHint)}`,
  )}
  ${section(
    'who',
    html`${checks('subjects', texts.subjects, entries(SUBJECTS[language]))}
    ${checks('authorities', texts.authorities, authorities, texts.authoritiesHint)}
    ${checks('actingRoles', texts.actingRoles, entries(texts.roles), texts.actingRolesHint)}
    ${choice('assurance', texts.assurance, entries(texts.assurances))}`,
  )}
  ${section('what', renderOperations(controls, texts))} ${section('told', renderClaims(controls, texts))}
  ${section('where', renderBackEnds(controls, texts))} ${section('limits', renderLimits(controls, texts))}
  ${section('when', renderTimes(controls, texts))} ${section('federation', renderFederation(controls, texts))}`;
};

const row = (legend: string, inside: Html): Html =>
  html`<fieldset class="row">
    <legend>${legend}</legend>
    ${inside}
  </fieldset>`;

const renderOperations = ({ rows, checks, text }: Controls, texts: FormTexts): Html =>
  html`<p class="hint">${texts.operationsHint}</p>
    ${rows('operation', ['methods', 'path'], SPARE_ROWS).map((index) =>
      row(
        texts.operation(index + 1),
        html`${checks(`operation-${index}-methods`, texts.methods, same(METHODS))}
        ${text(`operation-${index}-path`, texts.below)}`,
      ),
    )}`;

const renderClaims = ({ check, both, has }: Controls, texts: FormTexts): Html =>
  html`<p class="hint">${texts.claims}</p>
    ${claim.options.map((name) => {
      const isPersonal = claimsWithoutPurpose([{ claim: name }]).length > 0;
      const field = `claim-${name}`;
      const label = texts.claimNames[name];
      return html`<details
        class="row"
        ${has(field) || has(`${field}-purpose-zh`) || has(`${field}-purpose-en`) ? html`open` : undefined}
      >
        <summary>
          ${label} ${isPersonal ? html`<span class="muted small">${texts.personal}</span>` : undefined}
        </summary>
        ${check(field, label)} ${both(`${field}-purpose`, texts.purpose)}
      </details>`;
    })}
    ${check('clientCert', texts.clientCert)}`;

const renderBackEnds = (controls: Controls, texts: FormTexts): Html => {
  const { rows, text, area, check, has } = controls;
  return html`<p class="hint">${texts.backendsHint}</p>
    ${rows('backend', ['url', 'weight', 'use', 'serverName', 'pin'], SPARE_ROWS).map((index) => {
      const part = (name: string): string => `backend-${index}-${name}`;
      const hasTls = ['use', 'serverName', 'pin'].some((name) => has(part(name)));
      return row(
        texts.backend(index + 1),
        html`<div class="pair wide-first">
            ${text(part('url'), texts.url)} ${text(part('weight'), texts.weight)}
          </div>
          <details ${hasTls ? html`open` : undefined}>
            <summary>TLS<span class="hidden"> ${texts.backend(index + 1)}</span></summary>
            <div class="pair">
              ${text(part('use'), texts.use)} ${text(part('serverName'), texts.serverName)}
            </div>
            ${area(part('pin'), texts.pin, { rows: 2 })}
          </details>`,
      );
    })}
    ${row(
      texts.health,
      html`${check('health', texts.healthOn)}
        <div class="pair">
          ${text('health-path', texts.healthPath)}
          ${text('health-interval', texts.interval, { hint: texts.byDefault('10s') })}
          ${text('health-timeout', texts.timeout, { hint: texts.byDefault('2s') })}
          ${text('health-healthyAfter', texts.healthyAfter, { hint: texts.byDefault('2') })}
          ${text('health-unhealthyAfter', texts.unhealthyAfter, { hint: texts.byDefault('3') })}
          ${text('health-status', texts.status, { hint: texts.byDefault('200–299') })}
        </div>`,
    )}`;
};

const renderLimits = ({ text, choice }: Controls, texts: FormTexts): Html =>
  html`<p class="hint">${texts.limitsHint}</p>
    ${LIMIT_SCOPES.map((scope) =>
      row(
        texts.scopes[scope],
        html`<div class="pair">
          ${text(`limit-${scope}-calls`, texts.calls)} ${text(`limit-${scope}-per`, texts.per)}
        </div>`,
      ),
    )}
    <div class="pair">
      ${text('timeout-connect', texts.connect, { hint: texts.byDefault('2s') })}
      ${text('timeout-response', texts.response, { hint: texts.byDefault('30s') })}
      ${text('bodyLimit', texts.bodyLimit, { hint: texts.byDefault('10MiB') })}
      ${choice('audit', texts.audit, entries(texts.audits))}
    </div>`;

const renderTimes = ({ rows, text, both, check, checks }: Controls, texts: FormTexts): Html => {
  const span = (name: string): Html =>
    html`<div class="pair">
      ${text(`${name}-from`, texts.from, { hint: texts.moment })}
      ${text(`${name}-until`, texts.until, { hint: texts.moment })}
    </div>`;
  const days = DAYS.map((day) => [day, texts.dayNames[day]] as const);
  return html`${row(
      texts.maintenance,
      html`${check('maintenance', texts.maintenanceOn)} ${span('maintenance')}
      ${both('maintenance-message', texts.message)}`,
    )}
    ${row(texts.open, span('open'))}
    <h3>${texts.hours}</h3>
    <p class="hint">${texts.hoursHint}</p>
    ${rows('hours', ['days', 'from', 'until'], SPARE_ROWS).map((index) =>
      row(
        texts.hour(index + 1),
        html`${checks(`hours-${index}-days`, texts.days, days)}
          <div class="pair">
            ${text(`hours-${index}-from`, texts.from)} ${text(`hours-${index}-until`, texts.until)}
          </div>`,
      ),
    )}`;
};

const renderFederation = ({ text, area, check, choice, has }: Controls, texts: FormTexts): Html =>
  html`${area('exchange-from', texts.exchange, { hint: texts.exchangeHint, rows: 2 })}
    ${check('oidc', texts.oidcOn)}
    <details ${has('oidc') ? html`open` : undefined}>
      <summary>${texts.oidc}</summary>
      ${area('oidc-redirectUris', texts.redirectUris)}
      ${area('oidc-postLogoutRedirectUris', texts.postLogout, { rows: 2 })}
      ${text('oidc-backchannelLogoutUri', texts.backchannel)}
      ${choice('oidc-method', texts.method, [['', '–'], ...same(CLIENT_AUTHENTICATION)])}
      ${area('oidc-jwks', texts.jwks, { rows: 4 })} ${text('oidc-secretHash', texts.secretHash)}
      ${check('oidc-par', texts.par)}
    </details>`;
