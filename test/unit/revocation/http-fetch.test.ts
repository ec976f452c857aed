import { createHash, randomBytes } from 'node:crypto';
import type { lookup as dnsLookup, LookupAddress } from 'node:dns';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { allowedHosts, isAllowed } from '../../../src/revocation/allowed-hosts.ts';
import { fetchBytes, fetchToFile } from '../../../src/revocation/fetch-body.ts';
import { createHttpFetcher, FetchError, type FetchRequest } from '../../../src/revocation/http-fetch.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';

const MIB = 1_048_576;

const listening = async (server: {
  listen: Server['listen'];
  address: Server['address'];
}): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

describe('hosts that may be asked', () => {
  const policy = revocationPolicySchema.parse({
    hosts: ['CRL.example', 'ocsp.example:8080'],
    crl: { urls: ['http://mirror.example:8000/ca.crl'] },
    ocsp: { urls: ['https://responder.example/'] },
  });
  const allowed = allowedHosts(policy);

  it.each([
    'http://crl.example/ca.crl',
    'https://crl.example/ca.crl',
    'http://Crl.EXAMPLE:80/ca.crl',
    'http://ocsp.example:8080/',
    'http://mirror.example:8000/another.crl',
    'https://responder.example/x',
  ])('%s is', (url) => expect(isAllowed(url, allowed)).toBe(true));

  it.each([
    'http://crl.example:8443/ca.crl',
    'http://ocsp.example/',
    'http://mirror.example/ca.crl',
    'http://responder.example/',
    'http://crl.example.evil.example/',
    'http://crl.example@evil.example/',
    'http://user@crl.example/',
    'http://evil.example#crl.example',
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'ftp://crl.example/ca.crl',
    'ldap://crl.example/cn=ca',
    'gopher://crl.example/',
    'crl.example/ca.crl',
    '',
  ])('%s is not', (url) => expect(isAllowed(url, allowed)).toBe(false));
});

