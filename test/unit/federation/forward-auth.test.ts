import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AuditEntry, AuditSink } from '../../../src/audit/entry.ts';
import type { Admission } from '../../../src/decision/types.ts';
import { readAskedAbout } from '../../../src/federation/forward-auth/asked-about.ts';
import type { ForwardAuthParts } from '../../../src/federation/forward-auth/forward-auth-parts.ts';
import { createForwardAuth } from '../../../src/federation/forward-auth/forward-auth.ts';
import { readTarget } from '../../../src/proxy/target.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import type { Service } from '../../../src/services/enrolment.ts';
import type { Session } from '../../../src/signin/session.ts';
import {
  PORTAL_CONTEXT_HEADER,
  writePortalContext,
  type PortalContext,
} from '../../../src/signin/portal-context.ts';

const SERVICE = {
  service: 'papers',
  name: { zh: '材料', en: 'Papers' },
  department: { department: 'city', name: { zh: '市', en: 'City' } },
  claims: [],
  audit: 'synced',
} as unknown as Service;
const ADMISSION = {
  credential: { chain: [new Uint8Array([1])], proof: 'terminator', provenAt: 0, from: '' },
  verdict: { id: 'v', thumbprint: 't', authority: 'a', steps: [] },
  identity: { unifiedId: 'u' },
} as unknown as Admission & { identity: NonNullable<Admission['identity']> };

/** An audit log whose confirmations the test gives. */
const heldLog = () => {
  const entries: {
    readonly entry: AuditEntry;
    readonly durability: string;
    done: (error?: Error) => void;
  }[] = [];
  const sink: AuditSink & { healthy: boolean } = {
    healthy: true,
    record: (entry, durability, done) => void entries.push({ entry, durability, done }),
  };
  return { sink, entries };
};

