import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { decodePem } from '../../src/certificate/pem.ts';
import { ownPostgres, type OwnPostgres } from '../unit/storage/postgres-servers.ts';
import { ownRedis, type OwnRedis } from '../unit/storage/redis-servers.ts';
import { Browser } from './browser.ts';
import { startCensus, type Census } from './census.ts';
import type { CurlAnswer } from './city-command.ts';
import { openSplitCity, type City, type SplitCity } from './city.ts';
import { freePort } from '../free-port.ts';
import { startHaproxy, type Front } from './front-processes.ts';
import { layOutReplica, type Replica } from './replica.ts';

export const OPERATORS = ['zhou-min-zhujiang', 'wu-qiang-zhujiang'] as const;

/** As docker-compose.yml has it: sessions outlast a stop of Redis. */
const KEEPS = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** One of the three, whichever way it was laid out. */
export type Gateway = Pick<Replica, 'data' | 'ports' | 'curl' | 'onecert' | 'output'>;

export interface ThreeGateways {
  readonly city: SplitCity;
  readonly gateways: readonly [Gateway, Gateway, Gateway];
  readonly postgres: OwnPostgres;
  readonly redis: OwnRedis;
  readonly census: Census;
  /** Mutual TLS and browsers by HAProxy, which gives each connection to the next gateway in turn. */
  readonly ports: { readonly mutualTls: number; readonly browser: number };
  /** Every request of it goes to another gateway; to one alone while it has `connectTo`. */
  browser(): Browser;
  /** Of one gateway, in place of the port that all are known by. */
  portOf(gateway: Gateway): (port: number) => number;
  /** A call of the admin API, as an operator with a certificate. */
  api(
    gateway: Gateway,
    as: string,
    path: string,
    options?: { readonly body?: object; readonly version?: number },
  ): Promise<CurlAnswer>;
  /** Proposed by one operator at one gateway, approved by the other at the second. When that was answered, ms. */
  change(
    document: string,
    edit: (path: string, text: string) => string,
    at: readonly [Gateway, Gateway],
  ): Promise<number>;
  remove(): Promise<void>;
}

export interface ThreeGatewaysOptions {
  /** Changes the city's files before the first start. */
  readonly prepare?: (city: City) => void;
  /** Of the second and third alone: configuration reads it as `${NAME:-default}`. */
  readonly environmentOfOthers?: NodeJS.ProcessEnv;
}

/**
 * Three gateway processes with data folders of their own, on one PostgreSQL and one Redis of the test's own, with
 * HAProxy before them, by whose ports all three are known.
 */
export const startThreeGateways = async (options: ThreeGatewaysOptions = {}): Promise<ThreeGateways> => {
  const started: (() => Promise<unknown>)[] = [];
  const remove = async (): Promise<void> => {
    for (const each of started.splice(0).reverse()) await each();
  };
  try {
    return { ...(await start(options, started)), remove };
  } catch (error) {
    await remove();
    throw error;
  }
};

