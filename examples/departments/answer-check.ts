import type { Request, Response } from 'express';
import type { Greeting } from './greeting.ts';

/**
 * Answers the school enrolment check about the person it asks for. The assertion says both: who the person is (sub),
 * and that the school enrolment service acts for them (act). A person who opens this page without it is refused.
 */
export const answerCheck =
  (finding: Greeting) =>
  (request: Request, response: Response): void => {
    const { act, aud, sub } = request.onecert ?? {};
    response.set('Cache-Control', 'no-store');
    if (act?.sub !== 'school-enrolment') {
      response.status(403).json({ error: 'only the school enrolment check asks this' });
      return;
    }
    response.json({ service: aud, person: sub, actor: act.sub, finding });
  };
