import { judgeSession } from '../../decision/judge-session.ts';
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { refuseCaller } from '../../decision/checks.ts';
import type { Admission } from '../../decision/types.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import { describe } from '../../refusal/refusal.ts';
import type { Service } from '../../services/enrolment.ts';
import type { FederationParts } from '../federation-parts.ts';
import { partiesOf, record } from '../record.ts';
import { accountIdOf, isSignedIn, type SignedIn } from './account.ts';
import { serviceNamed } from './client.ts';
import { isYoungEnough } from './interaction.ts';
import { contextOf } from './request-context.ts';

const { Check, Prompt } = interactionPolicy;

/** Who an authorization request is for, once the policy has let it pass. */
const AUTHORIZED = new WeakMap<object, { readonly signedIn: SignedIn; readonly service: Service }>();

export const authorizedBy = (ctx: KoaContextWithOIDC) => AUTHORIZED.get(ctx.req);

/**
 * The checks of an authorization request. The first decides, each time: whether this browser's own session stands, its
 * certificate is good now, and the enrolment of the service lets this person in. The provider's session counts for
 * nothing by itself. After them the provider's (prompt, max_age, id_token_hint). There is no question of consent: what
 * a department's service is told stands in its enrolment, which is public and the department's own responsibility.
 */
export const signInPolicy = (parts: FederationParts): interactionPolicy.DefaultPolicy => {
  const policy = interactionPolicy.base();
  const login = policy.get('login') as interactionPolicy.Prompt;
  const ours = new Prompt(
    { name: 'login', requestable: true },
    (ctx) => login.details(ctx),
    new Check('onecert_session', 'nobody is signed in', 'login_required', (ctx) => needsSignIn(parts, ctx)),
    ...login.checks,
  );
  policy.remove('login');
  policy.add(ours, 0);
  return policy;
};

const needsSignIn = async (parts: FederationParts, ctx: KoaContextWithOIDC): Promise<boolean> => {
  const session = await parts.sessions.find(ctx.req.headers.cookie);
  const found = session && (await judgeSession(parts, session, session.from));
  if (found === undefined) return true;
  const service = serviceNamed(parts.directory(), ctx.oidc.client?.clientId ?? '');
  if (!isSignedIn(found)) return refuse(parts, ctx, found.code, found.admission, service);
  if (ctx.oidc.session?.accountId !== accountIdOf(found.session)) return true;
  const { params, result } = ctx.oidc;
  if (
    result?.login === undefined &&
    !isYoungEnough(found.session.createdAt, params?.['max_age'], parts.clock())
  )
    return true;
  const code = refuseCaller(found.admission, service, parts.clock());
  if (code !== undefined || service === undefined)
    return refuse(parts, ctx, code ?? 'ONECERT_SERVICE_NOT_FOUND', found.admission, service);
  AUTHORIZED.set(ctx.req, { signedIn: found, service });
  return false;
};

const refuse = async (
  { audit, clock }: FederationParts,
  ctx: KoaContextWithOIDC,
  code: RefusalCode,
  admission: Admission,
  service: Service | undefined,
): Promise<never> => {
  const { reference, from } = contextOf(ctx.req);
  await record(audit, {
    event: 'refusal',
    at: clock(),
    reference,
    from,
    code,
    reason: 'openid-authorization',
    ...partiesOf(admission, service),
  });
  // error_description is ASCII (RFC 6749 section 4.1.2.1).
  throw new errors.AccessDenied(`${code}: ${describe(code).en.title.replace(/[^\x20-\x7e]|["\\]/g, "'")}`);
};
