import { z } from 'zod';
import { html, type Html } from '../../portal/html.ts';
import type { Language } from '../../portal/language.ts';
import { EVERY_ROLE, ROLE_NAMES } from '../access.ts';
import { countWaiting, renderProposals, visibleProposals } from '../changes/queue-page.ts';
import { operation } from '../operation.ts';
import { renderFigures, renderHeading, renderState } from '../render/frame.ts';
import type { PageAnswer, PageCall, Section } from '../section.ts';
import { findConcerns, type Concern } from './concerns.ts';

const TEXTS = {
  zh: {
    title: '总览',
    authorities: '信任列表中的机构',
    services: '已登记的服务',
    waiting: '待我复核的变更',
    epoch: '信任列表纪元',
    concerns: '需要处理',
    none: '目前没有需要处理的事项。',
    severities: { now: '立即', soon: '尽快' },
    recent: '最近的变更',
    all: '全部变更',
  },
  en: {
    title: 'Overview',
    authorities: 'Authorities in the trust list',
    services: 'Services enrolled',
    waiting: 'Changes waiting for me',
    epoch: 'Epoch of the trust list',
    concerns: 'To be seen to',
    none: 'Nothing needs to be seen to now.',
    severities: { now: 'Now', soon: 'Soon' },
    recent: 'Latest changes',
    all: 'All changes',
  },
} as const;

const RECENT = 8;

const overviewPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, language } = call;
  const texts = TEXTS[language];
  const { authorities, epoch } = parts.trust();
  const services = parts.departments().reduce((sum, department) => sum + department.services.length, 0);
  const recent = await visibleProposals(caller, parts, { limit: RECENT });
  const main: Html = html`${renderHeading(texts.title)}
    <h2>${texts.concerns}</h2>
    ${renderConcerns(await findConcerns(parts, caller.actor, parts.portal.clock()), language)}
    ${renderFigures([
      { label: texts.waiting, value: await countWaiting(caller, parts) },
      { label: texts.authorities, value: authorities.size },
      { label: texts.services, value: services },
      { label: texts.epoch, value: epoch },
    ])}
    <h2>${texts.recent}</h2>
    ${await renderProposals(call, recent)}
    <p><a href="/console/changes?view=open">${texts.all}</a></p>`;
  return { page: { title: texts.title, main } };
};

const renderConcerns = (concerns: readonly Concern[], language: Language): Html => {
  const { severities, none } = TEXTS[language];
  if (concerns.length === 0) return html`<p class="nothing">${none}</p>`;
  return html`<ul class="concerns">
    ${concerns.map(
      ({ severity, path, ...said }) =>
        html`<li>
          ${renderState(severities[severity], severity === 'now' ? 'bad' : 'open')}
          <a href="${path}">${said[language]}</a>
        </li>`,
    )}
  </ul>`;
};

export const overviewSection: Section = {
  id: 'overview',
  title: { zh: '总览', en: 'Overview' },
  path: '',
  roles: EVERY_ROLE,
  pages: [{ method: 'get', path: '', access: { roles: EVERY_ROLE }, handle: overviewPage }],
  operations: [
    operation({
      id: 'listConcerns',
      method: 'get',
      path: '/concerns',
      summary: { zh: '需要处理的事项', en: 'What needs to be seen to, the gravest first' },
      description: {
        zh: '经办人只看到本部门的。',
        en: 'Officers are told of their own department alone.',
      },
      access: { roles: EVERY_ROLE },
      answer: z.object({
        concerns: z.array(
          z.object({
            severity: z.enum(['now', 'soon']).meta({
              description: 'now: somebody is refused, or nothing is recorded; soon: there is time left',
            }),
            zh: z.string(),
            en: z.string(),
            path: z.string().meta({ description: 'Page of the console' }),
          }),
        ),
      }),
      example: {
        answer: {
          concerns: [
            {
              severity: 'now',
              zh: '居住证：业务系统 http://10.1.2.3:8080 异常（ECONNREFUSED）。',
              en: 'Residence Permit: the back end http://10.1.2.3:8080 is not well (ECONNREFUSED).',
              path: '/console/services/of/police',
            },
          ],
        },
      },
      handle: async ({ parts, caller, at }) => ({
        body: { concerns: [...(await findConcerns(parts, caller.actor, at))] },
      }),
    }),
    operation({
      id: 'whoAmI',
      method: 'get',
      path: '/me',
      summary: { zh: '我是谁', en: 'Who I am, and my roles' },
      description: {
        zh: '会话调用时，答复头 X-CSRF-Token 用于之后的修改类调用。',
        en: 'With a session, X-CSRF-Token of the answer is for the calls that change something.',
      },
      access: { roles: EVERY_ROLE },
      answer: z.object({
        unifiedId: z.string(),
        certificate: z.string().meta({ description: 'SHA-256 thumbprint' }),
        roles: z.array(z.object({ role: z.enum(ROLE_NAMES), department: z.string().optional() })),
        signedInAt: z.iso.datetime(),
      }),
      example: {
        answer: {
          unifiedId: 'u_3f6c0b',
          certificate: '8d1f…',
          roles: [{ role: 'officer', department: 'tax' }],
          signedInAt: '2026-03-02T01:30:00.000Z',
        },
      },
      handle: ({ caller: { actor, signedInAt } }) => ({
        body: { ...actor, roles: [...actor.roles], signedInAt: new Date(signedInAt).toISOString() },
      }),
    }),
  ],
};
