import express from 'express';
import { Refusal } from '../../refusal/refusal.ts';
import { createChallenge } from '../../signin/challenge.ts';
import { returnTo } from '../../signin/return-to.ts';
import { fieldOf, isFromOwnPage } from '../form.ts';
import { limitByAddress } from '../limit-attempts.ts';
import { browserOf, visitOf } from '../visit.ts';
import { onBrowserListener, type Route } from './route.ts';

/** POST /signin/challenge : a text to sign (docs/portal.md). `return` names the service that is written into it. */
export const signInChallengeRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.post(
    '/signin/challenge',
    onBrowserListener(portal),
    limitByAddress(parts, 'challenge'),
    express.json({ limit: '4kb' }),
    async (request, response) => {
      if (!isFromOwnPage(request, parts.urls.browser))
        throw new Refusal('ONECERT_CHALLENGE_ORIGIN', 'asked for by another origin, or none');
      if (request.body === undefined)
        throw new Refusal('ONECERT_REQUEST_MALFORMED', 'expected application/json');
      const target = returnTo(fieldOf(request, 'return'));
      const service = target && parts.directory().find(target.split('?', 1)[0] as string)?.name;
      const challenge = createChallenge({
        origin: parts.urls.browser,
        browserSession: browserOf(parts, request, response),
        ...(service && { service }),
        at: visitOf(request).at,
      });
      await parts.challenges.put(challenge, challenge.expiresAt - challenge.issuedAt);
      response.status(201).json({
        challenge: challenge.id,
        text: challenge.text,
        origin: challenge.origin,
        expiresAt: new Date(challenge.expiresAt).toISOString(),
      });
    },
  );
};
