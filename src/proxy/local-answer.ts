import { endAnswer, writeAnswerHead } from './answer.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import type { LocalAnswer } from './data-plane.ts';
import { OWN_ANSWER_HEADERS } from './own-answer-headers.ts';

/** Sends what the gateway answers itself. Its own fields come before ours of the same name. */
export const sendLocalAnswer = (call: Call, answer: LocalAnswer): void => {
  if (call.gone) {
    call.finish(CLIENT_GONE);
    return;
  }
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : Buffer.from(answer.body);
  const given = new Set(Object.keys(answer.headers).map((name) => name.toLowerCase()));
  const headers = Object.entries(answer.headers).flat();
  for (let index = 0; index < OWN_ANSWER_HEADERS.length; index += 2) {
    const name = OWN_ANSWER_HEADERS[index] as string;
    if (!given.has(name.toLowerCase())) headers.push(name, OWN_ANSWER_HEADERS[index + 1] as string);
  }
  if (!given.has('content-length')) headers.push('Content-Length', String(body.length));
  writeAnswerHead(call, answer.status, undefined, headers);
  endAnswer(call, answer.status, call.method === 'HEAD' ? undefined : body);
};
