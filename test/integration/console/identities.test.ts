import { parse } from 'yaml';
import { NUMBERS } from '../../../src/demo/people.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const NUMBER = NUMBERS['chen-fang'].citizenId;
const REASON = 'ticket 7: card reported lost';

describe('identities in the console', () => {
  let opened: OpenedConsole;
  let operator: ConsoleVisitor;
  let auditor: ConsoleVisitor;
  let second: ConsoleVisitor;

  beforeAll(async () => {
    opened = await openConsole();
    operator = await opened.signIn('operator');
    auditor = await opened.signIn('auditor');
    second = await opened.signIn('second');
  }, 120_000);
  afterAll(() => opened.close());

  const post = (visitor: ConsoleVisitor, path: string, fields: Readonly<Record<string, string>>) =>
    visitor.ask(path, {
      method: 'POST',
      headers: { 'accept-language': 'en' },
      body: new URLSearchParams({ token: opened.tokenOf(visitor), ...fields }),
    });
  const search = (visitor: ConsoleVisitor, reason = REASON) =>
    post(visitor, '/console/identities', { type: 'citizen-id-number', number: NUMBER, reason });
  const unifiedIdOf = (body: string): string =>
    /action="\/console\/identities\/of\/([\w-]{22})"/.exec(body)?.[1] ?? '';

  it('takes a reason, and no number in it; nothing is answered or recorded without', async () => {
    const before = opened.entries().filter(({ what }) => what === 'identity-search').length;
    for (const reason of ['', '   ', `about ${NUMBER}`]) {
      const { status, body } = await search(operator, reason);
      expect([reason, status]).toEqual([reason, 422]);
      expect(unifiedIdOf(body)).toBe('');
    }
    expect(opened.entries().filter(({ what }) => what === 'identity-search')).toHaveLength(before);
  });

  it('finds by number, masked, with its entry first; the number stands nowhere in the log', async () => {
    for (const visitor of [operator, auditor]) {
      const { status, body, headers } = await search(visitor);
      expect([status, headers.location]).toEqual([200, undefined]);
      expect(unifiedIdOf(body)).toMatch(/^[\w-]{22}$/);
      expect(body).not.toContain(NUMBER);
      expect(body).toContain('440***********0000');
      expect(opened.entries().at(-1)).toMatchObject({
        event: 'change',
        what: 'identity-search',
        reason: REASON,
        searchedBy: 'citizen-id-number',
        found: true,
        unifiedId: unifiedIdOf(body),
      });
    }
    const none = await post(operator, '/console/identities', {
      type: 'passport',
      number: 'E99999999',
      reason: REASON,
    });
    expect(none.body).toContain('Nobody: the register has no such number');
    expect(opened.entries().at(-1)).toMatchObject({ what: 'identity-search', found: false });
    expect(JSON.stringify(opened.entries())).not.toMatch(new RegExp(`${NUMBER}|E99999999`));
  });

  it('is answered nothing while the log cannot be written', async () => {
    opened.audit.broken = true;
    const { status, body } = await search(operator);
    opened.audit.broken = false;
    expect(status).toBe(503);
    expect(unifiedIdOf(body)).toBe('');
  });

  it('shows in full for a reason, which is recorded once more', async () => {
    const unifiedId = unifiedIdOf((await search(operator)).body);
    const path = `/console/identities/of/${unifiedId}`;
    expect((await operator.page(path)).body).not.toContain('440***');
    expect((await post(operator, path, { full: 'true' })).status).toBe(422);
    const { body } = await post(operator, path, { full: 'true', reason: REASON });
    expect(body).toContain(NUMBER);
    expect(opened.entries().at(-1)).toMatchObject({ what: 'identity-open', reason: REASON, unifiedId });
  });

  it('ends sessions, each with its entry; an auditor looks', async () => {
    const unifiedId = unifiedIdOf((await search(operator)).body);
    const path = `/console/identities/of/${unifiedId}/end`;
    expect((await post(auditor, path, { reason: REASON })).status).toBe(403);
    expect((await second.page('/console')).status).toBe(200);
    const { body } = await post(operator, path, { reason: REASON });
    expect(body).toContain('There are no open sessions.');
    expect((await second.page('/console')).status).toBe(303);
    expect(opened.entries().findLast(({ event }) => event === 'session-end')).toMatchObject({
      by: 'operator',
      reason: REASON,
      unifiedId,
    });
    second = await opened.signIn('second');
  });

  it('is locked by a draft that another operator approves; its entry names nobody in the clear', async () => {
    const unifiedId = unifiedIdOf((await search(operator)).body);
    const path = `/console/identities/of/${unifiedId}/standing`;
    const draft = await post(operator, path, { base: '0', locked: 'true', reason: REASON });
    expect([draft.status, draft.headers.location]).toEqual([
      303,
      expect.stringMatching(/^\/console\/changes\/[\w-]{22}$/),
    ]);
    const proposal = draft.headers.location ?? '';
    const key = { kind: 'identity', name: unifiedId } as const;
    await operator.submit(proposal, `${proposal}/submit`);
    const own = await post(operator, `${proposal}/approve`, {});
    expect([own.status, own.body]).toEqual([
      expect.any(Number),
      expect.stringContaining('ONECERT_CHANGE_OWN'),
    ]);
    expect(await opened.files(key)).toEqual({});
    expect((await second.submit(proposal, `${proposal}/approve`)).status).toBe(303);
    expect(parse((await opened.files(key))['standing.yaml'] ?? '')).toEqual({ locked: true, reason: REASON });
    const steps = opened.entries().filter(({ kind }) => kind === 'identity');
    expect(steps.map(({ step }) => step)).toEqual(['proposed', 'submitted', 'approved']);
    for (const step of steps) {
      // `unifiedId` is sealed in a gateway (src/audit/personal-fields.ts); this log seals nothing.
      const { unifiedId: sealed, by: _by, proposedBy: _proposedBy, ...clear } = step;
      expect(sealed).toBe(unifiedId);
      expect(JSON.stringify(clear)).not.toContain(unifiedId);
    }
    expect((await search(auditor)).body).toContain('Locked');
  });

  it('answers programs the same, by role', async () => {
    const wanted = { type: 'citizen-id-number', number: NUMBER, reason: REASON };
    const masked = await auditor.call('POST', '/identities/search', { body: { wanted } });
    expect(masked.body).toMatchObject({ identity: { full: false, locked: true, standingVersion: 1 } });
    expect(JSON.stringify(masked.body)).not.toContain(NUMBER);
    const full = await auditor.call('POST', '/identities/search', { body: { wanted, full: true } });
    expect(JSON.stringify(full.body)).toContain(NUMBER);
    const { reason: _reason, ...without } = wanted;
    const refused = await auditor.call('POST', '/identities/search', { body: { wanted: without } });
    expect(refused.body['code']).toBe('ONECERT_INPUT_INVALID');
  });
});
