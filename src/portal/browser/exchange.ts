import { language, say } from './messages.ts';

/** What /signin/challenge gives. */
export interface IssuedChallenge {
  readonly challenge: string;
  readonly text: string;
}

/** The site has said no, or nothing. `message` is for the person. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
}

export const askForChallenge = (target: string): Promise<IssuedChallenge> =>
  post('/signin/challenge', { return: target }) as Promise<IssuedChallenge>;

/** Sends a signature back and goes where the person wanted to go. */
export const answerChallenge = async (
  challenge: string,
  signature: object,
  target: string,
): Promise<void> => {
  const { return: place } = (await post('/signin/response', { challenge, return: target, ...signature })) as {
    return: string;
  };
  location.assign(place);
};

const post = async (path: string, body: object): Promise<unknown> => {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new SignInRefused(say('offline'));
  });
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new SignInRefused(describe(answer));
};

/** A problem document holds what the person is to be told (RFC 9457; the catalogue of refusals). */
const describe = (problem: unknown): string => {
  const { zh, en, reference } = problem as {
    [each in 'zh' | 'en']?: { readonly title: string; readonly next: string };
  } & { readonly reference?: string };
  const told = language === 'zh' ? zh : en;
  if (told === undefined) return say('offline');
  const joined = language === 'zh' ? `${told.title}。${told.next}` : `${told.title}. ${told.next}`;
  return reference === undefined ? joined : `${joined} [${reference}]`;
};
