import { html, type Html } from '../../portal/html.ts';
import { STAGES } from '../../portal/service-list.ts';
import { LIFE_STAGES, type Service } from '../../services/enrolment.ts';
import type { Guide } from '../../services/guide.ts';
import { formOf, textArea, textField } from '../render/form.ts';
import { renderHeading } from '../render/frame.ts';
import type { PageCall } from '../section.ts';
import { CHANNELS } from './read-form.ts';
import { GUIDE_TEXTS } from './texts.ts';

/** Value of a field by its name: from the guide in force, or from a form that could not be saved. */
export type FieldValues = (name: string) => string;

export const valuesOfForm =
  (form: URLSearchParams): FieldValues =>
  (name) =>
    form.get(name) ?? '';

export const valuesOfGuide = (guide: Guide): FieldValues => {
  const values = new Map<string, string>();
  const both = (name: string, { zh, en }: Guide['preface']): void =>
    void values.set(`${name}-zh`, zh).set(`${name}-en`, en);
  values.set('year', String(guide.year));
  both('title', guide.title);
  both('preface', guide.preface);
  both('contact', guide.contact);
  for (const { stage, introduction, order } of guide.stages) {
    both(`stage-${stage}`, introduction);
    values.set(`stage-${stage}-order`, order.join('\n'));
  }
  guide.channels.forEach(({ name, services }, index) => {
    both(`channel-${index}`, name);
    values.set(`channel-${index}-services`, services.join('\n'));
  });
  return (name) => values.get(name) ?? '';
};

export interface EditPage {
  readonly values: FieldValues;
  readonly version: number;
  readonly services: readonly Service[];
  /** Above the form: what was wrong with it. */
  readonly notice?: Html | undefined;
  readonly mayEdit: boolean;
}

/** The form with everything the guide says of itself. */
export const renderEditPage = (
  call: PageCall,
  { values, version, services, notice, mayEdit }: EditPage,
): Html => {
  const { language } = call;
  const texts = GUIDE_TEXTS[language];
  const other = language === 'zh' ? 'en' : 'zh';
  const pair = (name: string, labels: { readonly zh: string; readonly en: string }, rows: number): Html =>
    html`<div class="pair">
      ${(['zh', 'en'] as const).map((each) =>
        rows === 1
          ? textField({ name: `${name}-${each}`, label: labels[each], value: values(`${name}-${each}`) })
          : textArea({
              name: `${name}-${each}`,
              label: labels[each],
              value: values(`${name}-${each}`),
              rows,
              prose: true,
            }),
      )}
    </div>`;
  const fields = html`${textField({ name: 'year', label: texts.year, value: values('year'), type: 'number', required: true })}
    ${pair('title', texts.name, 1)} ${pair('preface', texts.preface, 5)}
    <h2>${texts.stages}</h2>
    ${LIFE_STAGES.map((stage) => renderStage(stage))}
    <h2>${texts.channels}</h2>
    <p class="muted">${texts.channelsSaid}</p>
    ${Array.from({ length: CHANNELS }, (_none, index) => renderChannel(index))}
    ${pair('contact', texts.contact, 4)}
    ${mayEdit ? textField({ name: 'note', label: texts.note, value: '' }) : undefined}`;

  function renderStage(stage: (typeof LIFE_STAGES)[number]): Html {
    const here = services.filter(({ stages }) => stages?.includes(stage));
    return html`<details ${values(`stage-${stage}-zh`) === '' ? undefined : html`open`}>
      <summary>${STAGES[language][stage]} <span class="muted">(${here.length})</span></summary>
      ${pair(`stage-${stage}`, texts.introduction, 3)}
      ${textArea({
        name: `stage-${stage}-order`,
        label: texts.order,
        hint: texts.orderHint(here.map(({ service }) => service).join(', ') || texts.none),
        value: values(`stage-${stage}-order`),
        rows: 3,
      })}
    </details>`;
  }

  function renderChannel(index: number): Html {
    return html`<fieldset class="field">
      <legend>${texts.channel(index + 1)}</legend>
      ${pair(`channel-${index}`, texts.channelName, 1)}
      ${textField({ name: `channel-${index}-services`, label: texts.services, value: values(`channel-${index}-services`) })}
    </fieldset>`;
  }

  return html`${renderHeading(texts.title, {
    lead: texts.lead,
    actions: html`<a
        class="button small"
        href="/console/guide/booklet?lang=${language === 'zh' ? 'zh-CN' : 'en'}"
        >${texts.print}</a
      >
      <a class="button small quiet" href="/console/guide/booklet?lang=${other === 'zh' ? 'zh-CN' : 'en'}"
        >${texts.printOther}</a
      >
      <a class="button small quiet" href="/console/guide/guide.yaml">${texts.download}</a>
      ${version === 0 ? undefined : html`<a class="button small quiet" href="/console/changes/of/guide/city">${texts.history}</a>`}`,
  })}
  ${notice}
  ${
    mayEdit
      ? formOf(call, { action: '/console/guide', button: texts.save, hidden: { base: version }, fields })
      : html`<fieldset disabled class="form">${fields}</fieldset>`
  }`;
};
