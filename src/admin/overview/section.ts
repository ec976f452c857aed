import { z } from 'zod';
import { html, type Html } from '../../portal/html.ts';
import { EVERY_ROLE, ROLE_NAMES } from '../access.ts';
import { countWaiting, renderProposals, visibleProposals } from '../changes/queue-page.ts';
import { operation } from '../operation.ts';
import { renderFigures, renderHeading } from '../render/frame.ts';
import type { PageAnswer, PageCall, Section } from '../section.ts';

const TEXTS = {
  zh: {
    title: '总览',
    authorities: '信任列表中的机构',
    services: '已登记的服务',
    waiting: '待我复核的变更',
    epoch: '信任列表纪元',
    recent: '最近的变更',
    all: '全部变更',
  },
  en: {
    title: 'Overview',
    authorities: 'Authorities in the trust list',
    services: 'Services enrolled',
    waiting: 'Changes waiting for me',
    epoch: 'Epoch of the trust list',
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

export const overviewSection: Section = {
  id: 'overview',
  title: { zh: '总览', en: 'Overview' },
  path: '',
  roles: EVERY_ROLE,
  pages: [{ method: 'get', path: '', access: { roles: EVERY_ROLE }, handle: overviewPage }],
  operations: [
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
