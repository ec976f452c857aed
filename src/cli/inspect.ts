import { Command, InvalidArgumentError } from 'commander';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SEVERITIES, type Severity } from '../inspection/check.ts';
import type { StoreFacts } from '../inspection/facts.ts';
import { gatherFacts, type Deployment } from '../inspection/gather/gather.ts';
import type { ListenerPlace } from '../inspection/gather/look-at-listener.ts';
import { hasFailure, inspect } from '../inspection/inspect.ts';
import { reportHtml } from '../inspection/report/report-html.ts';
import { reportText } from '../inspection/report/report-text.ts';
import type { GatewaySettings } from '../server/gateway-settings.ts';
import { sharedAudit } from '../server/lasting-stores.ts';
import { loadSettings } from '../server/load-configuration.ts';
import { isLoopback } from '../services/back-end-addresses.ts';
import { readRedisUrl } from '../storage/redis-url.ts';
import { readInForce } from './deployment-in-force.ts';
import { EXIT } from './exit-codes.ts';
import { CommandLineError } from './failure.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly admin?: string;
  readonly tlsCa?: string;
  readonly failOn: Severity;
  readonly advisories: boolean;
}

export const inspectCommand = (): Command =>
  new Command('inspect')
    .description('Inspect a running deployment: what to mend, by GB/T 22239, GB/T 39786 and OWASP ASVS')
    .option('-c, --config <folder>', 'folder of gateway.yaml', 'config')
    .option('--json', 'print JSON')
    .option('--html <file>', 'write the report as one page, for print too')
    .option('--admin <url>', 'where the admin listener is; not given: as in gateway.yaml', httpUrl)
    .option(
      '--tls-ca <file>',
      "PEM: roots of the gateway's own certificate, besides those that everybody knows",
    )
    .option('--no-advisories', 'do not ask the registry of packages for advisories')
    .option(
      '--fail-on <severity>',
      `exit code 1 where a check of this or a worse severity fails: ${SEVERITIES.join(', ')}`,
      severity,
      'high',
    )
    .action(async (options: Options) => {
      const folder = resolve(options.config);
      const { configuration, problem } = await readInForce(folder, loadSettings(folder));
      const { settings, departments, trust, roles } = configuration;
      const facts = await gatherFacts(deploymentOf(folder, settings, { departments, trust, roles }, options));
      const report = inspect(settings.issuer, facts);
      if (options.html !== undefined) writeReport(options.html, reportHtml(report));
      process.stdout.write(
        options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report),
      );
      if (problem !== undefined) {
        process.stderr.write(
          `What is in force cannot be read (${problem}): departments, trust list and roles are those of the files.\n`,
        );
      }
      if ('unseen' in facts.metrics) {
        process.stderr.write(
          `The gateway does not answer at its admin listener (${facts.metrics.unseen.en}): what only it can tell is unknown.\n`,
        );
      }
      process.exitCode = hasFailure(report, options.failOn) ? EXIT.no : EXIT.ok;
    });

const deploymentOf = (
  folder: string,
  settings: GatewaySettings,
  read: Pick<Deployment, 'departments' | 'trust' | 'roles'>,
  { admin, tlsCa, advisories }: Options,
): Deployment => ({
  ...read,
  data: settings.data,
  configuration: [...new Set([folder, settings.departments, settings.trust])].filter(
    (each, _index, all) => existsSync(each) && !all.some((outer) => each.startsWith(`${outer}/`)),
  ),
  tlsKeys: [settings.tls.key, ...Object.values(settings.upstreamTls).flatMap(({ key }) => key ?? [])],
  listeners: listenersOf(settings),
  authorities: tlsCa === undefined ? [] : [readAuthorities(tlsCa)],
  admin: {
    host: settings.admin.host,
    url: admin ?? `http://${hostInUrl(reachable(settings.admin.host))}:${settings.admin.port}`,
  },
  audit: { witnesses: settings.audit.witnesses.length, exports: settings.audit.export.length },
  stores: storesOf(settings),
  shared: sharedAudit(settings),
  installation: installation(),
  asksRegistry: advisories,
});

const listenersOf = ({ issuer, listen, browser, terminator }: GatewaySettings): readonly ListenerPlace[] => {
  const host = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');
  const place = (name: string, { host: own, port }: { host: string; port: number }, url: string) => ({
    name,
    host: reachable(own),
    port,
    publicName: host(url),
  });
  return [
    place('listen', listen, issuer),
    ...(browser === undefined ? [] : [place('browser', browser.listen, browser.url)]),
    ...(terminator === undefined ? [] : [place('terminator', terminator.listen, issuer)]),
  ];
};

/** A listener on every address is reached on this machine. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);
const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** What the URLs say, without what is secret in them. */
const storesOf = ({ stores, sessions }: GatewaySettings): readonly StoreFacts[] => {
  const redis = [...new Set([sessions.redis, stores.redis])].filter((each) => each !== undefined);
  return [
    ...redis.map((text): StoreFacts => {
      const { nodes, tls, login } = readRedisUrl(text);
      const hosts = [...new Set(nodes.map(({ host }) => host))];
      return {
        kind: 'redis',
        host: hosts.join(', '),
        local: hosts.every(isLoopback),
        tls,
        password: login.password !== undefined,
      };
    }),
    ...(stores.postgres === undefined ? [] : [postgresFacts(new URL(stores.postgres))]),
  ];
};

const postgresFacts = ({ hostname, searchParams, password }: URL): StoreFacts => {
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    kind: 'postgres',
    host,
    local: isLoopback(host),
    tls: /^verify-/.test(searchParams.get('sslmode') ?? ''),
    password: password !== '' || searchParams.has('sslcert'),
  };
};

/** The folder above this file that package.json is in. */
const installation = (): string => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
};

const readAuthorities = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandLineError(`${file}: ${(cause as Error).message}`, { cause });
  }
};

const writeReport = (file: string, page: string): void => {
  try {
    writeFileSync(file, page, { mode: 0o600 });
  } catch (cause) {
    throw new CommandLineError(`${file}: ${(cause as Error).message}`, { cause });
  }
};

const httpUrl = (text: string): string => {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new InvalidArgumentError('expected a URL such as http://127.0.0.1:8444.');
  return text;
};

const severity = (text: string): Severity => {
  const found = SEVERITIES.find((each) => each === text);
  if (found === undefined) throw new InvalidArgumentError(`expected one of ${SEVERITIES.join(', ')}.`);
  return found;
};
