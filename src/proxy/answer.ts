import { CLIENT_GONE, type Call } from './call.ts';

/** ms for which the rest of a body is read after an answer that closes the connection (see `endAnswer`). */
const LINGER_MS = 5_000;

/** Octets of a last chunk that is written together with the head. */
const JOINED_LIMIT = 16_384;

/**
 * Hands over the head of an answer. The connection is closed after it where the gateway is going down, where the
 * call says so, and where more of the request's body is on its way than would be read for nothing.
 *
 * @param headers alternating names and values
 */
export const writeAnswerHead = (
  call: Call,
  status: number,
  statusMessage: string | undefined,
  headers: readonly string[],
): void => {
  const { response, plane, connection } = call;
  const isLast = plane.draining && connection.waiting.length === 0;
  if (isLast || call.closes || isBodyTooLongToDiscard(call)) {
    response.shouldKeepAlive = false;
    connection.seal();
  }
  if (statusMessage === undefined) response.writeHead(status, headers as string[]);
  else response.writeHead(status, statusMessage, headers as string[]);
};

const isBodyTooLongToDiscard = (call: Call): boolean =>
  call.isBodyPending &&
  (call.awaitsContinue || call.bodyLength < 0 || call.bodyLength > call.plane.limits.discardedBody);

/**
 * Ends an answer. Where its connection closes while the client is still sending, the rest is read for a moment
 * first: closing a socket with unread octets resets it, and the client might never see the answer.
 */
export const endAnswer = (call: Call, status: number, lastChunk?: Buffer): void => {
  const { response } = call;
  // Node reads on by itself only where nobody has begun to.
  if (call.isBodyPending && response.shouldKeepAlive) call.request.resume();
  if (!call.isBodyPending || response.shouldKeepAlive || call.awaitsContinue) {
    if (lastChunk === undefined) response.end();
    // As text it joins the head in one string and one write; as octets both would be copied together first.
    else if (lastChunk.length <= JOINED_LIMIT) response.end(lastChunk.toString('latin1'), 'latin1');
    else response.end(lastChunk);
    call.finish(status);
    return;
  }
  if (lastChunk !== undefined) response.write(lastChunk);
  else response.flushHeaders();
  discardBody(call, () => {
    response.end();
    call.finish(call.gone ? CLIENT_GONE : status);
  });
};

const discardBody = ({ request }: Call, then: () => void): void => {
  let over = false;
  const stop = (): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    request.off('end', stop).off('close', stop);
    then();
  };
  const timer = setTimeout(stop, LINGER_MS);
  request.on('end', stop).on('close', stop).on('error', stop);
  request.resume();
};