describe('fetching', () => {
  const requests: IncomingMessage[] = [];
  const routes: Record<string, RequestListener> = {
    '/ok': (_request, response) => response.end('body'),
    '/big': (_request, response) => response.end(Buffer.alloc(2 * MIB)),
    '/lying-length': (_request, response) => {
      response.writeHead(200, { 'content-length': String(100 * MIB) });
      response.write('x');
    },
    '/endless': (_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    },
    '/drip': (_request, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    },
    '/stalled': (_request, response) => {
      response.write('begun');
    },
    '/silent': () => undefined,
    '/gzip': (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(50 * MIB)));
    },
    '/redirect': (_request, response) => {
      response.writeHead(302, { location: '/ok' });
      response.end();
    },
    '/missing': (_request, response) => {
      response.writeHead(404);
      response.end('not here');
    },
    '/cut': (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
      setTimeout(() => response.socket?.destroy(), 50);
    },
    '/unasked-304': (_request, response) => {
      response.writeHead(304);
      response.end();
    },
    '/conditional': (request, response) => {
      const { 'if-none-match': tag, 'if-modified-since': since } = request.headers;
      if (tag === '"v1"' && since === 'Tue, 24 Nov 2026 00:00:00 GMT') {
        response.writeHead(304);
        response.end();
        return;
      }
      response.writeHead(200, { etag: '"v1"', 'last-modified': 'Tue, 24 Nov 2026 00:00:00 GMT' });
      response.end('first');
    },
    '/headers': (_request, response) => {
      response.writeHead(200, { 'x-large': 'x'.repeat(20_000) });
      response.end();
    },
  };
  const server = createServer((request, response) => {
    requests.push(request);
    routes[request.url ?? '']?.(request, response);
  });
  const fetcher = createHttpFetcher();
  let port = 0;
  beforeAll(async () => {
    port = await listening(server);
  });
  afterAll(async () => {
    await fetcher.close();
    server.closeAllConnections();
    server.close();
  });

  const requestFor = (path: string, more: Partial<FetchRequest> = {}): FetchRequest => ({
    url: `http://127.0.0.1:${port}${path}`,
    allowed: new Set([`127.0.0.1:${port}`]),
    totalMs: 5_000,
    idleMs: 5_000,
    sizeLimit: MIB,
    ...more,
  });
  const problemOf = async (request: FetchRequest, with_ = fetcher): Promise<string> => {
    try {
      await fetchBytes(with_.fetch, request);
      return 'none';
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      return error.problem;
    }
  };

  it('gives the body, and asks for no encoding', async () => {
    expect(Buffer.from(await fetchBytes(fetcher.fetch, requestFor('/ok'))).toString()).toBe('body');
    expect(requests.at(-1)?.headers['accept-encoding']).toBe('identity');
  });

  it.each([
    ['/big', 'too-large'],
    ['/lying-length', 'too-large'],
    ['/endless', 'too-large'],
    ['/gzip', 'encoded'],
    ['/redirect', 'redirect'],
    ['/missing', 'status'],
    ['/unasked-304', 'redirect'],
    ['/cut', 'network'],
    ['/headers', 'network'],
  ])('refuses %s: %s', async (path, problem) => {
    expect(await problemOf(requestFor(path))).toBe(problem);
  });

  it('waits neither for a silent, a stalled nor an ever dripping server', async () => {
    expect(await problemOf(requestFor('/silent', { idleMs: 100 }))).toBe('timeout');
    expect(await problemOf(requestFor('/stalled', { idleMs: 100 }))).toBe('timeout');
    expect(await problemOf(requestFor('/drip', { idleMs: 1_000, totalMs: 300 }))).toBe('timeout');
  });

  it('lets go of the connection of a body it does not want', async () => {
    const count = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, connections) => resolve(connections)));
    await fetchBytes(fetcher.fetch, requestFor('/ok'));
    await problemOf(requestFor('/endless'));
    await problemOf(requestFor('/stalled', { idleMs: 50 }));
    for (let turn = 0; turn < 100 && (await count()) > 1; turn++) await new Promise((r) => setTimeout(r, 20));
    expect(await count()).toBeLessThanOrEqual(1);
  });

  it('says so when nobody listens there', async () => {
    const gone = createTcpServer();
    const closed = await listening(gone as unknown as Server);
    await new Promise((resolve) => gone.close(resolve));
    const request = requestFor('/', {
      url: `http://127.0.0.1:${closed}/`,
      allowed: new Set([`127.0.0.1:${closed}`]),
    });
    expect(await problemOf(request)).toBe('network');
  });

  it('asks nobody the policy does not name', async () => {
    const before = requests.length;
    expect(await problemOf(requestFor('/ok', { allowed: new Set(['crl.example:80']) }))).toBe(
      'host-not-allowed',
    );
    expect(await problemOf(requestFor('/ok', { url: `http://0x7f000001:${port}/ok` }))).toBe('none');
    expect(await problemOf(requestFor('/ok', { url: `http://localhost:${port}/ok` }))).toBe(
      'host-not-allowed',
    );
    expect(requests.length).toBe(before + 1);
  });

  it('asks no address that an allowed name should not lead to', async () => {
    const resolvesTo = (addresses: LookupAddress[]) =>
      createHttpFetcher({
        lookup: ((_name: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) =>
          callback(null, addresses)) as unknown as typeof dnsLookup,
      });
    const named = requestFor('/ok', {
      url: `http://crl.example:${port}/ok`,
      allowed: new Set([`crl.example:${port}`]),
    });
    const before = requests.length;
    for (const address of [
      '127.0.0.1',
      '169.254.169.254',
      '0.0.0.0',
      '224.0.0.1',
      '::1',
      'fe80::1',
      '::ffff:127.0.0.1',
    ]) {
      const with_ = resolvesTo([{ address, family: address.includes(':') ? 6 : 4 }]);
      expect([address, await problemOf(named, with_)]).toEqual([address, 'address-not-allowed']);
      await with_.close();
    }
    expect(requests.length).toBe(before);
    // localhost is this machine by definition: who allows it means it.
    const local = requestFor('/ok', {
      url: `http://localhost:${port}/ok`,
      allowed: new Set([`localhost:${port}`]),
    });
    expect(await problemOf(local)).toBe('none');
  });

  it('asks conditionally, and writes what it gets to a file nobody else may read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onecert-fetch-'));
    const file = join(folder, 'body');
    const first = await fetchToFile(fetcher.fetch, requestFor('/conditional'), file);
    expect(first).toEqual({
      status: 'fetched',
      size: 5,
      etag: '"v1"',
      lastModified: 'Tue, 24 Nov 2026 00:00:00 GMT',
      sha256: createHash('sha256').update('first').digest('hex'),
    });
    expect(readFileSync(file, 'utf8')).toBe('first');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    if (first.status !== 'fetched') throw new Error('unreachable');
    const again = await fetchToFile(
      fetcher.fetch,
      requestFor('/conditional', { validators: first }),
      join(folder, '2'),
    );
    expect(again).toEqual({ status: 'not-modified' });
  });

  it('passes on what the taker of the body throws', async () => {
    const error = new Error('the disk is full');
    await expect(
      fetcher.fetch(requestFor('/ok'), () => {
        throw error;
      }),
    ).rejects.toBe(error);
  });

  it('carries a body of a large size through in pieces', async () => {
    const content = randomBytes(3 * MIB);
    routes['/large'] = (_request, response) => response.end(content);
    const hash = createHash('sha256');
    let largest = 0;
    await fetcher.fetch(requestFor('/large', { sizeLimit: 3 * MIB }), (piece) => {
      largest = Math.max(largest, piece.length);
      hash.update(piece);
    });
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
    expect(largest).toBeLessThan(MIB);
    const file = join(mkdtempSync(join(tmpdir(), 'onecert-fetch-')), 'large');
    await fetchToFile(fetcher.fetch, requestFor('/large', { sizeLimit: 3 * MIB }), file);
    expect(readFileSync(file).equals(content)).toBe(true);
  });
});
