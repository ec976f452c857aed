import { html } from '../../portal/html.ts';
import { addItem, removeKey, setKey } from '../edit-yaml.ts';
import { formOf, selectField, textArea, textField } from '../render/form.ts';
import { renderCard, renderHeading } from '../render/frame.ts';
import type { ConsolePage, PageAnswer, PageCall } from '../section.ts';
import { authorityOf } from './authority-page.ts';
import { readPasted } from './certificates-form.ts';
import { FORM_TEXTS } from './form-texts.ts';
import { currentTrustList, draftOf, editSettings, settingsFile, textOf } from './list-document.ts';
import { InputInvalid } from '../input-invalid.ts';

/** What the forms about one authority have in common. */
const framed = async (
  call: PageCall,
  name: keyof (typeof FORM_TEXTS)['en']['titles'],
  inside: (base: number) => ConsolePage['main'],
): Promise<PageAnswer> => {
  const { parts, language } = call;
  const texts = FORM_TEXTS[language];
  const { settings } = authorityOf(parts, call.parameters);
  const title = `${texts.titles[name]} · ${settings.name[language]}`;
  const main = html`${renderHeading(texts.titles[name], {
    crumbs: [
      ['/console/trust', texts.list],
      [`/console/trust/${settings.authority}`, settings.name[language]],
    ],
    lead: texts.leads[name],
  })}
  ${inside((await currentTrustList(parts))?.version ?? 0)}`;
  return { page: { title, main } };
};

const noteField = (call: PageCall) =>
  textArea({
    name: 'note',
    label: FORM_TEXTS[call.language].note,
    hint: FORM_TEXTS[call.language].noteHint,
    rows: 3,
    prose: true,
    required: true,
  });

export const noteOf = ({ form }: Pick<PageCall, 'form'>): string =>
  (form.get('note') ?? '').trim().slice(0, 2_000);

/** GET /console/trust/:authority/renew */
export const renewPage = (call: PageCall): Promise<PageAnswer> => {
  const texts = FORM_TEXTS[call.language];
  const { authority } = authorityOf(call.parts, call.parameters).settings;
  return framed(call, 'renew', (base) =>
    renderCard(
      'renew',
      texts.titles.renew,
      formOf(call, {
        action: `/console/trust/${authority}/renew`,
        button: texts.next,
        hidden: { base },
        fields: html`${selectField({
          name: 'kind',
          label: texts.kind,
          options: [
            ['anchor', texts.kinds.anchor],
            ['intermediate', texts.kinds.intermediate],
          ],
        })}
        ${textArea({ name: 'pem', label: texts.pem, hint: texts.pemHint, rows: 12, required: true })}
        ${noteField(call)}`,
      }),
    ),
  );
};

/** POST /console/trust/:authority/renew : another certificate beside the ones there are. */
export const renew = (call: PageCall): Promise<PageAnswer> => {
  const { authority } = authorityOf(call.parts, call.parameters).settings;
  const kind = call.form.get('kind') === 'intermediate' ? 'intermediate' : 'anchor';
  const pasted = readPasted('pem', call.form.get('pem') ?? '', kind);
  return draftOf(call, noteOf(call), (files) => {
    const settings = editSettings(files, authority, (text) =>
      pasted.reduce((edited, { file }) => addItem(edited, `${kind}s`, file), text),
    );
    return new Map([
      [settingsFile(authority), settings],
      ...pasted.map(({ file, pem }): [string, string] => [`${authority}/${file}`, pem]),
    ]);
  });
};

const STATUSES = ['active', 'winding-down', 'withdrawn'] as const;

/** GET /console/trust/:authority/status */
export const statusPage = (call: PageCall): Promise<PageAnswer> => {
  const texts = FORM_TEXTS[call.language];
  const { authority, status, acceptIssuedBefore } = authorityOf(call.parts, call.parameters).settings;
  return framed(
    call,
    'status',
    (base) =>
      html`${renderCard(
        'status-card',
        texts.titles.status,
        formOf(call, {
          action: `/console/trust/${authority}/status`,
          button: texts.next,
          hidden: { base },
          fields: html`<fieldset class="field">
              <legend>${texts.status}</legend>
              ${STATUSES.map(
                (each) =>
                  html`<label class="choice"
                    ><input
                      type="radio"
                      name="status"
                      value="${each}"
                      required
                      ${each === status ? html`checked` : undefined}
                    /><span
                      ><strong>${texts.statuses[each][0]}</strong><br /><span class="muted small"
                        >${texts.statuses[each][1]}</span
                      ></span
                    ></label
                  >`,
              )}
            </fieldset>
            ${textField({
              name: 'before',
              label: texts.before,
              hint: texts.beforeHint,
              type: 'date',
              value: acceptIssuedBefore?.slice(0, 10),
            })}
            ${noteField(call)}`,
        }),
      )}`,
  );
};

/** POST /console/trust/:authority/status : in force, winding down, withdrawn. */
export const changeStatus = (call: PageCall): Promise<PageAnswer> => {
  const { authority } = authorityOf(call.parts, call.parameters).settings;
  const status = STATUSES.find((each) => each === call.form.get('status'));
  const before = call.form.get('before') ?? '';
  const issue = (path: string, message: string): InputInvalid =>
    new InputInvalid([{ file: 'form', line: 1, column: 1, path, message }]);
  if (status === undefined) throw issue('status', `expected ${STATUSES.join(', ')}`);
  if (status === 'winding-down' && !/^\d{4}-\d{2}-\d{2}$/.test(before))
    throw issue('before', 'winding down takes the first day whose certificates are refused');
  return draftOf(call, noteOf(call), (files) => {
    const settings = editSettings(files, authority, (text) => {
      const edited = setKey(text, 'status', status);
      return status === 'winding-down'
        ? setKey(edited, 'acceptIssuedBefore', before)
        : removeKey(edited, 'acceptIssuedBefore');
    });
    return new Map([[settingsFile(authority), settings]]);
  });
};

/** GET /console/trust/:authority/settings */
export const settingsPage = async (call: PageCall): Promise<PageAnswer> => {
  const texts = FORM_TEXTS[call.language];
  const { authority } = authorityOf(call.parts, call.parameters).settings;
  const written = textOf((await currentTrustList(call.parts))?.files ?? [], settingsFile(authority));
  return framed(call, 'settings', (base) =>
    formOf(call, {
      action: `/console/trust/${authority}/settings`,
      button: texts.next,
      hidden: { base },
      fields: html`${textArea({ name: 'yaml', label: 'authority.yaml', value: written, rows: 30, required: true })}
      ${noteField(call)}`,
    }),
  );
};

/** POST /console/trust/:authority/settings */
export const changeSettings = (call: PageCall): Promise<PageAnswer> => {
  const { authority } = authorityOf(call.parts, call.parameters).settings;
  // Browsers send line ends as CRLF (HTML, 4.10.21.4).
  const yaml = (call.form.get('yaml') ?? '').replaceAll('\r\n', '\n');
  return draftOf(call, noteOf(call), () => new Map([[settingsFile(authority), yaml]]));
};
