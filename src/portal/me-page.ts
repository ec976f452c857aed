import type { Caller } from './caller.ts';
import { html } from './html.ts';
import { numberName } from './identity-words.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';
import { shownName, shownNumber } from './masked.ts';
import { renderMoment } from './moment.ts';
import { authorityName, proofName, renderMyHeading, titleOf } from './my-pages.ts';
import type { PortalAuthority } from './portal-parts.ts';
import { SUBJECTS } from './service-list.ts';

export interface MePage {
  readonly caller: Caller;
  /** ms since the epoch; undefined where the register does not know. */
  readonly registeredAt: number | undefined;
  readonly authorities: readonly PortalAuthority[];
}

const TEXTS = {
  zh: {
    who: '身份信息',
    name: '姓名（名称）',
    kind: '类型',
    masked: '为防止他人看到，个人的姓名和号码只显示一部分。',
    since: '首次登记',
    id: '统一身份标识',
    idSaid: '随机编号，不含个人信息；无论使用哪家机构的证书，都是同一个。',
    now: '本次登录',
    certificate: '所用证书的签发机构',
    proof: '登录方式',
    at: '登录时间',
  },
  en: {
    who: 'Who you are here',
    name: 'Name',
    kind: 'Kind',
    masked: "A person's name and numbers are shown in part, so that nobody reads them over your shoulder.",
    since: 'First registered',
    id: 'Unified id',
    idSaid: 'Random; it says nothing about you, and is the same whichever authority issued your certificate.',
    now: 'This sign-in',
    certificate: 'Certificate of',
    proof: 'Way',
    at: 'Since',
  },
} as const;

export const mePage = (
  { caller: { identity, session }, registeredAt, authorities }: MePage,
  language: Language,
): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const main = html`${renderMyHeading('identity', language)}
    <section class="card" aria-labelledby="who">
      <h2 id="who">${texts.who}</h2>
      <dl class="facts">
        <dt>${texts.name}</dt>
        <dd><bdi>${shownName(identity)}</bdi></dd>
        <dt>${texts.kind}</dt>
        <dd>${SUBJECTS[language][identity.kind]}</dd>
        ${identity.identifiers.map(
          (identifier) =>
            html`<dt>${numberName(identifier.type, language)}</dt>
              <dd><code>${shownNumber(identity.kind, identifier)}</code></dd>`,
        )}
        <dt>${texts.id}</dt>
        <dd><code>${identity.unifiedId}</code><br /><span class="muted small">${texts.idSaid}</span></dd>
        ${
          registeredAt === undefined
            ? undefined
            : html`<dt>${texts.since}</dt>
                <dd>${renderMoment(registeredAt, language)}</dd>`
        }
      </dl>
      ${identity.kind === 'citizen' ? html`<p class="muted small note">${texts.masked}</p>` : undefined}
    </section>
    <section class="card" aria-labelledby="now">
      <h2 id="now">${texts.now}</h2>
      <dl class="facts">
        <dt>${texts.certificate}</dt>
        <dd>${authorityName(authorities, session.authority, language)}</dd>
        <dt>${texts.proof}</dt>
        <dd>${proofName(session.proof, language)}</dd>
        <dt>${texts.at}</dt>
        <dd>${renderMoment(session.createdAt, language)}</dd>
      </dl>
    </section>`;
  return { title: titleOf('identity', language), main, width: 'wide' };
};
