import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { RevocationReason } from '../revocation/types.ts';
import { AuthorityError, type DemoAuthority } from './authority.ts';
import { REASON_CODE } from './crl.ts';

/** What the authorities publish, over plain HTTP as RFC 5280 and RFC 6960 have it, on loopback. */
export interface Publisher {
  close(): Promise<void>;
}

/** Finds the serial number of the certificate that a person has from an authority. */
export type FindSerial = (authority: string, person: string) => string | undefined;

const BODY_LIMIT = 64 * 1024;
/** Well before the CRLs' nextUpdate. Looked at often, by the wall clock: a laptop sleeps. */
const REPUBLISH_MS = 6 * 3_600_000;
const LOOK_MS = 60_000;
const CONTENT_TYPE: Readonly<Record<string, string>> = {
  crl: 'application/pkix-crl',
  crt: 'application/pkix-cert',
};

/**
 * Serves /<authority>/{root,issuing}.{crl,crt}, /<authority>/ocsp (POST, and GET as in RFC 6960 appendix A.1), and for
 * whoever tries the demo POST /<authority>/revoke and /release.
 *
 * @throws what listening throws, EADDRINUSE among it
 */
export const startPublisher = async (
  port: number,
  authorities: ReadonlyMap<string, DemoAuthority>,
  findSerial: FindSerial,
): Promise<Publisher> => {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    serve(request, response, authorities, findSerial).catch((error: unknown) => {
      // A folder that cannot be written, for one: the authority says so instead of going silent.
      if (response.headersSent) response.destroy();
      else answer(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const timer = setInterval(() => {
    for (const authority of authorities.values()) {
      // What cannot be written now is tried again at the next look.
      if (Date.now() - authority.publishedAt() > REPUBLISH_MS) authority.publish().catch(() => undefined);
    }
  }, LOOK_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await closeServer(server);
    },
  };
};

const closeServer = async (server: Server): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
};

const serve = async (
  request: IncomingMessage,
  response: ServerResponse,
  authorities: ReadonlyMap<string, DemoAuthority>,
  findSerial: FindSerial,
): Promise<void> => {
  const [, name = '', ...rest] = (request.url ?? '/').split('/');
  const authority = authorities.get(name);
  const what = rest.join('/');
  if (authority === undefined) return answer(response, 404, 'no such authority\n');
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') {
    const file = authority.published().get(what);
    if (file !== undefined) return sendFile(request, response, what, file);
    if (what.startsWith('ocsp/')) return sendOcsp(response, authority, fromPath(what.slice('ocsp/'.length)));
  }
  if (method === 'POST') {
    if (what === 'ocsp') return sendOcsp(response, authority, await readBody(request));
    if (what === 'revoke' || what === 'release') {
      return change(request, response, what, authority, findSerial);
    }
  }
  answer(response, 404, 'not published here\n');
};

const answer = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
};

const sendFile = (request: IncomingMessage, response: ServerResponse, name: string, file: Buffer): void => {
  const etag = `"${createHash('sha256').update(file).digest('base64url')}"`;
  const headers = { ETag: etag, 'Cache-Control': 'no-cache' };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const type = CONTENT_TYPE[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  response
    .writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': file.length })
    .end(request.method === 'HEAD' ? undefined : file);
};

const sendOcsp = (response: ServerResponse, authority: DemoAuthority, question: Uint8Array): void => {
  const body = authority.answerOcsp(question);
  response
    .writeHead(200, {
      'Content-Type': 'application/ocsp-response',
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
    })
    .end(body);
};

/** RFC 6960 appendix A.1: the URL-encoded Base64 of the request; slashes are often left as they are. */
const fromPath = (encoded: string): Uint8Array => {
  try {
    return Buffer.from(decodeURIComponent(encoded), 'base64');
  } catch {
    return Buffer.alloc(0);
  }
};

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) return Buffer.alloc(0);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** `person=li-wei` or `serial=…`, and for revoking `reason=…`, as a form: what `curl -d` sends. */
const change = async (
  request: IncomingMessage,
  response: ServerResponse,
  what: 'revoke' | 'release',
  authority: DemoAuthority,
  findSerial: FindSerial,
): Promise<void> => {
  // A page in the browser of whoever runs the demo must not be able to revoke anything (DNS rebinding, forms).
  const { host = '', origin } = request.headers;
  if (origin !== undefined || !/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host)) {
    return answer(response, 403, 'for the command line only\n');
  }
  const form = new URLSearchParams((await readBody(request)).toString('utf8'));
  const { authority: name } = authority.plan;
  const serial = form.get('serial') ?? findSerial(name, form.get('person') ?? '');
  const reason = form.get('reason') ?? 'certificateHold';
  if (serial === undefined) return answer(response, 400, 'expected person=<name> or serial=<hex>\n');
  if (!isReason(reason)) {
    return answer(response, 400, `expected reason= one of ${Object.keys(REASON_CODE).join(', ')}\n`);
  }
  try {
    if (what === 'revoke') await authority.revoke(serial, reason);
    else await authority.release(serial);
  } catch (error) {
    if (error instanceof AuthorityError) return answer(response, 409, `${error.message}\n`);
    throw error;
  }
  answer(
    response,
    200,
    what === 'revoke'
      ? `${name}: ${serial} revoked (${reason}); new CRL published 已公布新的吊销列表\n`
      : `${name}: ${serial} released; new CRL published 已解除冻结并公布新的吊销列表\n`,
  );
};

const isReason = (text: string): text is RevocationReason =>
  Object.hasOwn(REASON_CODE, text) && text !== 'removeFromCRL';