const start = async (
  { prepare = () => undefined, environmentOfOthers = {} }: ThreeGatewaysOptions,
  started: (() => Promise<unknown>)[],
): Promise<Omit<ThreeGateways, 'remove'>> => {
  const [postgres, redis, census] = await Promise.all([ownPostgres(), ownRedis(KEEPS), startCensus()]);
  started.push(
    () => postgres.remove(),
    () => redis.remove(),
    () => census.down(),
  );
  await Promise.all([postgres.start(), redis.start()]);
  const city = await openSplitCity({ files: census.files, environment: { ONECERT_THREADS: '1' } });
  started.push(() => city.remove());
  const ports = { mutualTls: await freePort(), browser: await freePort() };
  const known = { ONECERT_PORT: ports.mutualTls, ONECERT_BROWSER_PORT: ports.browser };
  city.edit('config/gateway.yaml', 'localhost:${ONECERT_PORT:-8443}', `localhost:${known.ONECERT_PORT}`);
  city.edit(
    'config/gateway.yaml',
    'localhost:${ONECERT_BROWSER_PORT:-8440}',
    `localhost:${known.ONECERT_BROWSER_PORT}`,
  );
  city.edit(
    'config/gateway.yaml',
    'drain: 30s',
    `drain: 5s\nstores: { postgres: '${postgres.url}', redis: '${redis.url}' }`,
  );
  const roles = OPERATORS.map((person) => ({ role: 'operator', certificate: thumbprintOf(city, person) }));
  writeFileSync(join(city.configuration, 'roles.yaml'), stringify({ roles }));
  prepare(city);
  await city.start();
  const other = { ...city, environment: { ...city.environment, ...environmentOfOthers } };
  const replicas = [await layOutReplica(other), await layOutReplica(other)] as const;
  started.push(...replicas.map((replica) => () => replica.remove()));
  for (const replica of replicas) await replica.start();
  const gateways = [city, ...replicas] as const;
  const balancer = await startBalancer(join(city.folder, 'haproxy'), ports, gateways);
  started.push(() => balancer.stop());

  const api: ThreeGateways['api'] = (gateway, as, path, { body, version } = {}) => {
    const sent =
      body === undefined ? [] : ['-d', JSON.stringify(body), '-H', 'content-type: application/json'];
    const match = version === undefined ? [] : ['-H', `if-match: "${version}"`];
    return gateway.curl(`/api/admin/v1${path}`, { as, args: [...sent, ...match] });
  };
  const change: ThreeGateways['change'] = async (document, edit, [first, second]) => {
    const current = await api(first, OPERATORS[0], `/documents/${document}`);
    if (![200, 404].includes(current.status)) throw new Error(`not shown: ${current.status} ${current.body}`);
    const path = document.startsWith('conflict/') ? 'settlement.yaml' : 'standing.yaml';
    // A document that is not there yet begins with an empty file.
    const [{ files, version }] = [
      current.status === 200
        ? (current.json() as { files: { path: string; content: string }[]; version: number })
        : { files: [{ path, content: '' }], version: 0 },
    ];
    const proposed = await api(first, OPERATORS[0], `/documents/${document}/proposals`, {
      body: {
        files: files.map(({ path, ...rest }) => ({ path, ...rest, content: edit(path, rest.content) })),
      },
      version,
    });
    if (proposed.status !== 201) throw new Error(`not proposed: ${proposed.status} ${proposed.body}`);
    const id = String(proposed.json()['id']);
    const approved = await api(second, OPERATORS[1], `/proposals/${id}/approve`, { body: {} });
    if (approved.status !== 200) throw new Error(`not approved: ${approved.status} ${approved.body}`);
    return Date.now();
  };
  return {
    city,
    gateways,
    postgres,
    redis,
    census,
    ports,
    portOf: (gateway) => (port) =>
      port === known.ONECERT_PORT ? gateway.ports.ONECERT_PORT : gateway.ports.ONECERT_BROWSER_PORT,
    browser: () => new Browser({ ...city, ports: { ...city.ports, ...known } }),
    api,
    change,
  };
};

const thumbprintOf = (city: City, person: string): string =>
  createHash('sha256')
    .update(decodePem(readFileSync(city.person(person).certificate, 'latin1'))[0] as Uint8Array)
    .digest('hex');

/** TLS passes through: each gateway itself sees the client's certificate. */
const startBalancer = (
  folder: string,
  ports: ThreeGateways['ports'],
  gateways: readonly Gateway[],
): Promise<Front> => {
  const section = (name: string, port: number, of: 'ONECERT_PORT' | 'ONECERT_BROWSER_PORT'): string => `
listen ${name}
  bind 127.0.0.1:${port}
  balance roundrobin
${gateways.map((gateway, index) => `  server gateway-${index} 127.0.0.1:${gateway.ports[of]}`).join('\n')}
`;
  const configuration = `
global
  maxconn 500
defaults
  mode tcp
  timeout connect 5s
  timeout client 2m
  timeout server 2m
${section('mutual_tls', ports.mutualTls, 'ONECERT_PORT')}
${section('browser', ports.browser, 'ONECERT_BROWSER_PORT')}`;
  return startHaproxy(folder, ports.browser, configuration);
};
