import type { Session } from '../signin/session.ts';
import { html, type Html } from './html.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';
import { renderMoment } from './moment.ts';
import { authorityName, proofName, renderMyHeading, titleOf } from './my-pages.ts';
import type { PortalAuthority } from './portal-parts.ts';

export interface SessionsPage {
  readonly current: Session;
  readonly sessions: readonly Session[];
  readonly authorities: readonly PortalAuthority[];
  /** Form token for ending sessions. */
  readonly token: string;
  /** Whether one has just been ended. */
  readonly ended: boolean;
}

const TEXTS = {
  zh: {
    lead: '您在这些地方处于登录状态。发现不是您本人的，请立即结束。',
    ended: '已结束。',
    current: '当前浏览器',
    other: '未识别的浏览器',
    from: '来自',
    since: '登录时间',
    seen: '最近活动',
    certificate: '证书签发机构',
    proof: '登录方式',
    end: '结束',
    endNamed: (agent: string, from: string) => `结束 ${agent}（${from}）的登录`,
    endAll: '结束所有其他登录',
  },
  en: {
    lead: 'You are signed in at these places. End at once what is not yours.',
    ended: 'It has ended.',
    current: 'This browser',
    other: 'Unknown browser',
    from: 'From',
    since: 'Signed in',
    seen: 'Last active',
    certificate: 'Certificate of',
    proof: 'Way',
    end: 'End',
    endNamed: (agent: string, from: string) => `End the session of ${agent} (${from})`,
    endAll: 'End all others',
  },
} as const;

export const sessionsPage = (content: SessionsPage, language: Language): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const { current, sessions, token, ended } = content;
  const hasOthers = sessions.some(({ key }) => key !== current.key);
  const main = html`${renderMyHeading('sessions', language)}
    <p class="muted">${texts.lead}</p>
    <p role="status" class="${ended ? 'told' : 'told-nothing'}">${ended ? texts.ended : undefined}</p>
    <ul class="records">
      ${sessions.map((session) => renderSession(session, content, language))}
    </ul>
    ${
      hasOthers
        ? html`<form method="post" action="/me/sessions/end">
            <input type="hidden" name="token" value="${token}" />
            <button class="button">${texts.endAll}</button>
          </form>`
        : undefined
    }`;
  return { title: titleOf('sessions', language), main, width: 'wide' };
};

const renderSession = (
  session: Session,
  { current, authorities, token }: SessionsPage,
  language: Language,
): Html => {
  const texts = TEXTS[language];
  const agent = session.agent === 'other' ? texts.other : session.agent;
  const isCurrent = session.key === current.key;
  return html`<li class="card">
    <h2>${agent} ${isCurrent ? html`<span class="badge">${texts.current}</span>` : undefined}</h2>
    <dl class="facts">
      <dt>${texts.from}</dt>
      <dd><bdi>${session.from}</bdi></dd>
      <dt>${texts.since}</dt>
      <dd>${renderMoment(session.createdAt, language)}</dd>
      <dt>${texts.seen}</dt>
      <dd>${renderMoment(session.lastSeen, language)}</dd>
      <dt>${texts.certificate}</dt>
      <dd>${authorityName(authorities, session.authority, language)}</dd>
      <dt>${texts.proof}</dt>
      <dd>${proofName(session.proof, language)}</dd>
    </dl>
    <form class="act" method="post" action="/me/sessions/end">
      <input type="hidden" name="token" value="${token}" />
      <input type="hidden" name="session" value="${session.key}" />
      <button class="button small quiet" aria-label="${texts.endNamed(agent, session.from)}">
        ${texts.end}
      </button>
    </form>
  </li>`;
};