describe('forward-auth', () => {
  let log: ReturnType<typeof heldLog>;
  let server: Server;
  let refusal: unknown;
  let outcome: 'allow' | 'refuse';
  let session: Session | undefined;
  let admission: Admission;
  /** Sessions that were ended, and why; in vain where `isAway`. */
  let ended: unknown[];
  let isAway: boolean;

  beforeEach(async () => {
    log = heldLog();
    refusal = undefined;
    outcome = 'allow';
    session = undefined;
    admission = ADMISSION;
    [ended, isAway] = [[], false];
    const parts: ForwardAuthParts = {
      gate: {
        admit: async () => admission,
        decide: () =>
          outcome === 'allow'
            ? { outcome, service: SERVICE, admission: ADMISSION, identity: ADMISSION.identity }
            : { outcome, code: 'ONECERT_SERVICE_DISABLED', service: SERVICE },
      },
      sessions: { find: async () => session },
      endSession: async ({ key }, why) => {
        ended.push([key, why]);
        if (isAway) throw new Refusal('ONECERT_SESSION_UNAVAILABLE', 'Redis is away');
      },
      assertions: { issue: ({ aud, sub }) => `${aud} for ${sub}` },
      pairwiseId: (unifiedId, department) => `${unifiedId}@${department}`,
      audit: log.sink,
      readTarget: (uri) => readTarget(uri, undefined),
      signInOrigin: 'https://city.example',
      acceptedAuthorities: () => [],
      refusalPage: ({ code }) => ({ html: `<p>${code}`, policy: "default-src 'none'" }),
      clock: () => 7,
    };
    const answer = createForwardAuth(parts);
    server = createServer((request, response) => {
      const fail = (status: number) => (error?: unknown) => {
        refusal = error;
        response.writeHead(status).end();
      };
      answer(request, response, fail(404)).catch(fail(599));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());

  const ask = (
    path = '/auth/verify/papers/1?x=2',
    context: Partial<PortalContext> = {},
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      headers: {
        ...headers,
        [PORTAL_CONTEXT_HEADER]: writePortalContext({
          listener: 'terminator',
          from: '192.0.2.1',
          reference: 'r-1',
          credential: { chain: ['AQ=='], proof: 'terminator', provenAt: 1 },
          ...context,
        }),
      },
    });
  const recorded = async (count: number): Promise<void> => {
    while (log.entries.length < count) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const confirm = (error?: Error): void => log.entries.splice(0).forEach(({ done }) => done(error));

  it('nothing is answered before sign-in and call are in the audit log, as durably as the service asks', async () => {
    let answered = false;
    const trace = 'a'.repeat(32);
    const headers = { traceparent: `00-${trace}-${'b'.repeat(16)}-01` };
    const answer = ask(undefined, {}, headers).finally(() => (answered = true));
    await recorded(2);
    expect(log.entries.map(({ entry, durability }) => [entry.event, durability])).toEqual([
      ['sign-in', 'synced'],
      ['call', 'synced'],
    ]);
    expect(log.entries[1]?.entry).toMatchObject({
      method: 'GET',
      path: '/papers/1',
      carrier: 'forward-auth',
      trace,
    });
    log.entries.shift()?.done();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answered).toBe(false);
    confirm();
    const { status, headers: answered200 } = await answer;
    expect([status, answered200.get('onecert-assertion'), answered200.get('onecert-reference')]).toEqual([
      200,
      'papers for u@city',
      'r-1',
    ]);
    // The second time the sign-in stands there.
    const again = ask();
    await recorded(1);
    expect(log.entries.map(({ entry }) => entry.event)).toEqual(['call']);
    confirm();
    expect((await again).status).toBe(200);
  });
  it('what cannot be recorded is not answered, and a sign-in that was not is recorded anew', async () => {
    const failed = ask();
    await recorded(2);
    confirm(new Error('disk full'));
    expect([(await failed).status, (refusal as Refusal).code]).toEqual([599, 'ONECERT_AUDIT_UNAVAILABLE']);
    log.sink.healthy = false;
    await ask();
    expect((refusal as Refusal).code).toBe('ONECERT_AUDIT_UNAVAILABLE');
    expect(log.entries).toEqual([]);
    log.sink.healthy = true;
    const again = ask();
    await recorded(2);
    confirm();
    expect((await again).status).toBe(200);
  });
  it('a refusal waits for its entry too', async () => {
    outcome = 'refuse';
    const answer = ask('/auth/verify', {
      askedAbout: [
        ['x-original-method', 'GET'],
        ['x-original-uri', '/papers/1'],
      ],
    });
    await recorded(1);
    expect(log.entries[0]).toMatchObject({
      durability: 'synced',
      entry: { event: 'refusal', code: 'ONECERT_SERVICE_DISABLED', service: 'papers', path: '/papers/1' },
    });
    confirm();
    const { status, headers } = await answer;
    expect([status, headers.get('onecert-code'), headers.get('onecert-assertion')]).toEqual([
      403,
      'ONECERT_SERVICE_DISABLED',
      null,
    ]);
  });
  it('a session whose certificate is good no longer ends; the call is refused, whether or not it could be ended', async () => {
    outcome = 'refuse';
    session = { ...ADMISSION.credential, key: 'k', unifiedId: 'u' } as Session;
    const asked = async (found: Partial<Admission>): Promise<unknown[]> => {
      admission = { ...ADMISSION, ...found };
      ended = [];
      const answer = ask(undefined, { credential: undefined });
      await recorded(1);
      confirm();
      expect((await answer).status).toBe(403);
      return ended;
    };
    const refused = (code: Admission['refusal']) => ({ identity: undefined, refusal: code });
    const end = { cause: 'certificate-refused', code: 'ONECERT_CERTIFICATE_REVOKED' };
    expect(await asked(refused('ONECERT_CERTIFICATE_REVOKED'))).toEqual([['k', end]]);
    expect(await asked(refused('ONECERT_IDENTITY_LOCKED'))).toMatchObject([
      ['k', { cause: 'identity-locked' }],
    ]);
    // Operators have taken two people apart who were one.
    const other = { ...ADMISSION.identity, unifiedId: 'other' };
    expect(await asked({ identity: other })).toEqual([['k', { cause: 'identity-changed' }]]);
    isAway = true;
    expect(await asked(refused('ONECERT_CERTIFICATE_REVOKED'))).toHaveLength(1);
    // What is no fault of the certificate ends nothing; nor does what the enrolment refuses.
    expect(await asked(refused('ONECERT_REVOCATION_UNKNOWN'))).toEqual([]);
    expect(await asked({})).toEqual([]);
  });
  it.each(['browser', 'mutual-tls'] as const)('is not there on the listener %s', async (listener) => {
    for (const path of [
      '/auth/verify',
      '/auth/verify/papers',
      '/auth/refusal?code=ONECERT_INTERNAL&reference=r',
    ])
      expect((await ask(path, { listener })).status).toBe(404);
    expect(log.entries).toEqual([]);
  });
  it('the page of a refusal says what is in the catalogue and nothing else', async () => {
    const page = await ask(
      '/auth/refusal?code=ONECERT_CERTIFICATE_REVOKED&reference=r-9',
      {},
      { accept: 'text/html' },
    );
    expect([page.status, await page.text()]).toEqual([403, '<p>ONECERT_CERTIFICATE_REVOKED']);
    for (const query of [
      '',
      'code=toString&reference=r',
      'code=ONECERT_INTERNAL&reference=%3Cb%3E',
      'code=ONECERT_INTERNAL',
    ])
      expect((await ask(`/auth/refusal?${query}`)).status).toBe(404);
  });
});

describe('what is asked about', () => {
  const original = [
    ['x-original-method', 'PUT'],
    ['x-original-uri', '/a?b'],
  ] as const;
  const forwarded = [
    ['x-forwarded-method', 'PUT'],
    ['x-forwarded-uri', '/a?b'],
  ] as const;
  it('is said in one of three ways', () => {
    const asked = { method: 'PUT', uri: '/a?b' };
    expect(readAskedAbout(original, 'GET', '/auth/verify')).toEqual({ ...asked, isRelayed: false });
    expect(readAskedAbout(forwarded, 'GET', '/auth/verify?x')).toEqual({ ...asked, isRelayed: true });
    expect(readAskedAbout([], 'PUT', '/auth/verify/a?b')).toEqual({ ...asked, isRelayed: true });
  });
  it.each([
    ['two ways', [...original, ...forwarded], '/auth/verify'],
    ['a path and fields', original, '/auth/verify/a'],
    ['half of another way', [...original, ['x-forwarded-uri', '/b']], '/auth/verify'],
    ['a field twice', [...original, ['x-original-uri', '/b']], '/auth/verify'],
    ['no way', [], '/auth/verify'],
    ['a method that is none', [['x-original-method', ''], original[1]], '/auth/verify'],
  ] as [string, [string, string][], string][])('is refused where it is said in %s', (_how, fields, url) => {
    expect(() => readAskedAbout(fields, 'GET', url)).toThrow(Refusal);
  });
});
