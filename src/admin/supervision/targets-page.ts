import { html, type Html } from '../../portal/html.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { INDICATORS, targetsSchema } from '../../services/targets.ts';
import { hasRole } from '../access.ts';
import { formOf, textField } from '../render/form.ts';
import { renderHeading, renderNotice } from '../render/frame.ts';
import { renderIssues } from '../render/issues.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { viewOf } from './access.ts';
import { readTargets, targetsFiles, targetsKey } from './read-targets.ts';
import { renderYears, yearAsked } from './scores-page.ts';
import { readTargetsForm, valuesOfForm, valuesOfTargets, type FieldValues } from './targets-form.ts';
import { INDICATOR_NAMES, SUPERVISION_TEXTS } from './texts.ts';
import { renderViews } from './write-figures.ts';

const PATH = '/console/supervision/targets';
const STEPS = { availability: 'any', p95: 'any', ownRefusals: 'any', online: 'any', calls: '1' } as const;

export const targetsPage = async (call: PageCall): Promise<PageAnswer> => {
  const { targets, version } = await readTargets(call.parts, yearAsked(call));
  return answer(call, valuesOfTargets(targets ?? targetsSchema.parse({})), version);
};

export const saveTargets = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, form, language } = call;
  const year = yearAsked(call);
  const base = Number(form.get('base'));
  const values = valuesOfForm(form);
  const { targets, issues } = readTargetsForm(form, parts);
  if (targets === undefined) return answer(call, values, base, renderIssues(issues, language), 422);
  try {
    await parts.changes.put(caller.actor, {
      ...targetsKey(year),
      base,
      files: targetsFiles(targets),
      note: (form.get('note') ?? '').slice(0, 2_000),
      origin: 'console',
    });
    return { redirect: `${PATH}?year=${year}&saved` };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'ONECERT_CHANGE_STALE') throw error;
    const texts = SUPERVISION_TEXTS[language];
    const { version } = await readTargets(parts, year);
    const notice = renderNotice(
      texts.stale,
      html`<p>${texts.staleSaid} <code>${error.code}</code></p>
        <p>
          <a href="/console/changes/of/targets/${year}?from=${base}&amp;to=${version}">${texts.theirs}</a>
        </p>`,
      'grave',
    );
    return answer(call, values, version, notice, error.status);
  }
};

const answer = (
  call: PageCall,
  values: FieldValues,
  version: number,
  notice?: Html,
  status = 200,
): PageAnswer => {
  const { caller, language, query } = call;
  const texts = SUPERVISION_TEXTS[language];
  const year = yearAsked(call);
  const mayEdit = hasRole(caller.actor, 'operator');
  const fields = renderFields(call, values, mayEdit);
  const main = html`${renderHeading(`${texts.targets} ${year}`, {
    lead: texts.targetsLead(year),
    ...(version > 0 &&
      mayEdit && {
        actions: html`<a class="button small quiet" href="/console/changes/of/targets/${year}"
          >${texts.history}</a
        >`,
      }),
  })}
  ${renderViews(language, 'targets')} ${renderYears(call, PATH, year)} ${notice}
  ${
    mayEdit
      ? formOf(call, { action: PATH, button: texts.save, hidden: { base: version, year }, fields })
      : html`<fieldset disabled class="form">${fields}</fieldset>`
  }`;
  return {
    status,
    page: {
      title: `${texts.targets} ${year}`,
      main,
      told: query.has('saved') ? texts.saved : undefined,
    },
  };
};

const renderFields = ({ parts, caller, language }: PageCall, values: FieldValues, mayEdit: boolean): Html => {
  const texts = SUPERVISION_TEXTS[language];
  const names = INDICATOR_NAMES[language];
  const group = (prefix: string): Html =>
    html`<div class="pair">
      ${INDICATORS.map((indicator) =>
        textField({
          name: `${prefix}-${indicator}`,
          label: names[indicator],
          value: values(`${prefix}-${indicator}`),
          type: 'number',
          step: prefix === 'weight' ? 'any' : STEPS[indicator],
        }),
      )}
    </div>`;
  const { enrolled } = viewOf(parts, caller.actor);
  return html`<fieldset>
      <legend>${texts.defaults}</legend>
      ${group('default')}
    </fieldset>
    <fieldset>
      <legend>${texts.weights}</legend>
      <p class="hint">${texts.weightsSaid}</p>
      ${group('weight')}
    </fieldset>
    <h2>${texts.ownTargets}</h2>
    ${enrolled.map(({ department, name }) => {
      const given = INDICATORS.filter((each) => values(`of-${department}-${each}`) !== '').length;
      return html`<details ${given === 0 ? undefined : html`open`}>
        <summary>${name[language]} <span class="muted">(${texts.ownSaid(given)})</span></summary>
        ${group(`of-${department}`)}
      </details>`;
    })}
    ${mayEdit ? textField({ name: 'note', label: texts.note, value: '' }) : undefined}`;
};
