/**
 * npm run bench:proxy: requests a second over kept-alive mutual TLS, and full handshakes a second, of OneCert
 * (everything on), nginx and fastify, in interleaved rounds; each server on one processor, load and back end on the
 * other. Needs nginx, openssl and taskset. `--rounds N --seconds N --connections N`.
 */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { parseArgs, promisify } from 'node:util';
import { makeMaterial, type Material } from './city.ts';
import type { LoadResult } from './load.ts';
import { startBackend, startFastify, startNginx, startOneCert, stop, type Peer } from './peers.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
  },
});
const SERVER_CPU = 0;
const CLIENT_CPU = 1;
const PATH = '/bench';

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const loadOn = async ({ port, name }: Peer, material: Material): Promise<number> => {
  const { stdout } = await run('taskset', [
    '-c',
    String(CLIENT_CPU),
    process.execPath,
    join(import.meta.dirname, 'load.ts'),
    '--url',
    `https://127.0.0.1:${port}${PATH}`,
    '--cert',
    material.client.certificate,
    '--key',
    material.client.key,
    '--connections',
    values.connections,
    '--seconds',
    values.seconds,
  ]);
  const { requestsPerSecond, requests, failures } = JSON.parse(stdout) as LoadResult;
  if (failures > 0) throw new Error(`${name}: ${failures} of ${requests} requests failed`);
  return requestsPerSecond;
};

/** `openssl s_time -new`: one client, a full handshake each time; connections in real seconds. */
const handshakesPerSecond = async ({ port }: Peer, material: Material): Promise<number> => {
  const { stdout } = await run('taskset', [
    '-c',
    String(CLIENT_CPU),
    'openssl',
    's_time',
    '-connect',
    `127.0.0.1:${port}`,
    '-new',
    '-time',
    values.seconds,
    '-cert',
    material.client.certificate,
    '-key',
    material.client.key,
    '-CAfile',
    material.server.ca,
  ]);
  const [, count, seconds] = /(\d+) connections in (\d+) real seconds/.exec(stdout) ?? [];
  if (count === undefined || seconds === undefined) throw new Error(`s_time said:\n${stdout}`);
  return Number(count) / Number(seconds);
};

const material = await makeMaterial(await freePort());
const peers: Peer[] = [];
const rates = new Map<string, { requests: number[]; handshakes: number[] }>();
try {
  const backend = await startBackend(material, await freePort(), CLIENT_CPU);
  peers.push(backend);
  const measured = [
    await startOneCert(
      material,
      { gateway: await freePort(), admin: await freePort(), backend: backend.port },
      SERVER_CPU,
    ),
    await startNginx(material, await freePort(), backend.port, SERVER_CPU),
    await startFastify(material, await freePort(), backend.port, SERVER_CPU),
  ];
  peers.push(...measured);
  for (const { name } of measured) rates.set(name, { requests: [], handshakes: [] });
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const peer of measured) rates.get(peer.name)?.requests.push(await loadOn(peer, material));
    for (const peer of measured)
      rates.get(peer.name)?.handshakes.push(await handshakesPerSecond(peer, material));
  }
} finally {
  await Promise.all(peers.map(stop));
  await material.close();
  rmSync(material.folder, { recursive: true, force: true });
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
const { stdout: nginxVersion } = await run('sh', ['-c', 'nginx -v 2>&1']);
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} processors; Node ${process.version} (OpenSSL ${process.versions.openssl}); ${nginxVersion.trim()}`,
);
for (const what of ['requests', 'handshakes'] as const) {
  console.log(
    `\n${what === 'requests' ? 'kept-alive GET of 1,000 bytes, requests/s' : 'full TLS 1.3 handshakes/s'}`,
  );
  for (const [name, rate] of rates) {
    // Round by round: only what ran side by side is compared.
    const ratios = (other: string): string =>
      median(rate[what].map((value, round) => value / (rates.get(other)?.[what][round] ?? NaN))).toFixed(2);
    const rounds = rate[what].map((value) => value.toFixed(0).padStart(7)).join('');
    console.log(
      `  ${name.padEnd(8)}${rounds}   to nginx ${ratios('nginx')}, to fastify ${ratios('fastify')}`,
    );
  }
}
