import { formatName } from '../../certificate/name.ts';
import { html, type Html } from '../../portal/html.ts';
import { renderDay, renderMoment } from '../../portal/moment.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { Authority } from '../../trust/trust-list.ts';
import { hasRole } from '../access.ts';
import type { AdminParts } from '../admin-parts.ts';
import { renderCard, renderFacts, renderHeading } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { authorityNamed, formerAuthorityPage } from './former-authority.ts';
import { currentTrustList, settingsFile, textOf } from './list-document.ts';
import { readUseIfThere } from './read-use.ts';
import { renderUse, renderUseAway } from './render-use.ts';
import { daysLeft, formatBytes, renderDays, renderFreshness, renderStatus } from './standing.ts';
import { readUseSpan } from './use-span.ts';

const TEXTS = {
  zh: {
    list: '信任列表',
    actions: { renew: '增加证书', status: '改变状态', settings: '修改设置' },
    facts: '概况',
    identifier: '标识',
    contact: '联系方式',
    before: '只接受此日之前签发的证书',
    comment: '备注',
    failure: '吊销状态不明时',
    failures: { hard: '拒绝', soft: '放行并告警' },
    certificates: '证书',
    kind: '类别',
    kinds: { anchor: '信任锚', intermediate: '中间证书' },
    subject: '主体',
    until: '有效期至',
    left: '剩余',
    fingerprint: '指纹（SHA-256）',
    crls: 'CRL',
    issuer: '签发者',
    number: '编号',
    fresh: '状态',
    thisUpdate: '本次更新',
    nextUpdate: '下次更新',
    entries: '条目',
    bytes: '大小',
    delta: '增量',
    noCrl: '没有生效的 CRL。',
    look: '查一张证书是否在 CRL 中',
    publications: '获取 CRL 的地址',
    address: '地址',
    success: '最近成功',
    error: '最近的错误',
    noPublication: '没有配置或发现 CRL 地址。',
    settings: '设置（authority.yaml）',
  },
  en: {
    list: 'Trust list',
    actions: { renew: 'Add a certificate', status: 'Change status', settings: 'Edit settings' },
    facts: 'About',
    identifier: 'Identifier',
    contact: 'Contact',
    before: 'Only certificates issued before',
    comment: 'Comment',
    failure: 'Where revocation status is unknown',
    failures: { hard: 'refused', soft: 'let through, with a warning' },
    certificates: 'Certificates',
    kind: 'Kind',
    kinds: { anchor: 'Anchor', intermediate: 'Intermediate' },
    subject: 'Subject',
    until: 'Valid until',
    left: 'Left',
    fingerprint: 'Fingerprint (SHA-256)',
    crls: 'CRLs',
    issuer: 'Issuer',
    number: 'Number',
    fresh: 'State',
    thisUpdate: 'This update',
    nextUpdate: 'Next update',
    entries: 'Entries',
    bytes: 'Size',
    delta: 'delta',
    noCrl: 'No CRL is in force.',
    look: 'See whether a certificate is on it',
    publications: 'Where CRLs are got from',
    address: 'Address',
    success: 'Last got',
    error: 'Last error',
    noPublication: 'No address of a CRL is set or known.',
    settings: 'Settings (authority.yaml)',
  },
} as const;

/** @throws Refusal ONECERT_CHANGE_UNKNOWN */
export const authorityOf = (parts: AdminParts, parameters: PageCall['parameters']): Authority => {
  const authority = parts.trust().authorities.get(parameters['authority'] ?? '');
  if (authority === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'not in the trust list');
  return authority;
};

