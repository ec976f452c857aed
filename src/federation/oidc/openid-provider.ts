import { Router, type RequestHandler } from 'express';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { addressGroup } from '../../signin/address-group.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { FederationParts } from '../federation-parts.ts';
import { partiesOf, record } from '../record.ts';
import { startBackChannelLogout } from './back-channel-logout.ts';
import { answerInteraction } from './interaction.ts';
import { createLogins, type Logins } from './logins.ts';
import { createKeyedProvider } from './keyed-provider.ts';
import { createProvider } from './provider.ts';
import { contextOf, traceOf } from './request-context.ts';
import { authorizedBy } from './sign-in-policy.ts';

export interface OpenIdProvider {
  /** For the path of the issuer, on the listener of browsers. */
  readonly router: RequestHandler;
  close(): Promise<void>;
}

/** The OpenID Provider (OpenID Connect Core 1.0) with sign-out and token exchange, for services that are clients. */
export const openOpenIdProvider = (parts: FederationParts): OpenIdProvider => {
  const logins = createLogins(parts);
  const keyed = createKeyedProvider(parts, (keys) => {
    const provider = createProvider(parts, keys);
    provider.use(async (ctx, next) => {
      await next();
      await settle(parts, logins, ctx as KoaContextWithOIDC);
    });
    return provider;
  });
  const logout = startBackChannelLogout(parts, logins, keyed.signingKey);
  const { host } = new URL(parts.issuer);

  const router = Router({ caseSensitive: true });
  router.get('/interaction/:uid/continue', (request, response) => {
    // A page and not a redirect: browsers hold the redirects of a form to the policy of its page (CSP form-action),
    // and the sign-in form's allows no other site.
    const { html, policy } = parts.renderPage(
      continuePage(`${request.baseUrl}/interaction/${request.params.uid}`),
      request.headers,
    );
    response.set('Content-Security-Policy', policy).type('html').send(html);
  });
  router.get('/interaction/:uid', async (request, response) => {
    try {
      await answerInteraction(parts, keyed.provider(), request, response);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      const { html, policy } = parts.renderPage(EXPIRED, request.headers);
      response.status(400).set('Content-Security-Policy', policy).type('html').send(html);
    }
  });
  router.get('/authorize', async (request, response, next) => {
    const { allowed, retryAfterMs } = await parts.limiter.ask(
      `authorize:${addressGroup(contextOf(request).from)}`,
    );
    if (allowed) return next();
    const { html, policy } = parts.renderPage(TOO_MANY, request.headers);
    response
      .status(429)
      .set({ 'Content-Security-Policy': policy, 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) })
      .type('html')
      .send(html);
  });
  router.use((request, response, next) => {
    // The issuer is one URL, whichever name a listener goes by.
    request.headers['x-forwarded-host'] = host;
    request.headers['x-forwarded-proto'] = 'https';
    void keyed.answer(request, response).catch(next);
  });
  return { router, close: () => logout.close() };
};

/** What has to be done before an answer of the provider leaves. @throws Refusal where it cannot be; then it does not. */
const settle = async (parts: FederationParts, logins: Logins, ctx: KoaContextWithOIDC): Promise<void> => {
  const { AuthorizationCode: code } = ctx.oidc?.entities ?? {};
  const authorized = authorizedBy(ctx);
  if ((ctx.oidc?.route === 'authorization' || ctx.oidc?.route === 'resume') && code !== undefined) {
    if (authorized === undefined) throw new Refusal('ONECERT_INTERNAL', 'a code that nothing allowed');
    const { signedIn, service } = authorized;
    const { reference, from } = contextOf(ctx.req);
    await record(parts.audit, {
      event: 'authorization',
      at: parts.clock(),
      reference,
      trace: traceOf(ctx.req),
      from,
      proof: signedIn.session.proof,
      ...partiesOf(signedIn.admission, service),
    });
    await logins.keep(signedIn.session, {
      client: service.service,
      sub: parts.pairwiseId(signedIn.session.unifiedId, service.department.department),
      sid: ctx.oidc.session?.sidFor(service.service) ?? '',
    });
  }
  if (ctx.oidc?.route === 'end_session_confirm' && ctx.oidc.params?.['logout'] !== undefined) {
    const session = await parts.sessions.find(ctx.req.headers.cookie);
    if (session !== undefined && (await parts.sessions.end(session.key))) {
      const { reference, from } = contextOf(ctx.req);
      await record(parts.audit, {
        event: 'session-end',
        at: parts.clock(),
        reference,
        from,
        by: 'department',
        // Where the service did not say which it is, it is only known that one did.
        service: ctx.oidc.client?.clientId,
        unifiedId: session.unifiedId,
        thumbprint: session.thumbprint,
        authority: session.authority,
        begunAt: session.createdAt,
      });
    }
  }
};

const continuePage = (to: string) => ({
  title: { zh: '正在返回业务系统', en: 'Back to the service' },
  text: { zh: '登录成功。', en: 'You are signed in.' },
  onward: { to, label: { zh: '继续', en: 'Continue' } },
});

const TOO_MANY = {
  title: { zh: '登录请求过于频繁', en: 'Too many requests to sign in' },
  text: { zh: '请一分钟后再试。', en: 'Please try again in a minute.' },
};

const EXPIRED = {
  title: { zh: '登录请求已失效', en: 'This request to sign in has expired' },
  text: {
    zh: '请回到原来的业务系统重新登录。',
    en: 'Go back to the service and sign in again.',
  },
};
