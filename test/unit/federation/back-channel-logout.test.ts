import { decodeJwt } from 'jose';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FederationParts } from '../../../src/federation/federation-parts.ts';
import { startBackChannelLogout } from '../../../src/federation/oidc/back-channel-logout.ts';
import { createLogins } from '../../../src/federation/oidc/logins.ts';
import type { Directory } from '../../../src/services/directory.ts';
import type { EndedSessions, Session } from '../../../src/signin/session.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import { openShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { eventually } from '../../integration/city.ts';

const COUNT = 300;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A service that is told; it answers when it is let. */
const openService = async () => {
  const service = {
    told: [] as string[],
    open: 0,
    most: 0,
    answer: Promise.resolve(),
  };
  const server: Server = createServer((request, response) => {
    service.open += 1;
    service.most = Math.max(service.most, service.open);
    response.on('close', () => (service.open -= 1));
    void text(request).then(async (body) => {
      await service.answer;
      service.told.push(String(decodeJwt(new URLSearchParams(body).get('logout_token') ?? '')['sid']));
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    service,
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

describe('services that are told of sessions that ended', () => {
  let slow: Awaited<ReturnType<typeof openService>>;
  let quick: Awaited<ReturnType<typeof openService>>;
  let end: (ended: EndedSessions) => void;
  let logout: ReturnType<typeof startBackChannelLogout>;
  beforeEach(async () => {
    [slow, quick] = [await openService(), await openService()];
    const listeners = new Set<(ended: EndedSessions) => void>();
    end = (ended) => listeners.forEach((told) => told(ended));
    const parts = {
      issuer: 'https://localhost:8440/oidc',
      records: openShortLivedStores().grouped('oidc'),
      cipher: createFieldCipher(randomBytes(32)),
      sessionMs: 3_600_000,
      directory: (): Directory =>
        ({
          services: Object.entries({ slow, quick }).map(([service, { uri }]) => ({
            service,
            oidc: { backchannelLogoutUri: uri },
          })),
        }) as unknown as Directory,
      sessions: {
        onEnded: (listener: (ended: EndedSessions) => void) => {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      clock: Date.now,
      log: () => undefined,
    } as unknown as FederationParts;
    const logins = createLogins(parts);
    for (let number = 0; number < COUNT; number++) {
      const session = { unifiedId: `u${number}`, thumbprint: `t${number}`, authority: 'yuean' };
      for (const client of ['slow', 'quick'])
        await logins.keep({ ...session, key: `k${number}` } as Session, {
          ...{ client, sub: `u${number}`, sid: `${number}` },
        });
    }
    logout = startBackChannelLogout(parts, logins, () => ({ privateKey, keyId: 'k' }));
  });
  afterEach(async () => {
    await logout.close();
    slow.close();
    quick.close();
  });
  const all = Array.from({ length: COUNT }, (_, number) => `${number}`).sort();

  it.each([
    ['one by one', () => all.forEach((number) => end({ key: `k${number}` }))],
    ['all of an authority', () => end({ authority: 'yuean' })],
  ] as const)(
    'are told of each once, of %s: no more than a few at a time, and none waits for another that is slow',
    async (_how, endAll) => {
      const held = Promise.withResolvers<void>();
      slow.service.answer = held.promise;
      endAll();
      await eventually('the quick one has been told all', () => quick.service.told.length === COUNT);
      expect([...quick.service.told].sort()).toEqual(all);
      expect([slow.service.told.length, slow.service.most]).toEqual([0, 16]);
      expect(quick.service.most).toBeLessThanOrEqual(16);
      held.resolve();
      // On a machine with nothing to spare some attempts were given up, and made once more.
      await eventually('the slow one has been told all', () => new Set(slow.service.told).size === COUNT);
      expect([...new Set(slow.service.told)].sort()).toEqual(all);
    },
  );
});
