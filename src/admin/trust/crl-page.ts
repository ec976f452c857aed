import { html, type Html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { selectField, textField } from '../render/form.ts';
import { renderHeading, renderState } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { lookUp, readSerial } from './look-up.ts';

const TEXTS = {
  zh: {
    title: '查 CRL',
    list: '信任列表',
    lead: '在网关正在使用的 CRL 中查一个序列号。',
    authority: '机构',
    serial: '证书序列号',
    hint: '按 openssl 或浏览器显示的写法即可，可含冒号和空格。',
    format: '写法',
    formats: { hex: '十六进制', decimal: '十进制' },
    button: '查询',
    wrong: '不是序列号：应为最多 20 个字节的十六进制或十进制数。',
    issuer: '签发者',
    number: 'CRL 编号',
    delta: '增量',
    update: '本次更新',
    found: '结果',
    revoked: '已吊销',
    lifted: '已解除冻结',
    hold: '冻结',
    clean: '不在此 CRL 中',
    reason: '原因',
    when: '吊销时间',
    since: '失效时间',
    nothing: '这家机构没有生效的 CRL，无法回答。',
  },
  en: {
    title: 'Look into a CRL',
    list: 'Trust list',
    lead: 'Looks for a serial number in the CRLs that the gateway goes by.',
    authority: 'Authority',
    serial: 'Serial number of the certificate',
    hint: 'As openssl or a browser shows it; colons and spaces are fine.',
    format: 'Written as',
    formats: { hex: 'hexadecimal', decimal: 'decimal' },
    button: 'Look up',
    wrong: 'Not a serial number: expected a hexadecimal or decimal number of at most 20 octets.',
    issuer: 'Issuer',
    number: 'CRL number',
    delta: 'delta',
    update: 'This update',
    found: 'Found',
    revoked: 'Revoked',
    lifted: 'Hold lifted',
    hold: 'On hold',
    clean: 'Not on this CRL',
    reason: 'Reason',
    when: 'Revoked at',
    since: 'Invalid since',
    nothing: 'No CRL of this authority is in force: nothing can be said.',
  },
} as const;

/** GET /console/trust/crl?authority=&serial=&format= */
export const crlPage = (call: PageCall): PageAnswer => {
  const { parts, language, query } = call;
  const texts = TEXTS[language];
  const trust = parts.trust();
  const authority = trust.authorities.get(query.get('authority') ?? '');
  const written = (query.get('serial') ?? '').slice(0, 100);
  const format = query.get('format') === 'decimal' ? 'decimal' : 'hex';
  const serial = written === '' ? undefined : readSerial(written, format);
  const main = html`${renderHeading(texts.title, {
      crumbs: [['/console/trust', texts.list]],
      lead: texts.lead,
    })}
    <form class="form card" method="get" action="/console/trust/crl">
      <div class="pair">
        ${selectField({
          name: 'authority',
          label: texts.authority,
          value: authority?.settings.authority,
          options: [...trust.authorities.values()].map(({ settings }) => [
            settings.authority,
            settings.name[language],
          ]),
        })}
        ${selectField({
          name: 'format',
          label: texts.format,
          value: format,
          options: [
            ['hex', texts.formats.hex],
            ['decimal', texts.formats.decimal],
          ],
        })}
      </div>
      ${textField({
        name: 'serial',
        label: texts.serial,
        hint: texts.hint,
        value: written,
        required: true,
        ...(written !== '' && serial === undefined && { wrong: texts.wrong }),
      })}
      <p><button class="button">${texts.button}</button></p>
    </form>
    <div role="status">
      ${authority === undefined || serial === undefined ? undefined : renderFindings(call, lookUp(authority, parts.revocation.snapshot(), serial))}
    </div>`;
  return { page: { title: texts.title, main } };
};

const renderFindings = ({ language }: PageCall, findings: ReturnType<typeof lookUp>): Html => {
  const texts = TEXTS[language];
  const stateOf = (reason: string | undefined): Html => {
    if (reason === undefined) return renderState(texts.clean, 'good');
    if (reason === 'removeFromCRL') return renderState(texts.lifted, 'good');
    return renderState(reason === 'certificateHold' ? texts.hold : texts.revoked, 'bad');
  };
  return renderTable(findings, {
    caption: texts.found,
    nothing: texts.nothing,
    columns: [
      { title: texts.found, cell: ({ entry }) => stateOf(entry?.reason) },
      {
        title: texts.when,
        cell: ({ entry }) => (entry === undefined ? '–' : renderMoment(entry.revokedAt, language)),
      },
      { title: texts.reason, cell: ({ entry }) => entry?.reason ?? '–' },
      {
        title: texts.since,
        cell: ({ entry }) =>
          entry?.invalidSince === undefined ? '–' : renderMoment(entry.invalidSince, language),
      },
      { title: texts.issuer, cell: ({ issuer }) => html`<bdi>${issuer}</bdi>` },
      {
        title: texts.number,
        number: true,
        cell: ({ number, delta }) => `${number ?? '–'}${delta ? ` (${texts.delta})` : ''}`,
      },
      { title: texts.update, cell: ({ thisUpdate }) => renderMoment(thisUpdate, language) },
    ],
  });
};
