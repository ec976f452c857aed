import { html, type Html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { findTrustWarnings } from '../../trust/trust-warnings.ts';
import type { Authority } from '../../trust/trust-list.ts';
import { hasRole } from '../access.ts';
import { documentPath } from '../changes/kinds.ts';
import { renderCard, renderFacts, renderHeading, renderNotice, renderState } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { currentTrustList, TRUST_LIST } from './list-document.ts';
import { readUseIfThere } from './read-use.ts';
import { renderAllUse, renderUseAway } from './render-use.ts';
import {
  daysLeft,
  formatBytes,
  renderDays,
  renderFreshness,
  renderStatus,
  worstFreshness,
} from './standing.ts';
import { readUseSpan } from './use-span.ts';

const TEXTS = {
  zh: {
    title: '信任列表',
    lead: '本市认可的电子认证机构，以及对每一家的要求。',
    add: '添加机构',
    history: '版本与恢复',
    crl: '查 CRL',
    warnings: '请留意',
    authority: '机构',
    status: '状态',
    certificates: '证书',
    freshness: 'CRL',
    size: 'CRL 条目',
    sessions: '在线会话',
    nothing: '信任列表为空。',
    responders: 'OCSP 服务',
    noResponders: '还没有询问过 OCSP 服务。',
    url: '地址',
    state: '状态',
    latency: '最近用时',
    requests: '请求（失败）',
    lastAnswer: '最近答复',
    states: { closed: '正常', open: '暂停询问', 'half-open': '试探中' },
    list: '列表',
    epoch: '纪元',
    version: '版本',
    signed: '签名',
    unsigned: '未要求签名（gateway.yaml 未设 trustKey）',
    signedAs: (sequence: number) => `序号 ${sequence}`,
    expires: '签名有效期至',
    uncontrolled: '信任列表尚未纳入变更控制，此处只能查看。',
  },
  en: {
    title: 'Trust list',
    lead: 'The certification authorities the city accepts, and what it demands of each.',
    add: 'Add an authority',
    history: 'Versions and roll back',
    crl: 'Look into a CRL',
    warnings: 'To be seen to',
    authority: 'Authority',
    status: 'Status',
    certificates: 'Certificates',
    freshness: 'CRL',
    size: 'CRL entries',
    sessions: 'Live sessions',
    nothing: 'The trust list is empty.',
    responders: 'OCSP responders',
    noResponders: 'No OCSP responder has been asked yet.',
    url: 'Address',
    state: 'State',
    latency: 'Last took',
    requests: 'Requests (failed)',
    lastAnswer: 'Last answer',
    states: { closed: 'Healthy', open: 'Not asked for now', 'half-open': 'Being tried' },
    list: 'The list',
    epoch: 'Epoch',
    version: 'Version',
    signed: 'Signature',
    unsigned: 'Not asked for (trustKey is not set in gateway.yaml)',
    signedAs: (sequence: number) => `Sequence number ${sequence}`,
    expires: 'Signature holds until',
    uncontrolled: 'The trust list is not under change control yet; it can only be looked at here.',
  },
} as const;

/** GET /console/trust */
export const trustListPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, caller, query, at } = call;
  const texts = TEXTS[language];
  const trust = parts.trust();
  const use = await readUseIfThere(parts, readUseSpan(query, at));
  const version = await currentTrustList(parts);
  const warnings = findTrustWarnings(trust, at);
  const mayChange = hasRole(caller.actor, 'operator') && version !== undefined;
  const main = html`${renderHeading(texts.title, {
    lead: texts.lead,
    actions: html`${mayChange ? html`<a class="button" href="/console/trust/new">${texts.add}</a>` : undefined}
      <a class="button quiet" href="/console/trust/crl">${texts.crl}</a>
      <a class="button quiet" href="${documentPath(TRUST_LIST)}">${texts.history}</a>`,
  })}
  ${version === undefined ? renderNotice(texts.title, html`<p>${texts.uncontrolled}</p>`) : undefined}
  ${
    warnings.length === 0
      ? undefined
      : renderNotice(
          texts.warnings,
          html`<ul class="dots" lang="en">
            ${warnings.map(
              ({ authority, message }) =>
                html`<li>
                  ${authority === undefined ? undefined : html`<code>${authority}</code>: `}${message}
                </li>`,
            )}
          </ul>`,
          'grave',
        )
  }
  ${await renderAuthorities(call, [...trust.authorities.values()])}
  ${use === undefined ? renderUseAway(language) : renderAllUse(call, use)} ${renderResponders(call)}
  ${renderCard(
    'list',
    texts.list,
    renderFacts([
      [texts.epoch, trust.epoch],
      [texts.version, version?.version],
      [texts.signed, trust.signed === undefined ? texts.unsigned : texts.signedAs(trust.signed.sequence)],
      [texts.expires, trust.signed && renderMoment(trust.signed.expires, language)],
    ]),
  )}`;
  return { page: { title: texts.title, main } };
};