/** GET /console/trust/:authority */
export const authorityPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, caller, query, at } = call;
  const texts = TEXTS[language];
  const named = call.parameters['authority'] ?? '';
  const authority = await authorityNamed(parts, named, at);
  if (authority === undefined) return formerAuthorityPage(call, named);
  const { settings } = authority;
  const { authority: id, name, contact } = settings;
  const document = await currentTrustList(parts);
  const written = textOf(document?.files ?? [], settingsFile(id));
  const mayChange = hasRole(caller.actor, 'operator') && written !== undefined;
  const use = await readUseIfThere(parts, readUseSpan(query, at), id);
  const own = use?.authorities[0];
  const main = html`${renderHeading(name[language], {
      crumbs: [['/console/trust', texts.list]],
      actions: html`${renderStatus(authority, language)}
      ${
        mayChange
          ? html`<a class="button small" href="/console/trust/${id}/renew">${texts.actions.renew}</a>
              <a class="button small quiet" href="/console/trust/${id}/status">${texts.actions.status}</a>
              <a class="button small quiet" href="/console/trust/${id}/settings"
                >${texts.actions.settings}</a
              >`
          : undefined
      }`,
    })}
    ${renderCard(
      'facts',
      texts.facts,
      renderFacts([
        [texts.identifier, html`<code>${id}</code>`],
        [texts.before, settings.acceptIssuedBefore],
        [texts.failure, texts.failures[settings.revocation.failure]],
        [
          texts.contact,
          contact &&
            [contact.name, contact.phone, contact.email, contact.website].filter(Boolean).join(' · '),
        ],
        [texts.comment, settings.comment],
      ]),
    )}
    ${use === undefined || own === undefined ? renderUseAway(language) : renderUse(call, use, own)}
    <h2>${texts.certificates}</h2>
    ${renderCertificates(authority, call)}
    <h2>${texts.crls}</h2>
    ${renderCrls(id, call)}
    ${
      written === undefined
        ? undefined
        : html`<details class="card">
            <summary>${texts.settings}</summary>
            <pre class="raw" tabindex="0" role="region" aria-label="${texts.settings}">${written}</pre>
          </details>`
    }`;
  return { page: { title: name[language], main } };
};

const renderCertificates = ({ anchors, intermediates }: Authority, { language, at }: PageCall): Html => {
  const texts = TEXTS[language];
  const rows = [
    ...anchors.map((certificate) => ({ certificate, kind: 'anchor' as const })),
    ...intermediates.map((certificate) => ({ certificate, kind: 'intermediate' as const })),
  ];
  return renderTable(rows, {
    caption: texts.certificates,
    nothing: '–',
    columns: [
      { title: texts.kind, cell: ({ kind }) => texts.kinds[kind] },
      {
        title: texts.subject,
        cell: ({ certificate }) => html`<bdi>${formatName(certificate.subject)}</bdi>`,
      },
      { title: texts.until, cell: ({ certificate }) => renderDay(certificate.notAfter, language) },
      {
        title: texts.left,
        cell: ({ certificate }) => renderDays(daysLeft([certificate], at) ?? 0, language),
      },
      {
        title: texts.fingerprint,
        cell: ({ certificate }) => html`<code class="long">${certificate.fingerprint}</code>`,
      },
    ],
  });
};

const renderCrls = (id: string, { parts, language }: PageCall): Html => {
  const texts = TEXTS[language];
  const status = parts.revocation.status().authorities.find(({ authority }) => authority === id);
  return html`${renderTable(status?.crls ?? [], {
      caption: texts.crls,
      nothing: texts.noCrl,
      columns: [
        { title: texts.issuer, cell: ({ issuer }) => html`<bdi>${issuer}</bdi>` },
        {
          title: texts.number,
          number: true,
          cell: ({ number, delta }) => `${number ?? '–'}${delta ? ` (${texts.delta})` : ''}`,
        },
        { title: texts.fresh, cell: ({ freshness }) => renderFreshness(freshness, language) },
        { title: texts.thisUpdate, cell: ({ thisUpdate }) => renderMoment(thisUpdate, language) },
        {
          title: texts.nextUpdate,
          cell: ({ nextUpdate }) => (nextUpdate === undefined ? '–' : renderMoment(nextUpdate, language)),
        },
        { title: texts.entries, number: true, cell: ({ entries }) => entries.toLocaleString('en') },
        { title: texts.bytes, number: true, cell: ({ bytes }) => formatBytes(bytes) },
      ],
    })}
    <p><a href="/console/trust/crl?authority=${id}">${texts.look}</a></p>
    <h2>${texts.publications}</h2>
    ${renderTable(status?.publications ?? [], {
      caption: texts.publications,
      nothing: texts.noPublication,
      columns: [
        { title: texts.address, cell: ({ address }) => html`<code class="long">${address}</code>` },
        {
          title: texts.success,
          cell: ({ lastSuccess }) => (lastSuccess === undefined ? '–' : renderMoment(lastSuccess, language)),
        },
        {
          title: texts.error,
          cell: ({ lastError }) =>
            lastError === undefined ? '–' : html`<span lang="en">${lastError}</span>`,
        },
      ],
    })}`;
};
