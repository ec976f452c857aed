import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { slug } from '../../configuration/units.ts';
import { html } from '../../portal/html.ts';
import { InputInvalid, issuesOfInput } from '../input-invalid.ts';
import { formOf, selectField, textArea, textField } from '../render/form.ts';
import { renderHeading } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { readPasted } from './certificates-form.ts';
import { noteOf } from './change-pages.ts';
import { FORM_TEXTS } from './form-texts.ts';
import { currentTrustList, draftOf, settingsFile, textOf } from './list-document.ts';

/** GB/T 20518: identifyCode and organizationCode; what an operator begins from. */
const IDENTITY = `sources:
  - from: { extension: 1.2.156.10260.4.1.1 }
    decode: [der-string, text]
    types: [citizen-id-number]
  - from: { extension: 1.2.156.10260.4.1.4 }
    types: [unified-social-credit-code, organisation-code]
`;

const ORDERS = ['crl,ocsp', 'ocsp,crl', 'crl', 'ocsp'] as const;

/** GET /console/trust/new */
export const addPage = async (call: PageCall): Promise<PageAnswer> => {
  const texts = FORM_TEXTS[call.language];
  const { add } = texts;
  const base = (await currentTrustList(call.parts))?.version ?? 0;
  const main = html`${renderHeading(add.title, {
    crumbs: [['/console/trust', texts.list]],
    lead: add.lead,
  })}
  ${formOf(call, {
    action: '/console/trust/new',
    button: texts.next,
    hidden: { base },
    fields: html`${textField({ name: 'authority', label: add.identifier, hint: add.identifierHint, required: true })}
      <div class="pair">
        ${textField({ name: 'zh', label: add.zh, required: true })}
        ${textField({ name: 'en', label: add.en, required: true })}
        ${textField({ name: 'phone', label: add.phone })}
        ${textField({ name: 'website', label: add.website, type: 'url' })}
      </div>
      ${textArea({ name: 'anchors', label: add.anchors, hint: texts.pemHint, rows: 10, required: true })}
      ${textArea({ name: 'intermediates', label: add.intermediates, rows: 6 })}
      <div class="pair">
        ${textArea({ name: 'crl', label: add.crl, rows: 3 })}
        ${textArea({ name: 'ocsp', label: add.ocsp, rows: 3 })}
        ${textArea({ name: 'hosts', label: add.hosts, rows: 3 })}
        ${selectField({ name: 'order', label: add.order, options: ORDERS.map((each) => [each, add.orders[each]]) })}
      </div>
      ${textArea({ name: 'identity', label: add.identity, hint: add.identityHint, value: IDENTITY, rows: 10, required: true })}
      ${textArea({ name: 'note', label: texts.note, hint: texts.noteHint, rows: 3, prose: true, required: true })}`,
  })}`;
  return { page: { title: add.title, main } };
};

const lines = z
  .string()
  .transform((text) =>
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )
  .pipe(z.array(z.string().max(500)).max(50));

const schema = z.object({
  authority: slug,
  zh: z.string().trim().min(1).max(100),
  en: z.string().trim().min(1).max(100),
  phone: z.string().trim().max(50),
  website: z.string().trim().max(200),
  crl: lines,
  ocsp: lines,
  hosts: lines,
  order: z.enum(ORDERS),
  identity: z.string().max(20_000),
  anchors: z.string(),
  intermediates: z.string(),
});

/** POST /console/trust/new : the settings of the form as authority.yaml; what they say is for the dry run to judge. */
export const add = (call: PageCall): Promise<PageAnswer> => {
  const parsed = schema.safeParse(Object.fromEntries(call.form));
  if (!parsed.success) throw new InputInvalid(issuesOfInput('form', parsed.error));
  const { authority, zh, en, phone, website, crl, ocsp, hosts, order, identity } = parsed.data;
  const issue = (path: string, message: string): InputInvalid =>
    new InputInvalid([{ file: 'form', line: 1, column: 1, path, message }]);
  const profile = parseDocument(identity);
  if (profile.errors.length > 0)
    throw issue('identity', `not valid YAML: ${profile.errors[0]?.message ?? ''}`);
  const anchors = readPasted('anchors', parsed.data.anchors, 'anchor');
  const intermediates =
    parsed.data.intermediates.trim() === ''
      ? []
      : readPasted('intermediates', parsed.data.intermediates, 'intermediate');
  const settings = stringify(
    {
      authority,
      name: { zh, en },
      ...((phone !== '' || website !== '') && {
        contact: { ...(phone !== '' && { phone }), ...(website !== '' && { website }) },
      }),
      anchors: anchors.map(({ file }) => file),
      ...(intermediates.length > 0 && { intermediates: intermediates.map(({ file }) => file) }),
      revocation: {
        order: order.split(','),
        ...(hosts.length > 0 && { hosts }),
        ...(crl.length > 0 && { crl: { urls: crl } }),
        ...(ocsp.length > 0 && { ocsp: { urls: ocsp } }),
      },
      identity: profile.toJS({ maxAliasCount: 100 }) as unknown,
    },
    { lineWidth: 0 },
  );
  return draftOf(call, noteOf(call), (files) => {
    if (textOf(files, settingsFile(authority)) !== undefined)
      throw issue('authority', 'there is an authority of this identifier already');
    return new Map([
      [settingsFile(authority), settings],
      ...[...anchors, ...intermediates].map(({ file, pem }): [string, string] => [
        `${authority}/${file}`,
        pem,
      ]),
    ]);
  });
};
