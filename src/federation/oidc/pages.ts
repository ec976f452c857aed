import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { FederationPage, FederationParts } from '../federation-parts.ts';

type Pages = Pick<FederationParts, 'renderPage'>;

const show = ({ renderPage }: Pages, ctx: KoaContextWithOIDC, page: FederationPage): void => {
  const { html, policy } = renderPage(page, ctx.req.headers);
  ctx.type = 'html';
  ctx.set('Content-Security-Policy', policy);
  ctx.body = html;
};

const SIGN_OUT = { zh: '退出登录', en: 'Sign out' };

/** Asks before a service signs somebody out of everything. */
export const endSessionPage = (parts: Pages, ctx: KoaContextWithOIDC, form: string): void => {
  const { postLogoutRedirectUri } = (ctx.oidc.session?.state ?? {}) as { postLogoutRedirectUri?: string };
  const xsrf = /name="xsrf" value="(\w+)"/.exec(form)?.[1] ?? '';
  show(parts, ctx, {
    title: SIGN_OUT,
    text: {
      zh: '您将退出本平台以及通过本平台登录的全部部门业务系统。',
      en: 'You will be signed out here and at every service that you have signed in to from here.',
    },
    form: {
      action: ctx.oidc.urlFor('end_session_confirm'),
      fields: { xsrf, logout: 'yes' },
      button: SIGN_OUT,
      ...(postLogoutRedirectUri !== undefined && { leadsTo: new URL(postLogoutRedirectUri).origin }),
    },
  });
};

export const signedOutPage = (parts: Pages, ctx: KoaContextWithOIDC): void =>
  show(parts, ctx, {
    title: { zh: '您已退出', en: 'You are signed out' },
    text: {
      zh: '您在本平台的登录已经结束。再次办理业务时，需要重新登录。',
      en: 'Your session has ended. To use a service again you will be asked to sign in.',
    },
  });

/** A request so wrong that its service cannot be told: the person is. */
export const errorPage = (
  parts: Pages,
  ctx: KoaContextWithOIDC,
  { error, error_description }: ErrorOut,
): void =>
  show(parts, ctx, {
    title: { zh: '登录请求有误', en: 'This request to sign in is not right' },
    text: {
      zh: `请回到原来的业务系统重新登录；仍不成功，请把下面的内容告诉该部门：${error}${error_description === undefined ? '' : `（${error_description}）`}`,
      en: `Go back to the service and sign in again. If that does not help, tell the department: ${error}${error_description === undefined ? '' : ` (${error_description})`}`,
    },
  });
