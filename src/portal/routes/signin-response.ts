import express from 'express';
import { Refusal } from '../../refusal/refusal.ts';
import { returnTo } from '../../signin/return-to.ts';
import { fieldOf, isFromOwnPage, requireOwnForm } from '../form.ts';
import { limitByAddress } from '../limit-attempts.ts';
import { refuse } from '../refuse.ts';
import { renewBrowser } from '../visit.ts';
import { onBrowserListener, type Route } from './route.ts';

/** What src/signin/read-response.ts reads, with room for a form's encoding. */
const RESPONSE_LIMIT = '128kb';

/**
 * POST /signin/response : a signed challenge (docs/portal.md). As JSON it is answered with where to go; as a form with
 * the way there.
 */
export const signInResponseRoute: Route = (app, portal) => {
  const { parts, signIn } = portal;
  app.post(
    '/signin/response',
    onBrowserListener(portal),
    limitByAddress(parts, 'response'),
    express.json({ limit: RESPONSE_LIMIT }),
    express.urlencoded({ extended: false, limit: RESPONSE_LIMIT, parameterLimit: 20 }),
    async (request, response) => {
      const isForm = request.is('application/x-www-form-urlencoded') !== false;
      if (isForm) requireOwnForm(parts, request, 'sign-in');
      else if (!isFromOwnPage(request, parts.urls.browser))
        throw new Refusal('ONECERT_CHALLENGE_ORIGIN', 'sent from another origin, or none');
      const attempt = await signIn.attempt('signed-challenge', request, response);
      if ('failure' in attempt) return refuse(parts, request, response, attempt.failure);
      const { setCookie } = await signIn.begin(attempt.admission, request);
      response.append('Set-Cookie', setCookie);
      renewBrowser(parts, request, response);
      const target = returnTo(fieldOf(request, 'return')) ?? '/';
      if (isForm) response.redirect(303, target);
      else response.json({ return: target });
    },
  );
};
