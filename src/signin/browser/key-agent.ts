import type {
  KeyAgentAnswer,
  KeyAgentErrorCode,
  KeyAgentInfo,
  KeyAgentRequest,
  KeyCertificate,
  KeyMiddleware,
  KeySignature,
} from '../key-middleware.ts';

/**
 * The page's side of the key agent protocol (docs/key-middleware.md). Runs in browsers: no imports but types, served as a
 * module with its types stripped.
 */
export class KeyAgentFailure extends Error {
  override readonly name = 'KeyAgentFailure';
  readonly code: KeyAgentErrorCode;

  constructor(code: KeyAgentErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** `call` without the id, which the transport gives. */
type Call = KeyAgentRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;
type Send = (request: Call) => Promise<unknown>;

/** The person reads the text, looks for the device, types the PIN. ms. */
const SIGN_WITHIN_MS = 110_000;
const ANSWER_WITHIN_MS = 5_000;
const withinMs = (call: string): number => (call === 'sign' ? SIGN_WITHIN_MS : ANSWER_WITHIN_MS);

/** @param url e.g. "http://127.0.0.1:18463/onecert/1" */
export const httpKeyAgent = (url: string): KeyMiddleware =>
  middleware(async (request) => {
    const id = crypto.randomUUID();
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, ...request }),
      credentials: 'omit',
      signal: AbortSignal.timeout(withinMs(request.call)),
    })
      .then((response) => response.json() as Promise<KeyAgentAnswer>)
      .catch((error: unknown) => {
        throw new KeyAgentFailure('agent-unreachable', String(error));
      });
    return resultOf(answer, id);
  });

/** One connection a request: agents come and go. @param url e.g. "ws://127.0.0.1:18463/onecert/1" */
export const webSocketKeyAgent = (url: string): KeyMiddleware =>
  middleware(
    (request) =>
      new Promise((resolve, reject) => {
        const id = crypto.randomUUID();
        const socket = new WebSocket(url);
        const end = (finish: () => void): void => {
          clearTimeout(timer);
          socket.close();
          finish();
        };
        const unreachable = (message: string): void =>
          end(() => reject(new KeyAgentFailure('agent-unreachable', message)));
        const timer = setTimeout(() => unreachable('no answer in time'), withinMs(request.call));
        socket.addEventListener('open', () => socket.send(JSON.stringify({ id, ...request })));
        socket.addEventListener('error', () => unreachable('no connection'));
        socket.addEventListener('close', () => unreachable('the connection was closed'));
        socket.addEventListener('message', ({ data }) =>
          end(() => {
            try {
              resolve(resultOf(JSON.parse(String(data)) as KeyAgentAnswer, id));
            } catch (error) {
              reject(
                error instanceof KeyAgentFailure ? error : new KeyAgentFailure('malformed', String(error)),
              );
            }
          }),
        );
      }),
  );

const middleware = (send: Send): KeyMiddleware => ({
  info: async () => (await send({ call: 'info' })) as KeyAgentInfo,
  certificates: async () =>
    ((await send({ call: 'certificates' })) as { certificates: readonly KeyCertificate[] }).certificates,
  sign: async (handle, text) => (await send({ call: 'sign', handle, text })) as KeySignature,
});

const resultOf = (answer: KeyAgentAnswer, id: string): unknown => {
  if ('error' in answer) throw new KeyAgentFailure(answer.error.code, answer.error.message);
  if (answer.id !== id) throw new KeyAgentFailure('malformed', 'the answer to another request');
  return answer.result;
};
