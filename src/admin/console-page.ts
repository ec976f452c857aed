import { navigationOf, sendPage } from '../portal/answer.ts';
import { html, type Html } from '../portal/html.ts';
import type { Language } from '../portal/language.ts';
import type { PortalParts } from '../portal/portal-parts.ts';
import { hasRole } from './access.ts';
import { CONSOLE_STYLE, CONSOLE_STYLE_SOURCE } from './console-stylesheet.ts';
import type { ConsolePage, PageCall, Section } from './section.ts';

const TEXTS = {
  zh: {
    console: '管理控制台',
    sections: '控制台栏目',
    portal: '返回门户',
    roles: { operator: '运维人员', officer: '部门经办人', auditor: '审计人员' },
    waiting: (count: number) => `${count} 项待处理`,
  },
  en: {
    console: 'Console',
    sections: 'Sections of the console',
    portal: 'Back to the portal',
    roles: { operator: 'Operator', officer: 'Department officer', auditor: 'Auditor' },
    waiting: (count: number) => `${count} waiting`,
  },
} as const;

export const roleName = (role: keyof (typeof TEXTS)['en']['roles'], language: Language): string =>
  TEXTS[language].roles[role];

export interface PageContext {
  readonly sections: readonly Section[];
  /** Undefined for pages of none, such as a refusal. */
  readonly section: Section | undefined;
  readonly call: Pick<PageCall, 'parts' | 'caller' | 'language' | 'request' | 'response'>;
}

/** Answers with a page in the console's frame. */
export const sendConsolePage = async (
  context: PageContext,
  { title, main, told }: ConsolePage,
  status = 200,
): Promise<void> => {
  const { section, call } = context;
  const { parts, caller, language, request, response } = call;
  const portal = parts.portal as PortalParts;
  const texts = TEXTS[language];
  const navigation = navigationOf(portal, request, response, undefined, {
    identity: caller.identity,
  });
  sendPage(
    request,
    response,
    {
      title: section === undefined ? title : `${title} · ${texts.console}`,
      main: html`${
        told === undefined ? undefined : html`<p role="status" class="notice done">${told}</p>`
      }${main}`,
      width: 'full',
      navigation: { ...navigation, part: texts.console },
      side: await renderSide(context),
      style: CONSOLE_STYLE,
      allowance: { styles: CONSOLE_STYLE_SOURCE },
    },
    status,
  );
};

const renderSide = async ({ sections, section: current, call }: PageContext): Promise<Html> => {
  const { caller, parts, language } = call;
  const texts = TEXTS[language];
  const shown = sections.filter(({ roles }) => hasRole(caller.actor, ...roles));
  const items = await Promise.all(
    shown.map(async (section) => {
      // A figure that cannot be had keeps nobody from the page.
      const count = (await section.waiting?.(caller, parts).catch(() => 0)) ?? 0;
      const inside = html`${section.title[language]}
      ${
        count > 0
          ? html`<span class="count">${count}<span class="hidden">${texts.waiting(count)}</span></span>`
          : undefined
      }`;
      const path = `/console${section.path}`;
      return section === current
        ? html`<li><a href="${path}" aria-current="page">${inside}</a></li>`
        : html`<li><a href="${path}">${inside}</a></li>`;
    }),
  );
  const roles = caller.actor.roles.map((held) =>
    held.role === 'officer'
      ? html`<li>${texts.roles.officer}: ${departmentName(call, held.department)}</li>`
      : html`<li>${texts.roles[held.role]}</li>`,
  );
  return html`<nav class="side" aria-label="${texts.sections}">
    <ul class="sections">
      ${items}
    </ul>
    <div class="self">
      <ul>
        ${roles}
      </ul>
      <p><a href="/">${texts.portal}</a></p>
    </div>
  </nav>`;
};

export const departmentName = (
  { parts, language }: Pick<PageCall, 'parts' | 'language'>,
  department: string,
): string => parts.departments().find((each) => each.department === department)?.name[language] ?? department;
