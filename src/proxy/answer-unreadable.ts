import type { TLSSocket } from 'node:tls';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { describe } from '../refusal/refusal.ts';
import type { Connection } from './connection.ts';
import { OWN_ANSWER_HEADERS } from './own-answer-headers.ts';
import type { Plane } from './plane.ts';

/** The parser gives up waiting for the rest of a head or body. */
export const REQUEST_TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Code of Node's parser → ours. */
export const refusalForParserError = (code: string): RefusalCode =>
  code === REQUEST_TIMEOUT ? 'ONECERT_REQUEST_TIMEOUT' : 'ONECERT_REQUEST_MALFORMED';

/**
 * Answers octets that are no request, and closes. What they asked for is unknown, so the entry says little and the
 * answer is always a problem document. A request that merely did not come is not recorded: nothing was decided.
 */
export const answerUnreadable = (plane: Plane, connection: Connection, reason: string): void => {
  const { audit, metrics } = plane.parts;
  const code = refusalForParserError(reason);
  const reference = plane.nextReference();
  const at = Date.now();
  const send = (sent: RefusalCode): void => {
    metrics.refused(sent);
    write(plane, connection.socket, sent, reference, at);
  };
  if (code === 'ONECERT_REQUEST_TIMEOUT') send(code);
  else if (!audit.healthy) send('ONECERT_AUDIT_UNAVAILABLE');
  else {
    const entry = { event: 'refusal', at, reference, from: connection.from, code, reason } as const;
    audit.record(entry, 'synced', (error) => send(error === undefined ? code : 'ONECERT_AUDIT_UNAVAILABLE'));
  }
};

const write = (plane: Plane, socket: TLSSocket, code: RefusalCode, reference: string, at: number): void => {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const accepted = plane.parts.acceptedAuthorities();
  const body = Buffer.from(JSON.stringify(plane.parts.problem({ code, reference, steps: [], accepted, at })));
  const { status } = describe(code);
  const fields = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'Connection',
    'close',
    'OneCert-Reference',
    reference,
    ...OWN_ANSWER_HEADERS,
  ];
  let head = `HTTP/1.1 ${status} ${REASON[status] ?? 'Refused'}\r\n`;
  for (let index = 0; index < fields.length; index += 2) {
    head += `${fields[index] as string}: ${fields[index + 1] as string}\r\n`;
  }
  socket.write(`${head}\r\n`, 'latin1');
  socket.write(body);
  socket.destroySoon();
};

const REASON: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  503: 'Service Unavailable',
};
