import { z } from 'zod';
import { sendPage } from '../../portal/answer.ts';
import { html } from '../../portal/html.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { guideSchema, plainGuide, unknownServices, type Guide } from '../../services/guide.ts';
import { EVERY_ROLE, hasRole } from '../access.ts';
import { InputInvalid } from '../input-invalid.ts';
import { operation } from '../operation.ts';
import { renderNotice } from '../render/frame.ts';
import { renderIssues } from '../render/issues.ts';
import type { PageAnswer, PageCall, Section } from '../section.ts';
import { BOOKLET_STYLE, BOOKLET_STYLE_SOURCE, renderBooklet } from './booklet.ts';
import { renderEditPage, valuesOfForm, valuesOfGuide, type EditPage } from './edit-page.ts';
import { readForm } from './read-form.ts';
import { enrolledServices, GUIDE_KEY, guideFiles, readGuide } from './read-guide.ts';
import { GUIDE_TEXTS } from './texts.ts';

const page = (call: PageCall, content: Omit<EditPage, 'services' | 'mayEdit'>, status = 200): PageAnswer => {
  const services = enrolledServices(call.parts);
  const mayEdit = hasRole(call.caller.actor, 'operator');
  const { saved, title } = GUIDE_TEXTS[call.language];
  return {
    status,
    page: {
      title,
      main: renderEditPage(call, { ...content, services, mayEdit }),
      told: call.query.has('saved') ? saved : undefined,
    },
  };
};

const showGuide = async (call: PageCall): Promise<PageAnswer> => {
  const { guide, version } = await readGuide(call.parts);
  return page(call, { values: valuesOfGuide(guide), version });
};

const saveGuide = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, form, language } = call;
  const base = Number(form.get('base'));
  const { guide, issues } = readForm(form, parts);
  const values = valuesOfForm(form);
  if (guide === undefined) {
    return page(call, { values, version: base, notice: renderIssues(issues, language) }, 422);
  }
  try {
    await parts.changes.put(caller.actor, {
      ...GUIDE_KEY,
      base,
      files: guideFiles(guide),
      note: (form.get('note') ?? '').slice(0, 2_000),
      origin: 'console',
    });
    return { redirect: '/console/guide?saved' };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'ONECERT_CHANGE_STALE') throw error;
    const texts = GUIDE_TEXTS[language];
    const { version } = await readGuide(parts);
    const notice = renderNotice(
      texts.stale,
      html`<p>${texts.staleSaid} <code>${error.code}</code></p>
        <p><a href="/console/changes/of/guide/city?from=${base}&amp;to=${version}">${texts.theirs}</a></p>`,
      'grave',
    );
    return page(call, { values, version, notice }, error.status);
  }
};

const printGuide = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, request, response } = call;
  const { guide } = await readGuide(parts);
  sendPage(request, response, {
    title: `${guide.title[language]} ${guide.year}`,
    main: html`<p class="back"><a href="/console/guide">${GUIDE_TEXTS[language].back}</a></p>
      ${renderBooklet(
        {
          guide,
          services: enrolledServices(parts),
          authorities: parts.portal.authorities(),
          site: parts.portal.urls.browser,
        },
        language,
      )}`,
    width: 'wide',
    style: BOOKLET_STYLE,
    allowance: { styles: BOOKLET_STYLE_SOURCE },
  });
  return { sent: true };
};

const downloadGuide = async ({ parts }: PageCall): Promise<PageAnswer> => {
  const { guide } = await readGuide(parts);
  const [file] = guideFiles(guide);
  if (file === undefined) throw new Error('a guide is one file');
  return { download: { name: file.path, type: 'application/yaml', body: file.content } };
};

const answerOf = (guide: Guide): { guide: Guide } => ({ guide });
const EXAMPLE = answerOf(plainGuide(2026));

export const guideSection: Section = {
  id: 'guide',
  title: { zh: '办事指南', en: 'Guide' },
  path: '/guide',
  roles: EVERY_ROLE,
  pages: [
    { method: 'get', path: '', access: { roles: EVERY_ROLE }, handle: showGuide },
    { method: 'post', path: '', access: { roles: ['operator'] }, handle: saveGuide },
    { method: 'get', path: '/booklet', access: { roles: EVERY_ROLE }, handle: printGuide },
    { method: 'get', path: '/guide.yaml', access: { roles: EVERY_ROLE }, handle: downloadGuide },
  ],
  operations: [
    operation({
      id: 'getGuide',
      method: 'get',
      path: '/guide',
      summary: { zh: '办事指南', en: 'The guide in force' },
      access: { roles: EVERY_ROLE },
      answer: z.object({ guide: guideSchema }),
      example: { answer: EXAMPLE },
      handle: async ({ parts }) => {
        const { guide, version } = await readGuide(parts);
        return { body: answerOf(guide), version };
      },
    }),
    operation({
      id: 'putGuide',
      method: 'put',
      path: '/guide',
      summary: { zh: '修改办事指南', en: 'Change the guide' },
      access: { roles: ['operator'] },
      ifMatch: true,
      body: z.strictObject({ guide: guideSchema, note: z.string().max(2_000).default('') }),
      answer: z.object({ guide: guideSchema }),
      refusals: ['ONECERT_CHANGE_STALE'],
      example: { body: { guide: EXAMPLE.guide, note: '' }, answer: EXAMPLE },
      handle: async ({ parts, caller, body: { guide, note }, ifMatch = 0 }) => {
        const unknown = unknownServices(guide, enrolledServices(parts));
        if (unknown.length > 0) {
          throw new InputInvalid(
            unknown.map((path) => ({
              file: 'body',
              line: 1,
              column: 1,
              path,
              message: 'no department has enrolled a service of this name',
            })),
          );
        }
        const { version } = await parts.changes.put(caller.actor, {
          ...GUIDE_KEY,
          base: ifMatch,
          files: guideFiles(guide),
          note,
          origin: 'api',
        });
        return { body: answerOf(guide), version };
      },
    }),
  ],
};
