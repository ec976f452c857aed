import { judgeSession } from '../../decision/judge-session.ts';
import Provider, { type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { createHash, createPublicKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto';
import { callerClaims } from '../../decision/caller-claims.ts';
import { refuseCaller } from '../../decision/checks.ts';
import type { FederationParts } from '../federation-parts.ts';
import { accountIdOf, CERTIFICATE_ACR, isSignedIn, sessionKeyIn, unifiedIdOf } from './account.ts';
import { storageAdapter } from './adapter.ts';
import { serviceNamed } from './client.ts';
import { beginInteraction } from './interaction.ts';
import { endSessionPage, errorPage, signedOutPage } from './pages.ts';
import { signInPolicy } from './sign-in-policy.ts';
import { registerTokenExchange } from './token-exchange.ts';

const CODE_S = 60;
const TOKEN_S = 600;
const INTERACTION_S = 900;

/** ES256 only: what signs ID tokens, and what may stand in requests that are signed. */
const CLIENT_ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const;

/** The name of a key: its JWK thumbprint (RFC 7638). */
export const keyIdOf = (privateKey: KeyObject): string => {
  const { crv, kty, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
};

/** The first makes, all verify. */
export interface ProviderKeys {
  readonly signing: readonly KeyObject[];
  readonly cookie: readonly Uint8Array[];
}

/**
 * The OpenID Provider: authorization code with PKCE (S256) and nothing else, pushed requests where the client asks,
 * pairwise subjects, claims by enrolment. No refresh tokens: whoever has to know later asks again, in the browser.
 */
export const createProvider = (
  parts: FederationParts,
  { signing, cookie: cookieKeys }: ProviderKeys,
): Provider => {
  const sessionS = Math.ceil(parts.sessionMs / 1000);
  const cookie = { signed: true, httpOnly: true, secure: true, sameSite: 'lax', overwrite: true } as const;
  const configuration: Configuration = {
    adapter: storageAdapter(parts),
    jwks: {
      // Of keys that fit, the library signs with the first.
      keys: signing.map((key) => ({
        ...key.export({ format: 'jwk' }),
        kid: keyIdOf(key),
        use: 'sig',
        alg: 'ES256',
      })),
    },
    cookies: {
      keys: cookieKeys.map((key) => Buffer.from(key).toString('base64url')),
      names: {
        session: '__Secure-onecert-oidc',
        interaction: '__Secure-onecert-oidc-interaction',
        resume: '__Secure-onecert-oidc-resume',
      },
      long: { ...cookie, path: new URL(parts.issuer).pathname },
      short: cookie,
    },
    routes: {
      authorization: '/authorize',
      jwks: '/jwks',
      token: '/token',
      userinfo: '/userinfo',
      pushed_authorization_request: '/par',
      end_session: '/signout',
      revocation: '/revoke',
    },
    scopes: ['openid'],
    claims: {
      openid: [
        'sub',
        'acr',
        'amr',
        'auth_time',
        'cnf',
        'verdict',
        'kind',
        'unified_id',
        'name',
        'identifiers',
        'authority',
        'assurance',
        'acting',
        'certificate',
      ],
      acr: null,
      amr: null,
      auth_time: null,
      iss: null,
      sid: null,
    },
    // What the enrolment says stands in the ID token too: most clients never ask for userinfo.
    conformIdTokenClaims: false,
    acrValues: [CERTIFICATE_ACR],
    responseTypes: ['code'],
    subjectTypes: ['pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) => {
      const service = serviceNamed(parts.directory(), client.clientId);
      if (service === undefined) throw new Error('a client that is no service');
      return parts.pairwiseId(unifiedIdOf(accountId), service.department.department);
    },
    // Sectors are departments, by enrolment: there is nothing to fetch.
    sectorIdentifierUriValidate: () => false,
    pkce: { required: () => true },
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic', 'client_secret_post'],
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256'],
      clientAuthSigningAlgValues: [...CLIENT_ALGORITHMS],
    },
    issueRefreshToken: async () => false,
    allowOmittingSingleRegisteredRedirectUri: false,
    interactions: {
      policy: signInPolicy(parts),
      url: (_ctx, interaction) => beginInteraction(parts, interaction, INTERACTION_S * 1000),
    },
    loadExistingGrant,
    findAccount: (ctx, accountId) => findAccount(parts, ctx, accountId),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      claimsParameter: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true },
      userinfo: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => endSessionPage(parts, ctx, form),
        postLogoutSuccessSource: (ctx) => signedOutPage(parts, ctx),
      },
    },
    ttl: {
      AccessToken: TOKEN_S,
      AuthorizationCode: CODE_S,
      IdToken: TOKEN_S,
      Interaction: INTERACTION_S,
      Session: sessionS,
      Grant: sessionS,
    },
    renderError: (ctx, out) => errorPage(parts, ctx, out),
  };
  const provider = new Provider(parts.issuer, configuration);
  registerTokenExchange(parts, provider);
  // The data plane says X-Forwarded-*; nobody else can.
  provider.proxy = true;
  const { prototype } = provider.Client;
  // What is kept of a secret is its hash.
  prototype.compareClientSecret = function (secret: string): boolean {
    const given = hash('sha256', secret, 'buffer');
    const kept = Buffer.from(this.clientSecret ?? '', 'base64url');
    return kept.length === given.length && timingSafeEqual(given, kept);
  };
  // Services are told by back-channel-logout.ts, of every end of a session and not only of this one.
  prototype.backchannelLogout = async () => undefined;
  provider.on('server_error', (_ctx, error) =>
    parts.log('error', 'a defect in the OpenID Provider', { error: error.stack }),
  );
  // Koa's own event, which the types of the provider leave out.
  (provider as NodeJS.EventEmitter).on('error', (error: unknown) =>
    parts.log('error', 'a defect in the OpenID Provider', { error: String(error) }),
  );
  return provider;
};

/** The person behind a code or token, as of now: undefined where the service may be told nothing of them any more. */
const findAccount = async (parts: FederationParts, ctx: KoaContextWithOIDC, accountId: string) => {
  const session = await parts.sessions.get(sessionKeyIn(accountId));
  const found = session && (await judgeSession(parts, session, session.from));
  const service = serviceNamed(parts.directory(), ctx.oidc.client?.clientId ?? '');
  if (!isSignedIn(found) || service === undefined || accountIdOf(found.session) !== accountId)
    return undefined;
  const { admission } = found;
  if (refuseCaller(admission, service, parts.clock()) !== undefined) return undefined;
  const { thumbprint, ...told } = callerClaims(parts.pairwiseId, service, admission);
  return {
    accountId,
    claims: () => ({
      ...told,
      ...(thumbprint !== undefined && { cnf: { 'x5t#S256': thumbprint } }),
      // The library makes the pairwise subject of it.
      sub: accountId,
    }),
  };
};

/** The person is asked nothing: what a service is told stands in its enrolment. */
const loadExistingGrant: NonNullable<Configuration['loadExistingGrant']> = async (ctx) => {
  const { provider, client, session, account } = ctx.oidc;
  if (client === undefined || session === undefined || account === undefined) return undefined;
  const known = session.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  if (found?.accountId === account.accountId) return found;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid');
  await grant.save();
  return grant;
};
