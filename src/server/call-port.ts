import type { MessagePort, Worker } from 'node:worker_threads';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { Refusal } from '../refusal/refusal.ts';

/** What one side answers to: arguments and results cross by structured clone. */
export type Answers = Record<string, (argument: never) => unknown>;

export interface Calls<Remote extends Answers> {
  call<Name extends keyof Remote & string>(
    name: Name,
    argument: Parameters<Remote[Name]>[0],
  ): Promise<Awaited<ReturnType<Remote[Name]>>>;
}

type Message =
  | { readonly ask: number; readonly name: string; readonly argument: unknown }
  | { readonly answer: number; readonly result: unknown }
  | { readonly answer: number; readonly refusal: RefusalCode; readonly detail: string }
  | { readonly answer: number; readonly error: string };

/**
 * Questions and answers between two threads over one port. A Refusal thrown on the other side arrives as a
 * Refusal; anything else as an Error with its message. When the port closes, open questions are rejected.
 */
export const connectCalls = <Remote extends Answers>(
  port: MessagePort | Worker,
  answers: Answers,
): Calls<Remote> => {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let next = 0;
  const onMessage = (message: Message): void => {
    if ('ask' in message) {
      void answerTo(message, answers).then((answer) => port.postMessage(answer));
      return;
    }
    const asked = waiting.get(message.answer);
    waiting.delete(message.answer);
    if ('refusal' in message) asked?.reject(new Refusal(message.refusal, message.detail));
    else if ('error' in message) asked?.reject(new Error(message.error));
    else asked?.resolve(message.result as never);
  };
  const onClose = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('the other thread has ended'));
    waiting.clear();
  };
  port.on('message', onMessage);
  port.on('close', onClose);
  port.on('exit', onClose);
  return {
    call: (name, argument) =>
      new Promise((resolve, reject) => {
        const ask = next++;
        waiting.set(ask, { resolve, reject });
        port.postMessage({ ask, name, argument } satisfies Message);
      }),
  };
};

const answerTo = async (
  { ask, name, argument }: Extract<Message, { ask: number }>,
  answers: Answers,
): Promise<Message> => {
  try {
    const answer = answers[name];
    if (answer === undefined) throw new Error(`no answer to "${name}"`);
    return { answer: ask, result: await answer(argument as never) };
  } catch (error) {
    if (error instanceof Refusal) return { answer: ask, refusal: error.code, detail: error.detail };
    return { answer: ask, error: error instanceof Error ? error.message : String(error) };
  }
};
