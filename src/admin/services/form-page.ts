import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { html, type Html } from '../../portal/html.ts';
import { checkFields, formOf, selectField, textArea, textField } from '../render/form.ts';
import { renderHeading, renderNotice } from '../render/frame.ts';
import type { PageCall } from '../section.ts';
import { fieldOfPath, type Fields, type RowsOf } from './enrolment-fields.ts';
import { renderSections } from './form-sections.ts';
import { FORM_TEXTS } from './form-texts.ts';

/** What is wrong with a field, by its name. */
export type Wrong = ReadonlyMap<string, string>;

export interface EnrolmentForm {
  readonly department: string;
  /** As it is in the file; undefined for one that is enrolled now. */
  readonly service: string | undefined;
  readonly fields: Fields;
  readonly base: number;
  readonly draft: string | undefined;
  /** Where the form is sent. */
  readonly action: string;
  readonly wrong?: Wrong;
  /** What is wrong and has no field in the form. */
  readonly elsewhere?: readonly ConfigurationIssue[];
  /** Whether the department has no name yet. */
  readonly isNewDepartment: boolean;
}

/** Controls of the form, with their values and what is wrong with them. */
export interface Controls {
  readonly text: (name: string, label: string, more?: { hint?: string; required?: boolean }) => Html;
  readonly area: (name: string, label: string, more?: { hint?: string; rows?: number }) => Html;
  readonly checks: (name: string, legend: string, options: Options, hint?: string) => Html;
  /** One box of its own. */
  readonly check: (name: string, label: string, hint?: string) => Html;
  readonly choice: (name: string, label: string, options: Options) => Html;
  readonly both: (name: string, label: string, required?: boolean) => Html;
  readonly has: (name: string) => boolean;
  /** Rows with something in them, and spare ones, of a repeated part. */
  readonly rows: (prefix: string, parts: readonly string[], spare: number) => readonly number[];
}
type Options = readonly (readonly [value: string, label: string])[];

/** Sorts what is wrong by the fields it is shown at. `index`: of the service in the file; `claims`: in the file's order. */
export const sortIssues = (
  issues: readonly ConfigurationIssue[],
  index: number,
  rows: RowsOf,
  claims: readonly string[],
): { readonly wrong: Wrong; readonly elsewhere: readonly ConfigurationIssue[] } => {
  const prefix = `services[${index}]`;
  const wrong = new Map<string, string>();
  const elsewhere: ConfigurationIssue[] = [];
  for (const issue of issues) {
    const { path, message } = issue;
    if (path === 'name' || path.startsWith('name.'))
      note(wrong, `department-${path.endsWith('en') ? 'en' : 'zh'}`, message);
    else if (path === prefix) elsewhere.push(issue);
    else if (path.startsWith(`${prefix}.`))
      note(wrong, fieldOfPath(path.slice(prefix.length + 1), rows, claims), message);
    else elsewhere.push(issue);
  }
  return { wrong, elsewhere };
};

const note = (wrong: Map<string, string>, field: string, message: string): void =>
  void wrong.set(field, [wrong.get(field), message].filter(Boolean).join('; '));

export const renderEnrolmentForm = (call: PageCall, form: EnrolmentForm): Html => {
  const { language } = call;
  const texts = FORM_TEXTS[language];
  const { department, service, fields, base, draft, action, wrong = new Map(), elsewhere = [] } = form;
  const controls = controlsOf(fields, wrong, texts);
  const home = `/console/services/of/${department}`;
  const title =
    service === undefined ? texts.enrol : texts.changeOf(fields.get(`name-${language}`)?.[0] ?? service);
  const sections = renderSections(call, controls, form);
  return html`${renderHeading(title, {
      crumbs: [
        ['/console/services', language === 'zh' ? '服务' : 'Services'],
        [home, department],
      ],
      lead: texts.lead,
      actions: html`<a
        class="button small quiet"
        href="${home}/yaml${draft === undefined ? '' : `?draft=${draft}`}"
        >${texts.yaml}</a
      >`,
    })}
    ${renderWrong(wrong, elsewhere, texts)}
    <nav class="jump" aria-label="${texts.jump}">
      <ul>
        ${Object.entries(texts.sections).map(([id, label]) => html`<li><a href="#${id}">${label}</a></li>`)}
      </ul>
    </nav>
    ${formOf(call, {
      action,
      button: texts.save,
      hidden: { base, ...(draft !== undefined && { draft }) },
      fields: html`${
          form.isNewDepartment
            ? html`<section class="card segment" aria-labelledby="department-part">
                <h2 id="department-part">${texts.department}</h2>
                <p class="muted">${texts.departmentSaid}</p>
                ${controls.both('department', texts.department, true)}
              </section>`
            : undefined
        }${sections}
        <div class="card segment">${controls.text('note', texts.note, { hint: texts.noteHint })}</div>`,
    })}`;
};

