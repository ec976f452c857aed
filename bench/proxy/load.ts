/**
 * A lean load client: GETs over kept-alive mutual TLS, one call at a time on each connection, answers read no further
 * than it takes to find their ends. As a module it is `runLoad`; as a program it prints one line of JSON:
 *
 *   node bench/proxy/load.ts --url https://localhost:8443/path --cert c.pem --key k.pem --connections 32 --seconds 5
 */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { parseArgs } from 'node:util';

export interface LoadOptions {
  readonly url: string;
  /** PEM; without them no certificate is presented. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly connections: number;
  readonly seconds: number;
  /** Run before counting begins. */
  readonly warmupSeconds?: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Answers of another status than 200, and connections that broke. */
  readonly failures: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
  readonly maximum: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

export const runLoad = async (options: LoadOptions): Promise<LoadResult> => {
  const { hostname, port, pathname, search, host } = new URL(options.url);
  const request = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n\r\n`);
  const latencies: number[] = [];
  let counting = false;
  let running = true;
  let failures = 0;

  const connect = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = tls.connect({
        host: hostname,
        port: Number(port || 443),
        rejectUnauthorized: false,
        ...(options.cert !== undefined && { cert: options.cert, key: options.key }),
      });
      socket.setNoDelay(true);
      let sentAt = 0;
      let pending: Buffer | undefined;
      /** Octets of the body still to come; -1 while the head is read, -2 for chunks. */
      let left = -1;
      const send = (): void => {
        sentAt = performance.now();
        left = -1;
        socket.write(request);
      };
      const answered = (): void => {
        if (counting) latencies.push(performance.now() - sentAt);
        if (running) send();
        else socket.destroy();
      };
      socket.on('secureConnect', send);
      socket.on('data', (octets: Buffer) => {
        let chunk = pending === undefined ? octets : Buffer.concat([pending, octets]);
        pending = undefined;
        if (left === -1) {
          const end = chunk.indexOf(HEAD_END);
          if (end < 0) {
            pending = chunk;
            return;
          }
          const head = chunk.toString('latin1', 0, end);
          if (!head.startsWith('HTTP/1.1 200') && counting) failures += 1;
          const length = /\r\ncontent-length: *(\d+)/i.exec(head);
          left = length === null ? -2 : Number(length[1]);
          chunk = chunk.subarray(end + 4);
        }
        if (left === -2) {
          if (chunk.length >= 5 && chunk.subarray(-5).equals(LAST_CHUNK)) answered();
          else pending = chunk.subarray(-5);
          return;
        }
        left -= chunk.length;
        if (left === 0) answered();
      });
      socket.on('error', () => {
        if (running) failures += 1;
      });
      socket.on('close', () => {
        if (running) void connect().then(resolve);
        else resolve();
      });
    });

  const connections = Array.from({ length: options.connections }, connect);
  await pause(options.warmupSeconds ?? 1);
  counting = true;
  const begun = performance.now();
  await pause(options.seconds);
  counting = false;
  const seconds = (performance.now() - begun) / 1000;
  running = false;
  await Promise.race([Promise.all(connections), pause(1)]);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return {
    requestsPerSecond: latencies.length / seconds,
    requests: latencies.length,
    failures,
    p50: at(0.5),
    p99: at(0.99),
    maximum: latencies.at(-1) ?? NaN,
  };
};

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      cert: { type: 'string' },
      key: { type: 'string' },
      connections: { type: 'string', default: '32' },
      seconds: { type: 'string', default: '5' },
    },
  });
  const { url, cert, key, connections, seconds } = values;
  if (url === undefined) throw new Error('--url is missing');
  const result = await runLoad({
    url,
    cert: cert === undefined ? undefined : readFileSync(cert, 'utf8'),
    key: key === undefined ? undefined : readFileSync(key, 'utf8'),
    connections: Number(connections),
    seconds: Number(seconds),
  });
  console.log(JSON.stringify(result));
  process.exit();
}
