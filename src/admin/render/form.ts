import { html, type Html, type Insertable } from '../../portal/html.ts';
import type { PageCall } from '../section.ts';

export interface FormShape {
  /** A path of the console. */
  readonly action: string;
  readonly fields: Insertable;
  readonly button: string;
  /** "danger" for what locks people out, "quiet" for what is done seldom. */
  readonly look?: 'plain' | 'quiet' | 'danger' | 'quiet danger';
  /** Fields that are sent as they are: a document's version under `base`, say. */
  readonly hidden?: Readonly<Record<string, string | number>>;
  /** Inside a line of others rather than a form of its own. */
  readonly inline?: boolean;
}

/** A form that goes back to the console, with its token and the page to come back to after signing in again. */
export const formOf = (
  { formToken, request }: Pick<PageCall, 'formToken' | 'request'>,
  { action, fields, button, look = 'plain', hidden = {}, inline = false }: FormShape,
): Html =>
  html`<form class="${inline ? 'act' : 'form'}" method="post" action="${action}" autocomplete="off">
    <input type="hidden" name="token" value="${formToken}" />
    <input type="hidden" name="back" value="${request.baseUrl + request.path}" />
    ${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    ${fields}
    <p><button class="button ${look === 'plain' ? '' : look}">${button}</button></p>
  </form>`;

export interface FieldShape {
  /** Name in the form; also its id on the page, where that is no other. */
  readonly name: string;
  /** Where a page has several forms with a field of this name. */
  readonly id?: string | undefined;
  readonly label: string;
  readonly value?: string | undefined;
  readonly hint?: string | undefined;
  /** What is wrong with it. */
  readonly wrong?: string | undefined;
  readonly required?: boolean;
}

const framed = ({ name, id = name, label, hint, wrong }: FieldShape, control: Html): Html =>
  html`<div class="field">
    <label for="${id}">${label}</label>
    ${hint === undefined ? undefined : html`<p class="hint" id="${id}-hint">${hint}</p>`} ${control}
    ${wrong === undefined ? undefined : html`<p class="wrong" id="${id}-wrong">${wrong}</p>`}
  </div>`;

/** Attributes that tie a control to what is said of it (ARIA). */
const tied = ({ name, id = name, hint, wrong, required }: FieldShape): Html => {
  const ids = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  return html`${ids === '' ? undefined : html`aria-describedby="${ids}"`}
  ${wrong === undefined ? undefined : html`aria-invalid="true"`}
  ${required === true ? html`required` : undefined}`;
};

export const textField = (
  field: FieldShape & {
    readonly type?: 'text' | 'date' | 'number' | 'url' | 'search';
    /** Of numbers; whole ones where nothing is said. */
    readonly step?: string;
  },
): Html =>
  framed(
    field,
    html`<input
      id="${field.id ?? field.name}"
      name="${field.name}"
      type="${field.type ?? 'text'}"
      ${field.step === undefined ? undefined : html`step="${field.step}"`}
      value="${field.value ?? ''}"
      ${tied(field)}
    />`,
  );

/** `prose` for sentences; otherwise what is pasted or written as code. */
export const textArea = (field: FieldShape & { readonly rows?: number; readonly prose?: boolean }): Html =>
  framed(
    field,
    html`<textarea
      id="${field.id ?? field.name}"
      name="${field.name}"
      rows="${field.rows ?? 6}"
      class="${field.prose === true ? 'prose' : 'code'}"
      ${field.prose === true ? undefined : html`spellcheck="false"`}
      ${tied(field)}
    >
${field.value ?? ''}</textarea>`,
  );

export const selectField = (
  field: FieldShape & { readonly options: readonly (readonly [value: string, label: string])[] },
): Html =>
  framed(
    field,
    html`<select id="${field.id ?? field.name}" name="${field.name}" ${tied(field)}>
      ${field.options.map(([value, label]) =>
        value === field.value
          ? html`<option value="${value}" selected>${label}</option>`
          : html`<option value="${value}">${label}</option>`,
      )}
    </select>`,
  );

/** One question with several answers, or none: fields of one name. */
export const checkFields = (field: {
  readonly name: string;
  readonly legend: string;
  readonly hint?: string;
  readonly wrong?: string | undefined;
  readonly checked: readonly string[];
  readonly options: readonly (readonly [value: string, label: string])[];
}): Html =>
  html`<fieldset
    class="field"
    id="${field.name}"
    ${field.wrong === undefined ? undefined : html`aria-describedby="${field.name}-wrong"`}
  >
    <legend>${field.legend}</legend>
    ${field.hint === undefined ? undefined : html`<p class="hint">${field.hint}</p>`}
    ${field.wrong === undefined ? undefined : html`<p class="wrong" id="${field.name}-wrong">${field.wrong}</p>`}
    <div class="act-less">
      ${field.options.map(
        ([value, label]) =>
          html`<label class="check"
            ><input
              type="checkbox"
              name="${field.name}"
              value="${value}"
              ${field.checked.includes(value) ? html`checked` : undefined}
            />${label}</label
          > `,
      )}
    </div>
  </fieldset>`;
