import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowedHosts } from '../../../src/revocation/allowed-hosts.ts';
import { CrlError } from '../../../src/revocation/crl-error.ts';
import { createHttpFetcher } from '../../../src/revocation/http-fetch.ts';
import { openKeptCrls } from '../../../src/revocation/kept-crls.ts';
import { watchPublication } from '../../../src/revocation/publication.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';

describe('a place where a CRL is published, looked at while the gateway ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-publication-'));
  let server: Server;
  beforeAll(async () => {
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const watch = async () => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ca.crl`;
    const policy = revocationPolicySchema.parse({ crl: { urls: [address] } });
    const fetcher = createHttpFetcher();
    const warnings: string[] = [];
    const attempts: string[] = [];
    const publication = watchPublication(
      { authority: 'yuean', address },
      {
        fetch: fetcher.fetch,
        kept: await openKeptCrls(folder),
        log: { info: () => undefined, warn: (_, message) => warnings.push(message) },
        clock: Date.now,
        random: Math.random,
        policy: () => policy.crl,
        allowed: () => allowedHosts(policy),
        load: () => Promise.reject(new CrlError('malformed', 'not read by this test')),
        offer: () => 'taken',
        onAttempt: ({ outcome }) => attempts.push(outcome),
      },
    );
    return { publication, fetcher, warnings, attempts };
  };

  it('is not said to be at fault: it is the gateway that took the connection away', async () => {
    const { publication, fetcher, warnings, attempts } = await watch();
    const asked = once(server, 'request');
    const looked = publication.refresh();
    await asked;
    publication.close();
    await fetcher.close();
    await looked;
    expect(warnings).toEqual([]);
    expect(attempts).toEqual([]);
  });

  it('is said to be at fault where the connection is taken away and the gateway does not end', async () => {
    const { publication, fetcher, warnings, attempts } = await watch();
    const asked = once(server, 'request');
    const looked = publication.refresh();
    await asked;
    await fetcher.close();
    await looked;
    publication.close();
    expect(warnings).toHaveLength(1);
    expect(attempts).toEqual(['network']);
  });
});
