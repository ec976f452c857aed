/**
 * A lean load client: kept-alive mutual TLS connections, one request after the other on each. Arguments as JSON:
 * { port, path, connections, seconds, certificate, key, ca }; prints { requests, seconds, failures } as JSON.
 */
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';

interface Arguments {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

const { port, path, connections, seconds, ...files } = JSON.parse(process.argv[2] ?? '{}') as Arguments;
const [cert, key, ca] = [files.certificate, files.key, files.ca].map((file) => readFileSync(file));
const REQUEST = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: */*\r\n\r\n`);
const HEAD_END = Buffer.from('\r\n\r\n');

let requests = 0;
let failures = 0;
let counting = false;
let ending = false;

/** Reads answers with a Content-Length; sends the next request as each one ends. */
const drive = (socket: TLSSocket): void => {
  let head: Buffer = Buffer.alloc(0);
  let left = 0;
  const next = (): void => {
    if (counting) requests++;
    if (ending) socket.end();
    else socket.write(REQUEST);
  };
  socket.on('data', (chunk: Buffer) => {
    let rest: Buffer = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const taken = Math.min(left, rest.length);
        left -= taken;
        rest = rest.subarray(taken);
        if (left === 0) next();
        continue;
      }
      head = head.length === 0 ? rest : Buffer.concat([head, rest]);
      const end = head.indexOf(HEAD_END);
      if (end === -1) return;
      const text = head.toString('latin1', 0, end);
      if (!text.startsWith('HTTP/1.1 200 ') && counting) failures++;
      left = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? NaN);
      if (Number.isNaN(left)) throw new Error(`an answer without Content-Length:\n${text}`);
      rest = head.subarray(end + 4);
      head = Buffer.alloc(0);
      if (left === 0) next();
    }
  });
  socket.on('error', () => {
    if (!ending) failures++;
  });
  socket.write(REQUEST);
};

const sockets = await Promise.all(
  Array.from({ length: connections }, async () => {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, cert, key, ca });
    socket.setNoDelay(true);
    await once(socket, 'secureConnect');
    return socket;
  }),
);
sockets.forEach(drive);
// Warm: connections judged, code compiled.
await new Promise((resolve) => setTimeout(resolve, 1_500));
counting = true;
const begun = performance.now();
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
counting = false;
const took = (performance.now() - begun) / 1000;
ending = true;
setTimeout(() => sockets.forEach((socket) => socket.destroy()), 200);
console.log(JSON.stringify({ requests, seconds: took, failures }));
