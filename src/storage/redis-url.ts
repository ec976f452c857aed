import { StorageError } from './storage-error.ts';

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

/** What a URL says of where Redis is and who comes. */
export interface RedisAddress {
  readonly form: 'server' | 'sentinel' | 'cluster';
  /** The server; the sentinels; or servers of the cluster, of which any one is enough to find the others. */
  readonly nodes: readonly RedisNode[];
  readonly tls: boolean;
  /** To the servers that hold data. */
  readonly login: RedisLogin;
  readonly database: number;
  /** What the sentinels call the master they watch; `''` in the other forms. */
  readonly master: string;
  readonly sentinelLogin: RedisLogin;
}

const URL_PARTS =
  /^(rediss?)(?:-(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const NODE = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i;
const PORTS = { server: 6_379, sentinel: 26_379, cluster: 6_379 };
const SENTINEL_PARAMETERS = new Set(['sentinel_username', 'sentinel_password']);
const EXPECTED =
  'expected a Redis URL: redis://user:password@host:6379/0, redis-sentinel://user:password@host:26379,host2:26379/master/0 ' +
  'or redis-cluster://user:password@host:6379,host2:6379 (with TLS: rediss://, rediss-sentinel://, rediss-cluster://)';

/**
 * Reads the URL of one server (IANA registrations of redis: and rediss:), of sentinels or of a cluster. The latter two are
 * no standard: the schemes and the list of hosts are Lettuce's, the name of the master in the path is RedisVL's and
 * redis-py's companions', and `sentinel_username`, `sentinel_password` are go-redis's.
 *
 * @throws StorageError for a URL that cannot be used; the message holds neither user nor password
 */
export const readRedisUrl = (text: string): RedisAddress => {
  const [, scheme, kind, userInfo = '', hosts, path = '', query = ''] = URL_PARTS.exec(text) ?? [];
  if (scheme === undefined || hosts === undefined) throw new StorageError(EXPECTED);
  const form = (kind?.toLowerCase() ?? 'server') as RedisAddress['form'];
  const nodes = hosts.split(',').map((each) => readNode(each, PORTS[form]));
  if (form === 'server' && nodes.length > 1) {
    throw new StorageError(
      'a redis:// URL has one host: several are sentinels (redis-sentinel://) or a cluster (redis-cluster://)',
    );
  }
  const parts = path.split('/').slice(1).map(decode);
  return {
    form,
    nodes,
    tls: scheme.toLowerCase() === 'rediss',
    login: readLogin(userInfo),
    ...readPath(form, parts.at(-1) === '' ? parts.slice(0, -1) : parts),
    sentinelLogin: readParameters(form, new URLSearchParams(query)),
  };
};

const readNode = (text: string, defaultPort: number): RedisNode => {
  const [, six, name, digits = `${defaultPort}`] = NODE.exec(text) ?? [];
  const host = six ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new StorageError('a Redis URL has a host that is not host:port or [address]:port');
  }
  return { host, port };
};

const readLogin = (userInfo: string): RedisLogin => {
  const colon = userInfo.indexOf(':');
  const username = decode(colon === -1 ? userInfo : userInfo.slice(0, colon));
  const password = colon === -1 ? '' : decode(userInfo.slice(colon + 1));
  return loginOf(username, password);
};

const loginOf = (username: string, password: string): RedisLogin => ({
  ...(username === '' ? {} : { username }),
  ...(password === '' ? {} : { password }),
});

const readPath = (
  form: RedisAddress['form'],
  parts: readonly string[],
): Pick<RedisAddress, 'master' | 'database'> => {
  if (form === 'cluster') {
    if (parts.length > 0)
      throw new StorageError('a Redis cluster has no databases: its URL ends with a host');
    return { master: '', database: 0 };
  }
  const [master = '', database = '0', ...rest] = form === 'sentinel' ? parts : ['', ...parts];
  if (form === 'sentinel' && !/^[\w.-]+$/.test(master)) {
    throw new StorageError(
      'a redis-sentinel:// URL names the master that the sentinels watch: redis-sentinel://host:26379/mymaster',
    );
  }
  if (rest.length > 0 || !/^\d{1,4}$/.test(database)) {
    throw new StorageError('a Redis URL ends with the number of a database, such as /0');
  }
  return { master, database: Number(database) };
};

const readParameters = (form: RedisAddress['form'], parameters: URLSearchParams): RedisLogin => {
  // What follows the `?` of a redis:// URL is each client library's own.
  if (form === 'server') return {};
  const unknown = [...parameters.keys()].find((name) => form === 'cluster' || !SENTINEL_PARAMETERS.has(name));
  if (unknown !== undefined) {
    throw new StorageError(`the Redis URL has a parameter that is not supported: ${unknown}`);
  }
  return loginOf(parameters.get('sentinel_username') ?? '', parameters.get('sentinel_password') ?? '');
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StorageError('a Redis URL holds a "%" that is not followed by two hexadecimal digits');
  }
};
