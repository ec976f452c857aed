import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startRevocationService,
  type RevocationService,
  type RevocationServiceOptions,
  type RevocationSource,
} from '../../src/revocation/revocation-service.ts';
import type { RevocationNews } from '../../src/revocation/revocation-news.ts';
import { revocationPolicySchema } from '../../src/revocation/revocation-policy.ts';
import type { RevocationSnapshot } from '../../src/revocation/snapshot.ts';
import {
  createAuthority,
  haveOpenssl,
  OCSP_SIGNING,
  type Issued,
  type KeyKind,
  type OpensslAuthority,
} from '../unit/revocation/openssl-authority.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const REVOKED = { revoked: '260102030405Z', reason: 'keyCompromise' };

/** Publishes what it is told under any path, conditionally, and counts. */
const createPublisher = async () => {
  const bodies = new Map<string, Buffer>();
  const requests: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const body = bodies.get(request.url ?? '');
    const etag = `"${createHash('sha256')
      .update(body ?? '')
      .digest('hex')}"`;
    const status = body === undefined ? 404 : request.headers['if-none-match'] === etag ? 304 : 200;
    requests.push(`${request.url} ${status}`);
    response.writeHead(status, { etag }).end(status === 200 ? body : undefined);
  };
  const server = createServer(answer);
  const listen = (port: number): Promise<number> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    bodies,
    requests,
    down: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    up: () => listen(port),
  };
};

