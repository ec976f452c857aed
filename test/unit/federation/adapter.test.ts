import type { AdapterPayload } from 'oidc-provider';
import { randomBytes } from 'node:crypto';
import type { FederationParts } from '../../../src/federation/federation-parts.ts';
import { storageAdapter } from '../../../src/federation/oidc/adapter.ts';
import { createDirectory } from '../../../src/services/directory.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { describeWithRedis, openRedisStores } from '../storage/redis-servers.ts';

const partsOver = (stores: ShortLivedStores): FederationParts =>
  ({
    issuer: 'https://localhost:8440/oidc',
    records: stores.grouped('oidc'),
    marks: stores.expiring('oidc'),
    cipher: createFieldCipher(randomBytes(32)),
    directory: () => createDirectory([]),
    clock: Date.now,
  }) as unknown as FederationParts;

const nowS = (): number => Math.floor(Date.now() / 1000);
const codeOf = (grantId: string): AdapterPayload => ({
  kind: 'AuthorizationCode',
  grantId,
  accountId: 'unified.key',
  exp: nowS() + 60,
});

interface Opened {
  readonly stores: ShortLivedStores;
  remove(): Promise<void>;
}

const keepsItsWord = (open: () => Promise<Opened>): void => {
  let opened: Opened;
  let parts: FederationParts;
  beforeAll(async () => {
    opened = await open();
    parts = partsOver(opened.stores);
  });
  afterAll(() => opened.remove());

  it('lets a code be used once, also of many that use it at the same time', async () => {
    const codes = storageAdapter(parts)('AuthorizationCode');
    await codes.upsert('code', codeOf('g1'), 60);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => codes.consume('code')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await codes.find('code'))?.consumed).toBeGreaterThan(0);
    await expect(codes.consume('code')).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(codes.consume('none')).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('ends all of a grant, and nothing of another', async () => {
    const adapter = storageAdapter(parts);
    const [codes, tokens] = [adapter('AuthorizationCode'), adapter('AccessToken')];
    await codes.upsert('a', codeOf('g2'), 60);
    await tokens.upsert('a', { ...codeOf('g2'), kind: 'AccessToken' }, 60);
    await tokens.upsert('b', { ...codeOf('g3'), kind: 'AccessToken' }, 60);
    await tokens.revokeByGrantId('g2');
    expect(await codes.find('a')).toBeUndefined();
    expect(await tokens.find('a')).toBeUndefined();
    expect(await tokens.find('b')).toBeDefined();
  });

  it('finds sessions by uid, and forgets them', async () => {
    const sessions = storageAdapter(parts)('Session');
    await sessions.upsert('s', { uid: 'u', accountId: 'x' }, 60);
    expect(await sessions.findByUid('u')).toMatchObject({ accountId: 'x' });
    await sessions.destroy('s');
    expect(await sessions.findByUid('u')).toBeUndefined();
  });

  it('keeps nothing that can be read, and takes nothing that it did not seal for that place', async () => {
    const sessions = storageAdapter(parts)('Session');
    await sessions.upsert('one', { uid: 'u1', accountId: 'somebody' }, 60);
    const kept = (await parts.records.get('Session:one')) ?? '';
    expect(Buffer.from(kept, 'base64').toString('latin1')).not.toContain('somebody');
    await parts.records.put('Session:two', kept, [], 60_000);
    expect(await sessions.find('two')).toBeUndefined();
  });

  it('finds nothing by names that are none', async () => {
    const adapter = storageAdapter(parts);
    for (const id of ['', 'x'.repeat(10_000), '__proto__', '\ud800']) {
      expect(await adapter('Client').find(id)).toBeUndefined();
      if (id !== '\ud800') expect(await adapter('Session').find(id)).toBeUndefined();
    }
  });
};

describe('records of the OpenID Provider, in this process', () => {
  keepsItsWord(async () => {
    const stores = openShortLivedStores();
    return { stores, remove: () => stores.close() };
  });
});
describeWithRedis('records of the OpenID Provider, in Redis', () => {
  keepsItsWord(() => openRedisStores());
});
