import type { Request, Response } from 'express';
import { ChangeInvalidError } from '../changes/change-invalid-error.ts';
import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import { html, type Html } from '../portal/html.ts';
import type { Language } from '../portal/language.ts';
import type { PortalParts } from '../portal/portal-parts.ts';
import { refuse } from '../portal/refuse.ts';
import { servesBrowsers, visitOf } from '../portal/visit.ts';
import type { Refusal } from '../refusal/refusal.ts';
import { adminCallerOf, isKnown, type AdminCaller } from './admin-caller.ts';
import type { AdminParts } from './admin-parts.ts';
import { InputInvalid } from './input-invalid.ts';
import { renderIssues } from './render/issues.ts';

const TEXTS = {
  zh: {
    yourId: '您的统一身份标识',
    give: '把它交给运维人员，由其为您申请角色。',
    certificate: '所用证书的指纹（SHA-256）',
    again: '重新登录，然后回到这里',
    back: '回到控制台',
  },
  en: {
    yourId: 'Your unified id',
    give: 'Give it to an operator, who proposes a role for you.',
    certificate: 'Thumbprint of your certificate (SHA-256)',
    again: 'Sign in again, and come back here',
    back: 'Back to the console',
  },
} as const;

/** Answers with a refusal, and with what helps on in the console; recorded as all refusals are. */
export const refuseInConsole = async (
  parts: AdminParts,
  request: Request,
  response: Response,
  refusal: Refusal,
): Promise<void> => {
  const { code, detail } = refusal;
  const { language } = visitOf(request);
  const caller = await adminCallerOf(parts, request).catch(() => undefined);
  const known = isKnown(caller) ? caller : undefined;
  await refuse(parts.portal as PortalParts, request, response, {
    code,
    detail,
    ...(known && { admission: known.admission }),
    advice: adviceOf(refusal, request, known, language),
  });
};

const adviceOf = (
  refusal: Refusal,
  request: Request,
  caller: AdminCaller | undefined,
  language: Language,
): Html => {
  const texts = TEXTS[language];
  if (refusal.code === 'ONECERT_ROLE_REQUIRED' && caller !== undefined) {
    const { unifiedId, certificate } = caller.actor;
    return html`<section class="card">
      <h2>${texts.yourId}</h2>
      <p class="reference">${unifiedId}</p>
      <p class="muted note">${texts.give}</p>
      <p class="muted small note">${texts.certificate}</p>
      <p class="long"><code>${Buffer.from(certificate, 'base64url').toString('hex')}</code></p>
    </section>`;
  }
  if (refusal.code === 'ONECERT_SIGN_IN_AGAIN') {
    return html`<p class="act">
      <a class="button" href="/signin?return=${encodeURIComponent(cameFrom(request))}">${texts.again}</a>
    </p>`;
  }
  const issues = issuesOf(refusal);
  return html`${issues.length > 0 ? renderIssues(issues, language) : undefined}
    <p><a href="/console">${texts.back}</a></p>`;
};

/** Of a ChangeInvalidError or InputInvalid: everything that is wrong. */
export const issuesOf = (refusal: Refusal): readonly ConfigurationIssue[] =>
  refusal instanceof ChangeInvalidError || refusal instanceof InputInvalid ? refusal.issues : [];

/** The page that sent a form, for the way back to it; only where it is one of the console's. */
const cameFrom = (request: Request): string => {
  const back = (request.body as Record<string, unknown> | undefined)?.['back'];
  const path = typeof back === 'string' ? back : '/console';
  return /^\/console(?:\/[\w./-]*)?$/.test(path) && servesBrowsers(visitOf(request)) ? path : '/console';
};