const renderWrong = (
  wrong: Wrong,
  elsewhere: readonly ConfigurationIssue[],
  texts: (typeof FORM_TEXTS)['zh' | 'en'],
): Html | undefined => {
  const count = wrong.size + elsewhere.length;
  if (count === 0) return undefined;
  return html`<div role="alert">
    ${renderNotice(
      texts.wrong(count),
      html`<ul class="dots">
        ${[...wrong].map(
          ([field, message]) =>
            html`<li><a href="#${field}">${field}</a>: <span lang="en">${message}</span></li>`,
        )}
        ${elsewhere.map(
          ({ path, message }) =>
            html`<li>
              <code>${path === '' ? texts.elsewhere : path}</code> <span lang="en">${message}</span>
            </li>`,
        )}
      </ul>`,
      'grave',
    )}
  </div>`;
};

const controlsOf = (fields: Fields, wrong: Wrong, texts: (typeof FORM_TEXTS)['zh' | 'en']): Controls => {
  const all = (name: string): readonly string[] => fields.get(name) ?? [];
  const field = (name: string, label: string) => ({
    name,
    label,
    value: all(name)[0] ?? '',
    wrong: wrong.get(name),
  });
  const controls: Controls = {
    text: (name, label, { hint, required } = {}) =>
      textField({
        ...field(name, label),
        ...(hint !== undefined && { hint }),
        ...(required === true && { required }),
      }),
    area: (name, label, { hint, rows = 3 } = {}) =>
      textArea({ ...field(name, label), rows, ...(hint !== undefined && { hint }) }),
    checks: (name, legend, options, hint) => {
      const known = new Set(options.map(([value]) => value));
      const others = all(name).filter((value) => value !== '' && !known.has(value));
      return checkFields({
        name,
        legend,
        ...(hint !== undefined && { hint }),
        wrong: wrong.get(name),
        checked: all(name),
        options: [...options, ...others.map((value) => [value, value] as const)],
      });
    },
    check: (name, label, hint) =>
      html`<div class="field">
        <label class="check"
          ><input
            type="checkbox"
            id="${name}"
            name="${name}"
            value="1"
            ${all(name).length > 0 ? html`checked` : undefined}
            ${hint === undefined ? undefined : html`aria-describedby="${name}-hint"`}
          />${label}</label
        >
        ${hint === undefined ? undefined : html`<p class="hint" id="${name}-hint">${hint}</p>`}
        ${wrong.has(name) ? html`<p class="wrong">${wrong.get(name)}</p>` : undefined}
      </div>`,
    choice: (name, label, options) => selectField({ ...field(name, label), options }),
    both: (name, label, required = false) =>
      html`<div class="pair">
        ${(['zh', 'en'] as const).map((each) =>
          controls.text(`${name}-${each}`, `${label} · ${texts[each]}`, { required }),
        )}
      </div>`,
    has: (name) => all(name).length > 0 || wrong.has(name),
    rows: (prefix, parts, spare) => {
      const used = [...fields.keys(), ...wrong.keys()].flatMap((name) => {
        const [, row, part = ''] = new RegExp(`^${prefix}-(\\d+)-(.+)$`).exec(name) ?? [];
        const isFilled = all(name).some((value) => value.trim() !== '') || wrong.has(name);
        return row !== undefined && isFilled && parts.includes(part) ? [Number(row)] : [];
      });
      const last = Math.max(-1, ...used);
      const filled = [...new Set(used)].sort((one, other) => one - other);
      return [...filled, ...Array.from({ length: spare }, (_none, index) => last + 1 + index)];
    },
  };
  return controls;
};
