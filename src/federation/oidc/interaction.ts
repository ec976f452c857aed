import type { Request, Response } from 'express';
import type Provider from 'oidc-provider';
import type { Session } from '../../signin/session.ts';
import type { FederationParts } from '../federation-parts.ts';
import { accountIdOf, CERTIFICATE_ACR, methodsOf } from './account.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/**
 * GET /oidc/interaction/… : an authorization request that nobody is signed in for, or that asks for another sign-in.
 * Leads to /signin and, when somebody has signed in, back to the provider.
 */
export const answerInteraction = async (
  { sessions, marks, clock }: FederationParts,
  provider: Provider,
  request: Request,
  response: Response,
): Promise<void> => {
  const interaction = await provider.interactionDetails(request, response);
  const session = await sessions.find(request.headers.cookie);
  const askedAt = Number((await marks.get(askedKey(interaction.uid))) ?? Infinity);
  if (session === undefined || !isFresh(interaction, session, askedAt, clock())) {
    if (interaction.lastSubmission?.login !== undefined) {
      // Somebody has signed in for it, and it is still not what was asked for: there is no use in asking again.
      return finish(provider, request, response, {
        error: 'login_required',
        error_description: 'another sign-in is needed',
      });
    }
    const back = `${request.baseUrl}/interaction/${interaction.uid}/continue`;
    response.redirect(303, `/signin?return=${encodeURIComponent(back)}`);
    return;
  }
  const accountId = accountIdOf(session);
  if (interaction.session !== undefined && interaction.session.accountId !== accountId) {
    await forgetSession(provider, interaction);
  }
  return finish(provider, request, response, {
    login: {
      accountId,
      ts: Math.floor(session.createdAt / 1000),
      acr: CERTIFICATE_ACR,
      amr: methodsOf(session),
      remember: false,
    },
    consent: {},
  });
};

const finish = (
  provider: Provider,
  request: Request,
  response: Response,
  result: Parameters<Provider['interactionFinished']>[2],
): Promise<void> =>
  provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });

/** Reasons of a prompt that a session begun before the request does not answer. */
const ASK_ANEW = new Set(['login_prompt', 'id_token_hint', 'claims_id_token_sub_value']);

const isFresh = (
  { prompt: { reasons }, params }: Interaction,
  { createdAt }: Session,
  askedAt: number,
  now: number,
): boolean => {
  if (createdAt >= askedAt) return true;
  if (reasons.some((reason) => ASK_ANEW.has(reason))) return false;
  return isYoungEnough(createdAt, params['max_age'], now);
};

/** To the millisecond; the provider counts whole seconds, by which max_age=0 could be met. */
export const isYoungEnough = (createdAt: number, maxAge: unknown, now: number): boolean =>
  maxAge === undefined || now <= createdAt + Number(maxAge) * 1000;

const askedKey = (uid: string): string => `asked:${uid}`;

/** Where an interaction is answered. When it began is noted to the millisecond; the provider knows the second. */
export const beginInteraction = async (
  { issuer, marks, clock }: FederationParts,
  { uid }: { readonly uid: string },
  lifetimeMs: number,
): Promise<string> => {
  await marks.put(askedKey(uid), String(clock()), lifetimeMs);
  return `${new URL(issuer).pathname}/interaction/${uid}`;
};

/** What the provider remembers of somebody who was signed in here before. */
const forgetSession = async (provider: Provider, interaction: Interaction): Promise<void> => {
  const uid = interaction.session?.uid;
  const known = uid === undefined ? undefined : await provider.Session.findByUid(uid);
  await known?.destroy();
  delete interaction.session;
  await interaction.persist();
};
