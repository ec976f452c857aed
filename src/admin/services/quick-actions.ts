import { html, type Html } from '../../portal/html.ts';
import type { Service } from '../../services/enrolment.ts';
import { baseOf } from '../changes/draft.ts';
import { InputInvalid } from '../input-invalid.ts';
import { formOf, textField } from '../render/form.ts';
import { renderCard } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { departmentIn, readVersion, type DepartmentText } from './department-document.ts';
import { changeService, indexOfService, readWritten, removeService } from './edit-department.ts';
import { fieldsOf, readFields, type Fields } from './enrolment-fields.ts';
import { findWritten } from './form-handlers.ts';
import { isAnswer, saveDepartment } from './save.ts';
import { TEXTS } from './texts.ts';

type Both = 'zh' | 'en';

/** What is changed often, each by one form; `from`: the version in force. */
export const renderQuickActions = (call: PageCall, service: Service, from: DepartmentText): Html => {
  const { language } = call;
  const texts = TEXTS[language];
  const here = `/console/services/of/${from.department}/service/${service.service}`;
  const hidden = { base: from.base };
  const { enabled, maintenance } = service;
  // As written: an interpolated moment is not to become what it stands for.
  const written = readWritten(from.text)?.services[indexOfService(from.text, service.service)];
  const fields: Fields = written === undefined ? new Map() : fieldsOf(written);
  const value = (name: string): string => fields.get(name)?.[0] ?? '';
  const span = (name: string): Html =>
    html`<div class="pair">
      ${textField({ name: `${name}-from`, label: texts.from, hint: texts.moment, value: value(`${name}-from`) })}
      ${textField({ name: `${name}-until`, label: texts.until, hint: texts.moment, value: value(`${name}-until`) })}
    </div>`;
  const message = (which: Both, label: string): Html =>
    textField({
      name: `maintenance-message-${which}`,
      label: texts.message(label),
      value: value(`maintenance-message-${which}`),
    });
  return html`<section aria-labelledby="quick">
    <h2 id="quick">${texts.quick}</h2>
    <p class="muted">${texts.quickSaid}</p>
    <div class="columns">
      ${renderCard(
        'quick-state',
        texts.state,
        html`<div class="act">
            ${formOf(call, {
              action: `${here}/enabled`,
              button: enabled ? texts.disable : texts.enable,
              look: enabled ? 'quiet danger' : 'quiet',
              hidden: { ...hidden, enabled: enabled ? 'no' : 'yes' },
              fields: undefined,
              inline: true,
            })}
            ${
              maintenance === undefined
                ? undefined
                : formOf(call, {
                    action: `${here}/maintenance`,
                    button: texts.maintenanceEnd,
                    look: 'quiet',
                    hidden: { ...hidden, maintenance: 'no' },
                    fields: undefined,
                    inline: true,
                  })
            }
          </div>
          <details>
            <summary>${texts.remove}</summary>
            <p>${texts.removeSaid}</p>
            ${formOf(call, { action: `${here}/remove`, button: texts.remove, look: 'danger', hidden, fields: undefined, inline: true })}
          </details>`,
      )}
      ${renderCard(
        'quick-maintenance',
        texts.maintenance,
        formOf(call, {
          action: `${here}/maintenance`,
          button: texts.maintenanceStart,
          look: 'quiet',
          hidden: { ...hidden, maintenance: 'yes' },
          fields: html`${span('maintenance')}
            <div class="pair">${message('zh', '中文')} ${message('en', 'English')}</div>`,
        }),
      )}
      ${renderCard(
        'quick-schedule',
        texts.schedule,
        formOf(call, {
          action: `${here}/schedule`,
          button: texts.scheduleSave,
          look: 'quiet',
          hidden,
          fields: span('open'),
        }),
      )}
    </div>
  </section>`;
};

/** A draft in which some fields of the form are other than before. @throws InputInvalid with everything wrong */
const changeFields =
  (
    note: (call: PageCall) => string,
    change: (form: URLSearchParams) => Readonly<Record<string, string | undefined>>,
  ) =>
  async (call: PageCall): Promise<PageAnswer> => {
    const from = await readVersion(call.parts, departmentIn(call.parameters), baseOf(call));
    const { index, written } = findWritten(from, call.parameters['service'] ?? '');
    const fields = fieldsOf(written);
    const after = new Map(fields);
    for (const [name, value] of Object.entries(change(call.form)))
      if (value === undefined || value === '') after.delete(name);
      else after.set(name, [value]);
    const text = changeService(from.text, index, readFields(fields).written, readFields(after).written);
    return keep(call, from, text, note(call));
  };

const keep = async (
  call: PageCall,
  from: DepartmentText,
  text: string,
  note: string,
): Promise<PageAnswer> => {
  const answer = await saveDepartment(call, from, text, note);
  if (!isAnswer(answer)) throw new InputInvalid(answer.issues);
  return answer;
};

const serviceOf = ({ parameters }: PageCall): string => parameters['service'] ?? '';
const notes = ({ language }: PageCall) => TEXTS[language].notes;

export const setEnabled = changeFields(
  (call) => notes(call)[call.form.get('enabled') === 'yes' ? 'enable' : 'disable'](serviceOf(call)),
  (form) => ({ enabled: form.get('enabled') === 'yes' ? '1' : undefined }),
);

const MAINTENANCE = [
  'maintenance-from',
  'maintenance-until',
  'maintenance-message-zh',
  'maintenance-message-en',
];

export const setMaintenance = changeFields(
  (call) => notes(call)[call.form.get('maintenance') === 'yes' ? 'maintenance' : 'resume'](serviceOf(call)),
  (form) => {
    const isOn = form.get('maintenance') === 'yes';
    return {
      maintenance: isOn ? '1' : undefined,
      ...Object.fromEntries(
        MAINTENANCE.map((name) => [name, isOn ? (form.get(name) ?? undefined) : undefined]),
      ),
    };
  },
);

export const setSchedule = changeFields(
  (call) => notes(call).schedule(serviceOf(call)),
  (form) => ({
    'open-from': form.get('open-from') ?? undefined,
    'open-until': form.get('open-until') ?? undefined,
  }),
);

export const remove = async (call: PageCall): Promise<PageAnswer> => {
  const from = await readVersion(call.parts, departmentIn(call.parameters), baseOf(call));
  const { index } = findWritten(from, serviceOf(call));
  return keep(call, from, removeService(from.text, index), notes(call).remove(serviceOf(call)));
};