(haveOpenssl ? describe : describe.skip)('the revocation service', () => {
  const authorities = new Map<KeyKind, { authority: OpensslAuthority; subject: Issued; other: Issued }>();
  let publisher: Awaited<ReturnType<typeof createPublisher>>;
  const services: RevocationService[] = [];
  beforeAll(async () => {
    publisher = await createPublisher();
    for (const kind of ['rsa', 'ecdsa', 'sm2'] as const) {
      const authority = createAuthority(kind);
      const named = (path: string) => ({
        kind: 'ecdsa' as const,
        extensions: [`crlDistributionPoints=URI:${publisher.url}/${path}`],
      });
      authorities.set(kind, {
        authority,
        subject: authority.issue('subject', named(`${kind}.crl`)),
        other: authority.issue('other', named(`${kind}.crl`)),
      });
    }
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.close()));
  });
  afterAll(() => publisher.down());

  let now = 0;
  let lines: string[] = [];
  let snapshots: RevocationSnapshot[] = [];
  let folder = '';
  beforeEach(() => {
    now = Date.now();
    lines = [];
    snapshots = [];
    folder = join(mkdtempSync(join(tmpdir(), 'onecert-revocation-')), 'crls');
    publisher.bodies.clear();
    publisher.requests.length = 0;
  });

  const start = async (
    sources: readonly RevocationSource[],
    more: Partial<RevocationServiceOptions> = {},
  ): Promise<RevocationService> => {
    const log = {
      info: (fields: object, message: string) => void lines.push(`info ${message} ${JSON.stringify(fields)}`),
      warn: (fields: object, message: string) => void lines.push(`warn ${message} ${JSON.stringify(fields)}`),
    };
    const onChange = (snapshot: RevocationSnapshot): void => void snapshots.push(snapshot);
    const service = await startRevocationService({
      folder,
      sources,
      log,
      onChange,
      clock: () => now,
      ...more,
    });
    services.push(service);
    return service;
  };
  const of = (kind: KeyKind) => authorities.get(kind) as NonNullable<ReturnType<typeof authorities.get>>;
  const sourceOf = (kind: KeyKind, policy: object): RevocationSource => ({
    authority: kind,
    issuers: [of(kind).authority.certificate],
    policy: revocationPolicySchema.parse({ order: ['crl'], ...policy }),
  });
  const ask = async (service: RevocationService, source: RevocationSource, subject: Issued) => {
    const issuer = source.issuers[0] as RevocationSource['issuers'][0];
    return service.resolve({
      certificate: subject.certificate.der,
      issuer: issuer.der,
      authority: source.authority,
      policy: source.policy,
      at: now,
    });
  };
  const statusOf = async (...asked: Parameters<typeof ask>): Promise<string> => (await ask(...asked)).status;
  const warnings = (): string[] => lines.filter((line) => line.startsWith('warn'));

  /** Publishes the CRL of an authority with the entries given, issued `age` ms ago. */
  const publish = (
    kind: KeyKind,
    number: number,
    revoked: readonly Issued[],
    { age = HOUR, life = DAY }: { age?: number; life?: number } = {},
  ): void => {
    const { authority } = of(kind);
    authority.writeIndex(revoked.map((each) => ({ of: each, ...REVOKED })));
    const thisUpdate = now - age;
    publisher.bodies.set(
      `/${kind}.crl`,
      authority.crl({ number, thisUpdate, nextUpdate: thisUpdate + life }),
    );
  };

  it.each(['rsa', 'ecdsa', 'sm2'] as const)(
    'takes up a new CRL of %s: the epoch rises, the answer changes',
    async (kind) => {
      const source = sourceOf(kind, { crl: { urls: [`${publisher.url}/${kind}.crl`] } });
      const { subject, other } = of(kind);
      publish(kind, 1, [other]);
      const service = await start([source]);
      expect(await statusOf(service, source, subject)).toBe('good');
      expect(await ask(service, source, other)).toMatchObject({
        status: 'revoked',
        reason: 'keyCompromise',
        revokedAt: Date.parse('2026-01-02T03:04:05Z'),
      });
      const { epoch } = service;

      await service.refreshNow();
      expect(service.epoch).toBe(epoch);
      expect(publisher.requests.at(-1)).toBe(`/${kind}.crl 304`);

      publish(kind, 2, [subject, other], { age: HOUR / 2 });
      await service.refreshNow(kind);
      expect(service.epoch).toBe(epoch + 1);
      expect(snapshots.at(-1)).toBe(service.snapshot());
      expect(service.snapshot()).toMatchObject({ epoch: epoch + 1, crls: [{ number: '2' }] });
      expect(await statusOf(service, source, subject)).toBe('revoked');
      expect(service.status()).toMatchObject({
        epoch: epoch + 1,
        authorities: [
          {
            authority: kind,
            crls: [{ number: '2', entries: 2, freshness: 'fresh', delta: false }],
            publications: [{ address: `${publisher.url}/${kind}.crl`, lastError: undefined, failures: 0 }],
          },
        ],
      });
      expect(warnings()).toEqual([]);
    },
  );

  it('tells other gateways of a new CRL, and looks when told, where it has not got it yet', async () => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`] } });
    const { subject } = of('ecdsa');
    publish('ecdsa', 1, []);
    const news: RevocationNews[] = [];
    const first = await start([source], { onNews: (each) => void news.push(each) });
    await first.refreshNow();
    folder = join(mkdtempSync(join(tmpdir(), 'onecert-revocation-')), 'crls');
    const second = await start([source]);
    await second.refreshNow();

    publish('ecdsa', 2, [subject], { age: HOUR / 2 });
    news.length = 0;
    await first.refreshNow();
    const [crl] = first.snapshot().crls;
    expect(news).toEqual([{ kind: 'crl', authority: 'ecdsa', fingerprint: crl?.fingerprint }]);
    expect(await statusOf(second, source, subject)).toBe('good');
    for (const each of news) await second.hear(each);
    expect(await statusOf(second, source, subject)).toBe('revoked');

    publisher.requests.length = 0;
    for (const each of news) await second.hear(each);
    await second.hear({ kind: 'crl', authority: 'nobody', fingerprint: 'ff' });
    expect(publisher.requests).toEqual([]);
    // Whatever is told: what the authority publishes decides.
    const { epoch } = second;
    await second.hear({ kind: 'crl', authority: 'ecdsa', fingerprint: 'ff' });
    expect(publisher.requests).toEqual(['/ecdsa.crl 304', '/ecdsa.crl 304']);
    expect(second.epoch).toBe(epoch);
  });

  it('finds the CRL a certificate names, once for all who ask, where the policy allows its host', async () => {
    publish('ecdsa', 1, []);
    const strict = sourceOf('ecdsa', {});
    const { subject } = of('ecdsa');
    const service = await start([strict]);
    expect(await statusOf(service, strict, subject)).toBe('unknown');
    expect(publisher.requests).toEqual([]);
    await ask(service, strict, subject);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(publisher.host);

    const open = sourceOf('ecdsa', { hosts: [publisher.host] });
    await service.use([open]);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(service, open, subject)));
    expect(new Set(statuses)).toEqual(new Set(['good']));
    expect(publisher.requests).toEqual(['/ecdsa.crl 200']);
  });

  it('serves from disk after a restart, with the publisher down', async () => {
    const source = sourceOf('ecdsa', { hosts: [publisher.host] });
    const { subject, other } = of('ecdsa');
    publish('ecdsa', 7, [other]);
    const first = await start([source]);
    expect(await statusOf(first, source, other)).toBe('revoked');
    await first.close();
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    writeFileSync(join(folder, 'left-behind.part'), 'half');

    await publisher.down();
    try {
      const second = await start([source]);
      expect(second.snapshot().crls).toHaveLength(1);
      expect(await statusOf(second, source, other)).toBe('revoked');
      expect(await statusOf(second, source, subject)).toBe('good');
      expect(readdirSync(folder)).not.toContain('left-behind.part');
      // Past nextUpdate nothing is known any more, and that is said once.
      now += 2 * DAY;
      expect(await statusOf(second, source, subject)).toBe('unknown');
      expect(await statusOf(second, source, other)).toBe('unknown');
      for (let turn = 0; turn < 100 && !lines.some((line) => line.includes('not used any more')); turn++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(warnings().filter((line) => line.includes('not used any more'))).toHaveLength(1);
      expect(second.status().authorities[0]?.crls).toMatchObject([{ freshness: 'stale' }]);
      const answer = await ask(second, source, subject);
      expect(answer.steps.at(-1)).toMatchObject({ outcome: 'failed', code: 'ONECERT_REVOCATION_UNKNOWN' });
      const soft = sourceOf('ecdsa', { failure: 'soft', hosts: [publisher.host] });
      expect(await statusOf(second, soft, subject)).toBe('good');
    } finally {
      await publisher.up();
    }
  });

  it('asks conditionally after a restart, and whole again where the kept files do not fit together', async () => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`] } });
    publish('ecdsa', 1, []);
    const first = await start([source]);
    await first.refreshNow();
    await first.close();
    publisher.requests.length = 0;
    const second = await start([source]);
    await second.refreshNow();
    expect(publisher.requests[0]).toBe('/ecdsa.crl 304');
    await second.close();

    const note = readdirSync(folder).find((name) => name.endsWith('.json')) as string;
    const text = readFileSync(join(folder, note), 'utf8');
    writeFileSync(join(folder, note), text.replace(/"fingerprint":"./, '"fingerprint":"x'));
    publisher.requests.length = 0;
    const third = await start([source]);
    await third.refreshNow();
    expect(publisher.requests[0]).toBe('/ecdsa.crl 200');
    await third.close();

    const kept = readdirSync(folder).find((name) => name.endsWith('.crl')) as string;
    writeFileSync(join(folder, kept), 'damaged');
    publisher.requests.length = 0;
    const fourth = await start([source]);
    expect(fourth.snapshot().crls).toEqual([]);
    await fourth.refreshNow();
    expect(fourth.snapshot().crls).toHaveLength(1);
  });

  it.each([
    ['a rolled-back number', 4, HOUR / 2],
    ['the same number again', 5, HOUR / 2],
    ['an older thisUpdate', 6, 2 * HOUR],
  ])('refuses %s, and says so once', async (_name, number, age) => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`] } });
    const { subject } = of('ecdsa');
    publish('ecdsa', 5, [subject]);
    const service = await start([source]);
    await service.refreshNow();
    const { epoch } = service;
    publish('ecdsa', number, [], { age });
    await service.refreshNow();
    await service.refreshNow();
    expect(service.epoch).toBe(epoch);
    expect(await statusOf(service, source, subject)).toBe('revoked');
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('rolled it back');
    expect(service.status().authorities[0]?.publications).toMatchObject([{ failures: 2 }]);

    publish('ecdsa', 8, [], { age: 0 });
    await service.refreshNow();
    expect(await statusOf(service, source, subject)).toBe('good');
    expect(service.status().authorities[0]?.publications).toMatchObject([
      { failures: 0, lastError: undefined },
    ]);
  });

  it('keeps the old CRL until a new one verifies', async () => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`] } });
    const { subject } = of('ecdsa');
    publish('ecdsa', 1, [subject]);
    const service = await start([source]);
    await service.refreshNow();
    const { epoch } = service;
    publish('ecdsa', 2, [], { age: 0 });
    const good = publisher.bodies.get('/ecdsa.crl') as Buffer;

    const impostor = createAuthority('ecdsa');
    const forged = impostor.crl({ number: 3, thisUpdate: now, nextUpdate: now + DAY });
    const flipped = Buffer.from(good);
    flipped[100] = (flipped[100] as number) ^ 1;
    for (const bad of [
      forged,
      flipped,
      good.subarray(0, good.length - 1),
      Buffer.from('<html>'),
      Buffer.alloc(0),
    ]) {
      publisher.bodies.set('/ecdsa.crl', bad);
      await service.refreshNow();
      expect(service.epoch).toBe(epoch);
      expect(await statusOf(service, source, subject)).toBe('revoked');
    }
    expect(warnings()).toHaveLength(1);
    publisher.bodies.set('/ecdsa.crl', good);
    await service.refreshNow();
    expect(await statusOf(service, source, subject)).toBe('good');
    expect(lines.at(-1)).toContain('can be read again');
  });

  it('reads files, DER or PEM, and reads them again when they are replaced', async () => {
    const { authority, subject } = of('ecdsa');
    const file = join(authority.folder, 'published.crl');
    const source = sourceOf('ecdsa', { crl: { files: [file] } });
    rmSync(file, { force: true });
    const service = await start([source]);
    expect(await statusOf(service, source, subject)).toBe('unknown');

    const replaced = async (body: Buffer, status: string): Promise<void> => {
      writeFileSync(`${file}.new`, body);
      renameSync(`${file}.new`, file);
      for (let turn = 0; turn < 200 && (await statusOf(service, source, subject)) !== status; turn++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await statusOf(service, source, subject)).toBe(status);
    };
    publish('ecdsa', 1, []);
    await replaced(publisher.bodies.get('/ecdsa.crl') as Buffer, 'good');
    publish('ecdsa', 2, [subject]);
    await replaced(readFileSync(join(authority.folder, 'ca.crl')), 'revoked');
    expect(readFileSync(file, 'latin1')).toContain('-----BEGIN X509 CRL-----');
    expect(service.snapshot().crls).toMatchObject([{ number: '2' }]);
  });

  it('looks for a new CRL by itself before the old one ends', async () => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`], refresh: '30d' } });
    const { subject } = of('ecdsa');
    // Its tenth of a life is left: due for replacement, and looked for every few seconds.
    publish('ecdsa', 1, [], { age: 95_000, life: 100_000 });
    const service = await start([source], { clock: Date.now });
    expect(await statusOf(service, source, subject)).toBe('good');
    publish('ecdsa', 2, [subject], { age: 1_000 });
    for (let turn = 0; turn < 400 && service.snapshot().crls[0]?.number !== '2'; turn++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(service.snapshot().crls).toMatchObject([{ number: '2' }]);
  });

  it('takes CRLs of keys that have left the trust list out of force, and back in again', async () => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`] } });
    const rsa = sourceOf('rsa', { crl: { urls: [`${publisher.url}/rsa.crl`] } });
    publish('ecdsa', 1, []);
    publish('rsa', 1, []);
    const service = await start([source, rsa]);
    await service.refreshNow();
    expect(service.snapshot().crls).toHaveLength(2);
    const { epoch } = service;
    await service.use([{ ...source, issuers: [] }]);
    expect(service.snapshot().crls).toHaveLength(0);
    expect(service.epoch).toBe(epoch + 1);
    await service.use([source, rsa]);
    await service.refreshNow();
    expect(service.snapshot().crls).toHaveLength(2);
    expect(service.epoch).toBeGreaterThan(epoch + 1);
    expect(snapshots.map((each) => each.epoch)).toEqual([...snapshots.keys()].map((index) => index + 2));
  });

  it('has the CRLs of what a trust list adds before that list is in force, and those of the old one until then', async () => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`] } });
    const rsa = sourceOf('rsa', { crl: { urls: [`${publisher.url}/rsa.crl`] } });
    const renewed = sourceOf('sm2', { crl: { urls: [`${publisher.url}/sm2.crl`] } });
    // It has published under its new key before the trust list has that key.
    const before = { ...renewed, issuers: [] };
    for (const kind of ['ecdsa', 'rsa', 'sm2'] as const) publish(kind, 1, []);
    const service = await start([source, before]);
    await service.refreshNow();
    const numbers = (): number => service.snapshot().crls.length;
    expect(numbers()).toBe(1);

    await service.lookAfter([rsa, renewed]);
    expect(numbers()).toBe(3);
    await service.use([rsa, renewed]);
    expect(numbers()).toBe(2);
    // Again in the trust list: from the disk, whether or not the publisher answers.
    publisher.bodies.clear();
    await service.lookAfter([source, rsa, renewed]);
    expect(numbers()).toBe(3);
    expect(await statusOf(service, source, of('ecdsa').subject)).toBe('good');
  });

  it('goes on with a new trust list where the folder of kept CRLs is gone', async () => {
    const source = sourceOf('ecdsa', { crl: { urls: [`${publisher.url}/ecdsa.crl`] } });
    publish('ecdsa', 1, []);
    const service = await start([]);
    rmSync(folder, { recursive: true });
    await service.lookAfter([source]);
    await service.use([source]);
    expect(warnings().join()).toContain('kept CRLs cannot be read');
    // Nor can a new one be kept until it is back.
    expect(await statusOf(service, source, of('ecdsa').subject)).toBe('unknown');
    mkdirSync(folder, { mode: 0o700 });
    await service.refreshNow();
    expect(await statusOf(service, source, of('ecdsa').subject)).toBe('good');
  });

  it('keeps nobody waiting for a publisher that does not answer, and takes its CRL when it comes', async () => {
    publish('ecdsa', 1, []);
    const body = publisher.bodies.get('/ecdsa.crl');
    let release = (): void => undefined;
    const slow = createServer((_request, response) => {
      release = () => response.end(body);
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
      const source = sourceOf('ecdsa', { crl: { urls: [address] } });
      const service = await start([], { patienceMs: 200 });
      await service.lookAfter([source]);
      expect(service.snapshot().crls).toEqual([]);
      expect(await statusOf(service, source, of('ecdsa').subject)).toBe('unknown');
      release();
      await service.refreshNow();
      expect(await statusOf(service, source, of('ecdsa').subject)).toBe('good');
    } finally {
      slow.closeAllConnections();
      slow.close();
    }
  });

  it('looks up a responder in the CRL its certificate names', async () => {
    const { authority, subject } = of('ecdsa');
    const delegate = authority.issue('responder', {
      extensions: [...OCSP_SIGNING, `crlDistributionPoints=URI:${publisher.url}/ecdsa.crl`],
    });
    // The certificate is valid from the second it was made in: not before the clock of this test.
    now = Date.now();
    const responder = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => response.end(authority.respond(Buffer.concat(pieces), { signer: delegate })));
    });
    await new Promise<void>((resolve) => responder.listen(0, '127.0.0.1', resolve));
    try {
      const urls = [`http://127.0.0.1:${(responder.address() as AddressInfo).port}/`];
      const source = sourceOf('ecdsa', { order: ['ocsp'], hosts: [publisher.host], ocsp: { urls } });
      publish('ecdsa', 1, []);
      authority.writeIndex([{ of: subject }]);
      const service = await start([source]);
      expect(await statusOf(service, source, subject)).toBe('good');
      expect(publisher.requests).toEqual(['/ecdsa.crl 200']);

      publish('ecdsa', 2, [delegate], { age: 0 });
      authority.writeIndex([{ of: subject }]);
      await service.refreshNow();
      now += HOUR;
      const answer = await ask(service, source, subject);
      expect(answer.status).toBe('unknown');
      expect(answer.steps.find(({ check }) => check === 'ocsp-responder')?.en).toContain('is revoked');
    } finally {
      responder.closeAllConnections();
      responder.close();
    }
  });

  it('asks OCSP where the CRL is missing, and raises the epoch when a good certificate is revoked', async () => {
    const { authority, subject } = of('ecdsa');
    const responder = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => response.end(authority.respond(Buffer.concat(pieces))));
    });
    await new Promise<void>((resolve) => responder.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(responder.address() as AddressInfo).port}/`;
    try {
      const source = sourceOf('ecdsa', {
        order: ['crl', 'ocsp'],
        crl: { urls: [`${publisher.url}/missing.crl`] },
        ocsp: { urls: [url], maximumAge: '5m' },
      });
      const service = await start([source]);
      authority.writeIndex([{ of: subject }]);
      const good = await ask(service, source, subject);
      expect(good.status).toBe('good');
      // What the CRL could not tell is no failure of a verdict that is good.
      expect(good.steps.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      const { epoch } = service;
      authority.writeIndex([{ of: subject, ...REVOKED }]);
      expect(await statusOf(service, source, subject)).toBe('good');
      now += 5 * MINUTE;
      expect(await statusOf(service, source, subject)).toBe('revoked');
      expect(service.epoch).toBe(epoch + 1);
      expect(service.status().responders).toMatchObject([{ url, state: 'closed', requests: 2, failures: 0 }]);
    } finally {
      responder.closeAllConnections();
      responder.close();
    }
  });
});