const renderAuthorities = async (call: PageCall, authorities: readonly Authority[]): Promise<Html> => {
  const { parts, language, at } = call;
  const texts = TEXTS[language];
  const { authorities: known } = parts.revocation.status();
  const rows = await Promise.all(
    authorities.map(async (authority) => {
      const { authority: id } = authority.settings;
      return {
        authority,
        id,
        revocation: known.find((each) => each.authority === id),
        sessions: await parts.portal.sessions.count({ authority: id }).catch(() => undefined),
        days: daysLeft([...authority.anchors, ...authority.intermediates], at),
      };
    }),
  );
  return renderTable(rows, {
    caption: texts.title,
    nothing: texts.nothing,
    columns: [
      {
        title: texts.authority,
        cell: ({ id, authority: { settings } }) =>
          html`<a href="/console/trust/${id}">${settings.name[language]}</a><br /><code class="small muted"
              >${id}</code
            >`,
      },
      { title: texts.status, cell: ({ authority }) => renderStatus(authority, language) },
      {
        title: texts.certificates,
        cell: ({ days }) => (days === undefined ? '–' : renderDays(days, language)),
      },
      {
        title: texts.freshness,
        cell: ({ revocation }) => renderFreshness(worstFreshness(revocation), language),
      },
      {
        title: texts.size,
        number: true,
        cell: ({ revocation }) => {
          const crls = revocation?.crls ?? [];
          const [entries, bytes] = [
            crls.reduce((sum, crl) => sum + crl.entries, 0),
            crls.reduce((sum, crl) => sum + crl.bytes, 0),
          ];
          return html`${entries.toLocaleString('en')}<br /><span class="small muted"
              >${formatBytes(bytes)}</span
            >`;
        },
      },
      { title: texts.sessions, number: true, cell: ({ sessions }) => sessions?.toLocaleString('en') ?? '–' },
    ],
  });
};

const renderResponders = ({ parts, language }: PageCall): Html => {
  const texts = TEXTS[language];
  return html`<h2>${texts.responders}</h2>
    ${renderTable(parts.revocation.status().responders, {
      caption: texts.responders,
      nothing: texts.noResponders,
      columns: [
        { title: texts.url, cell: ({ url }) => html`<code class="long">${url}</code>` },
        {
          title: texts.state,
          cell: ({ state, lastError }) =>
            html`${renderState(texts.states[state], state === 'closed' ? 'good' : 'bad')}
            ${lastError === undefined ? undefined : html`<br /><span class="small muted" lang="en">${lastError}</span>`}`,
        },
        {
          title: texts.latency,
          number: true,
          cell: ({ latency }) => (latency === undefined ? '–' : `${Math.round(latency)} ms`),
        },
        {
          title: texts.requests,
          number: true,
          cell: ({ requests, failures }) => `${requests} (${failures})`,
        },
        {
          title: texts.lastAnswer,
          cell: ({ lastAnswer }) => (lastAnswer === undefined ? '–' : renderMoment(lastAnswer, language)),
        },
      ],
    })}`;
};
