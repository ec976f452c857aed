import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import { randomBytes } from 'node:crypto';
import { AssertionError } from '../../assertion/assertion-error.ts';
import type { AssertedActor, AssertionClaims } from '../../assertion/claims.ts';
import { verifyAssertion } from '../../assertion/verify.ts';
import { refuseCaller } from '../../decision/checks.ts';
import { callerClaims } from '../../decision/caller-claims.ts';
import type { Identified } from '../../decision/enrolled-claims.ts';
import type { Admission } from '../../decision/types.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import { describe } from '../../refusal/refusal.ts';
import type { Service } from '../../services/enrolment.ts';
import { openExchangeTicket, sealExchangeTicket } from '../exchange-ticket.ts';
import type { FederationParts } from '../federation-parts.ts';
import { partiesOf, record } from '../record.ts';
import { serviceNamed, TOKEN_EXCHANGE } from './client.ts';
import { contextOf, traceOf } from './request-context.ts';

/** RFC 8693 section 3. */
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'scope',
  'actor_token',
  'actor_token_type',
] as const;
type Parameters = { readonly [name in (typeof PARAMETERS)[number]]?: string };

/** How many services may act one after the other for one person. */
const MAX_ACTORS = 4;

/**
 * OAuth 2.0 Token Exchange (RFC 8693): a service presents the assertion it was called with and gets one for another
 * service, where that one's enrolment names it. The new assertion says no more than the other's enrolment asks for,
 * names who acts, and ends no later than the first.
 */
export const registerTokenExchange = (parts: FederationParts, provider: Provider): void =>
  provider.registerGrantType<Parameters>(
    TOKEN_EXCHANGE,
    (ctx) => exchange(parts, ctx, ctx.oidc.params),
    PARAMETERS,
  );

const exchange = async (
  parts: FederationParts,
  ctx: KoaContextWithOIDC,
  parameters: Parameters,
): Promise<void> => {
  const { directory, assertions, pairwiseId, clock } = parts;
  const now = clock();
  const client = serviceNamed(directory(), ctx.oidc.client?.clientId ?? '');
  if (client === undefined) throw new errors.InvalidClient('no such service');
  const { subjectToken, audience } = readParameters(parameters);
  const presented = await verified(parts, subjectToken, client);
  const trace = presented.trace ?? traceOf(ctx.req) ?? randomBytes(16).toString('hex');
  const refuse = refusing(parts, ctx, client, trace, presented);

  const admission = await admitAgain(parts, presented, client);
  const target = serviceNamed(directory(), audience);
  const own = refuseCaller(admission, client, now);
  if (own !== undefined) return refuse(own, admission, target);
  // What is not enrolled for exchange is not to be told from what does not exist.
  if (target?.exchange?.from.includes(client.service) !== true)
    return refuse('ONECERT_EXCHANGE_NOT_ENROLLED', admission, target);
  const code = refuseCaller(admission, target, now);
  if (code !== undefined) return refuse(code, admission, target);
  const identified = admission as Identified;

  const until = Math.min(now + assertions.lifetimeMs, presented.exp * 1000, admission.verdict.validUntil);
  const jti = randomBytes(16).toString('base64url');
  const { reference, from } = contextOf(ctx.req);
  await record(parts.audit, {
    event: 'exchange',
    at: now,
    reference,
    trace,
    from,
    actor: client.service,
    parent: presented.jti,
    assertion: jti,
    ...partiesOf(admission, target),
  });
  ctx.body = {
    access_token: assertions.issue(
      {
        ...callerClaims(pairwiseId, target, identified),
        aud: target.service,
        act: actorOf(client, presented.act),
        trace,
        ...(target.oidc !== undefined && {
          ticket: sealExchangeTicket(parts.ticketCipher, identified, target.service),
        }),
      },
      { until, jti },
    ),
    issued_token_type: JWT_TYPE,
    token_type: 'N_A',
    expires_in: Math.max(0, Math.floor(until / 1000) - Math.floor(now / 1000)),
  };
};

const readParameters = (given: Parameters): { readonly subjectToken: string; readonly audience: string } => {
  const { subject_token, subject_token_type, requested_token_type = JWT_TYPE, audience } = given;
  if (subject_token === undefined || audience === undefined)
    throw new errors.InvalidRequest('subject_token and one audience are needed');
  if (subject_token_type !== JWT_TYPE || requested_token_type !== JWT_TYPE)
    throw new errors.InvalidRequest(`the only type of token is ${JWT_TYPE}`);
  // The client itself is the actor, and shows it by authenticating.
  if (given.actor_token !== undefined || given.resource !== undefined || given.scope !== undefined)
    throw new errors.InvalidRequest('actor_token, resource and scope are not supported');
  return { subjectToken: subject_token, audience };
};

/** The assertion that the client was called with: made by this gateway, for this client, and still in its time. */
const verified = async (
  { gatewayIssuer, assertions }: FederationParts,
  token: string,
  client: Service,
): Promise<AssertionClaims> => {
  try {
    const claims = await verifyAssertion(token, {
      issuer: gatewayIssuer,
      audience: client.service,
      jwks: assertions.jwks(),
      clockTolerance: 0,
    });
    if (depthOf(claims.act) >= MAX_ACTORS)
      throw new errors.InvalidRequest('too many services act one after the other');
    return claims;
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    throw new errors.InvalidRequest(`subject_token: ${error.code}`);
  }
};

/** The certificate behind an assertion, judged by what is known of it now. */
const admitAgain = async (
  { gate, ticketCipher }: FederationParts,
  { ticket = '', cnf }: AssertionClaims,
  client: Service,
): Promise<Admission> => {
  const opened = openExchangeTicket(ticketCipher, ticket, client.service);
  if (opened === undefined) throw new errors.InvalidRequest('subject_token: it cannot be exchanged');
  const admission = await gate.admit(opened.credential);
  const { identity, verdict } = admission;
  // The ticket is what says which certificate; `cnf` only where the service was given it.
  const isTheSame =
    identity?.unifiedId === opened.unifiedId && (cnf === undefined || verdict.thumbprint === cnf['x5t#S256']);
  if (identity !== undefined && !isTheSame)
    throw new errors.InvalidRequest('subject_token: it is about somebody else by now');
  return admission;
};

const refusing =
  (
    { audit, clock }: FederationParts,
    ctx: KoaContextWithOIDC,
    client: Service,
    trace: string,
    { jti }: AssertionClaims,
  ) =>
  async (code: RefusalCode, admission: Admission, target: Service | undefined): Promise<never> => {
    const { reference, from } = contextOf(ctx.req);
    await record(audit, {
      event: 'refusal',
      at: clock(),
      reference,
      trace,
      from,
      code,
      reason: 'token-exchange',
      actor: client.service,
      parent: jti,
      ...partiesOf(admission, target),
    });
    const description = `${code}: ${describe(code).en.title.replace(/[^\x20-\x7e]|["\\]/g, "'")}`;
    throw code === 'ONECERT_EXCHANGE_NOT_ENROLLED'
      ? new errors.InvalidTarget(description)
      : new errors.AccessDenied(description);
  };

const actorOf = ({ service }: Service, before: AssertedActor | undefined): AssertedActor => ({
  sub: service,
  ...(before !== undefined && { act: before }),
});

const depthOf = (actor: AssertedActor | undefined): number =>
  actor === undefined ? 0 : 1 + depthOf(actor.act);
