import { readRedisUrl } from '../../../src/storage/redis-url.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';

describe('the URL of a Redis', () => {
  it.each([
    ['redis://host', { form: 'server', nodes: [{ host: 'host', port: 6_379 }], tls: false, database: 0 }],
    [
      'rediss://user:p%40ss:w%2Ford@[2001:db8::1]:6380/2?any=1',
      {
        nodes: [{ host: '2001:db8::1', port: 6_380 }],
        tls: true,
        login: { username: 'user', password: 'p@ss:w/ord' },
        database: 2,
      },
    ],
    ['redis://:geheim@host/', { login: { password: 'geheim' }, database: 0 }],
    ['redis://user@host', { login: { username: 'user' } }],
    [
      'redis-sentinel://:geheim@a.example,b.example:26380/city/3?sentinel_username=s&sentinel_password=p%26q',
      {
        form: 'sentinel',
        nodes: [
          { host: 'a.example', port: 26_379 },
          { host: 'b.example', port: 26_380 },
        ],
        tls: false,
        login: { password: 'geheim' },
        master: 'city',
        database: 3,
        sentinelLogin: { username: 's', password: 'p&q' },
      },
    ],
    ['rediss-sentinel://a/my-master.1/', { tls: true, master: 'my-master.1', database: 0, login: {} }],
    [
      'rediss-cluster://user:geheim@a,[::1]:7001/',
      {
        form: 'cluster',
        nodes: [
          { host: 'a', port: 6_379 },
          { host: '::1', port: 7_001 },
        ],
        tls: true,
        login: { username: 'user', password: 'geheim' },
      },
    ],
  ])('%s is read', (text, address) => {
    expect(readRedisUrl(text)).toMatchObject(address);
  });

  it.each([
    ['redis+sentinel://geheim@a:1/b', /^expected a Redis URL/],
    ['redis-sentinel:a:1/b', /^expected a Redis URL/],
    ['unix:///run/redis.sock', /^expected a Redis URL/],
    ['redis-sentinel://:geheim@a,b', /names the master/],
    ['redis-sentinel://:geheim@a,b/', /names the master/],
    ['redis-sentinel://:geheim@a/city/x', /number of a database/],
    ['redis-sentinel://:geheim@a/city/0/1', /number of a database/],
    ['redis-sentinel://:geheim@a/city?db=1', /parameter that is not supported: db$/],
    ['redis://:geheim@a,b', /one host/],
    ['redis://:geheim@a/x', /number of a database/],
    ['redis://:geheim@a:0', /host:port/],
    ['redis://:geheim@a:65536', /host:port/],
    ['redis-cluster://:geheim@a,:7000', /host:port/],
    ['redis-cluster://:geheim@a,', /host:port/],
    ['redis-cluster://:geheim@a/0', /no databases/],
    ['redis-cluster://:geheim@a?x=geheim', /parameter that is not supported: x$/],
    ['redis://:geheim%zz@a', /hexadecimal/],
  ])('%s is refused in words, without its password', (text, message) => {
    const refused = (): unknown => readRedisUrl(text);
    expect(refused).toThrow(StorageError);
    expect(refused).toThrow(message);
    expect(refused).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('geheim') as string }) as Error,
    );
  });
});
