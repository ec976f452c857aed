/** The peer a Node developer would reach for: fastify and @fastify/http-proxy behind node's own mutual TLS. */
import proxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { readFileSync } from 'node:fs';

const need = (name: string): string => process.env[name] ?? '';
const read = (name: string): string => readFileSync(need(name), 'utf8');

const app = fastify({
  https: {
    cert: read('CERTIFICATE'),
    key: read('KEY'),
    ca: read('CLIENT_AUTHORITIES'),
    crl: need('CRLS')
      .split(',')
      .map((file) => readFileSync(file)),
    requestCert: true,
    rejectUnauthorized: true,
  },
});
// No identity header at all: the least work this peer can do.
await app.register(proxy, { upstream: need('BACKEND') });
await app.listen({ host: '127.0.0.1', port: Number(need('PORT')) });
