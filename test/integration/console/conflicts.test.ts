import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEmbeddedChangeStore } from '../../../src/changes/embedded-change-store.ts';
import { citizenIdNumber } from '../../unit/identity/invented-numbers.ts';
import { eventually, hasTools } from '../city.ts';
import { formOf } from '../portal/visitor.ts';
import { call, keepAliveAgent } from '../proxy/client.ts';
import { ConsoleUser, openConflictCity, OPERATORS, type ConflictCity } from './conflict-city.ts';

const numberOf = (sequence: string): string => citizenIdNumber(`44030519900307${sequence}`);
const REASON = 'ticket 12: the civil registry was asked';
const CONFLICT = 'ONECERT_IDENTITY_CONFLICT';
const LOCKED = 'ONECERT_IDENTITY_LOCKED';

const withTools = hasTools() ? describe : describe.skip;

withTools('identity conflicts, from the refused sign-in to the one that is taken', () => {
  let all: ConflictCity;
  let first: ConsoleUser;
  let second: ConsoleUser;

  const operators = async (): Promise<void> => {
    [first, second] = (await Promise.all(
      OPERATORS.map(async (as) => new ConsoleUser((await all.signIn(as)).browser)),
    )) as [ConsoleUser, ConsoleUser];
  };
  beforeAll(async () => {
    all = await openConflictCity();
    await operators();
  }, 120_000);
  afterAll(() => all?.remove());

  const entries = (wanted: Readonly<Record<string, unknown>>): Record<string, unknown>[] =>
    all.city
      .audit()
      .filter((entry) => Object.entries(wanted).every(([name, value]) => entry[name] === value));
  /** The page of the latest conflict in the queue. */
  const latest = async (): Promise<string> => {
    const { body } = await first.page('/console/identities/conflicts');
    return /href="(\/console\/identities\/conflicts\/\d+)"/.exec(body)?.[1] ?? 'none';
  };
  const stateOf = async (conflict: string): Promise<string> => {
    const { body } = await first.page(conflict);
    return /Settled as joined|Joined|Kept refused|Open/.exec(body)?.[0] ?? body;
  };
  /** Two people, one whose certificate says something else. Their unified id, and the page of the conflict. */
  const conflictOf = async (name: string, number: string): Promise<{ unifiedId: string; page: string }> => {
    await all.issue(`${name}-a`, '张三', { id: number });
    await all.issue(`${name}-b`, '张四', { id: number });
    const unifiedId = await all.call(`${name}-a`);
    expect(unifiedId).toMatch(/^[\w-]{22}$/);
    expect(await all.call(`${name}-b`)).toBe(CONFLICT);
    return { unifiedId, page: await latest() };
  };
  /** Where the draft of a settlement is. */
  const propose = async (page: string, fields: Readonly<Record<string, string>>): Promise<string> => {
    const { location, body } = await first.submit(page, `${page}/settle`, {
      'settle-reason': REASON,
      ...fields,
    });
    if (location === undefined) throw new Error(`no draft: ${body.slice(0, 2000)}`);
    return new URL(location, 'https://here.invalid').pathname;
  };
  const submit = (draft: string) => first.submit(draft, `${draft}/submit`);
  const approve = (draft: string) => second.submit(draft, `${draft}/approve`);

  it('is refused, listed masked, and opened in full for a reason that is in the audit log', async () => {
    const number = numberOf('101');
    const { page } = await conflictOf('seen', number);
    for (const path of ['/console/identities/conflicts', page]) {
      const { status, body } = await first.page(path);
      expect(status).toBe(200);
      expect(body).not.toContain(number);
      expect(body).not.toMatch(/张[三四]/);
    }
    expect((await first.page(page)).body).toContain('440***********');
    const form = formOf((await first.page(page)).body, page);
    expect((await first.send(page, form, { reason: '' })).status).toBe(422);
    expect(entries({ what: 'conflict-open' })).toEqual([]);
    const opened = await first.submit(page, page, { reason: REASON });
    expect(opened.body).toContain(number);
    expect(opened.body).toContain('张四');
    expect(entries({ what: 'conflict-open', reason: REASON })).toHaveLength(1);
    expect(JSON.stringify(all.city.audit())).not.toContain(number);
  });

  it('is joined by two: the open connection, the next call and the next sign-in are the joined identity', async () => {
    const { unifiedId, page } = await conflictOf('joined', numberOf('102'));
    const agent = keepAliveAgent(all.city.pair('joined-b'));
    const onOpen = async () => (await call(all.city.ports.ONECERT_PORT, '/census', { agent })).status;
    expect(await onOpen()).toBe(403);
    const draft = await propose(page, { decision: 'join', identity: unifiedId, name: 'recorded' });
    expect((await first.page(draft)).body).toContain(
      `The certificate is of identity ${unifiedId} from now on`,
    );
    await submit(draft);
    // The page of the own proposal has no such form.
    const mine = formOf((await first.page(draft)).body, `${draft}/withdraw`);
    const refused = await first.send(`${draft}/approve`, mine);
    expect(refused.body).toContain('ONECERT_CHANGE_OWN');
    expect(await all.call('joined-b')).toBe(CONFLICT);
    expect((await approve(draft)).status).toBe(303);

    expect(await all.call('joined-b')).toBe(unifiedId);
    expect(await onOpen()).toBe(200);
    expect(await all.callBy((await all.signIn('joined-b')).browser)).toBe(unifiedId);
    expect(await stateOf(page)).toBe('Joined');
    const id = page.split('/').at(-1);
    expect(entries({ kind: 'conflict', name: id }).map(({ step, failed }) => [step, failed])).toEqual([
      ['proposed', undefined],
      ['submitted', undefined],
      ['approved', undefined],
      ['settled', undefined],
    ]);
    agent.destroy();
  });

  it('is kept refused by two, and stays so', async () => {
    const { page } = await conflictOf('kept', numberOf('103'));
    const draft = await propose(page, { decision: 'keep-refused' });
    expect((await first.page(draft)).body).toContain('The certificate stays refused');
    await submit(draft);
    await approve(draft);
    expect(await stateOf(page)).toBe('Kept refused');
    expect(await all.call('kept-b')).toBe(CONFLICT);
    expect((await first.page('/console/identities/conflicts')).body).not.toContain(`"${page}"`);
  });

  describe('merging two identities', () => {
    /** A citizen ID number and a passport, known as two; and the certificate that has both. */
    const twoOf = async (name: string, sequence: string) => {
      const [id, passport] = [numberOf(sequence), `E1234${sequence}`];
      await all.issue(`${name}-id`, '王五', { id });
      await all.issue(`${name}-pass`, '王五', { passport });
      await all.issue(`${name}-both`, '王五', { id, passport });
      const kept = await all.call(`${name}-id`);
      const alias = await all.call(`${name}-pass`);
      expect(new Set([kept, alias, CONFLICT]).size).toBe(3);
      return { kept, alias };
    };

    it('ends the sessions of the one that becomes an alias, with entries; services are told', async () => {
      const { kept, alias } = await twoOf('merged', '104');
      const [own, other] = [await all.signIn('merged-id'), await all.signIn('merged-pass')];
      expect((await all.authorize(other.browser)).location).toContain('code=');
      const agent = keepAliveAgent(all.city.pair('merged-pass'));
      const onOpen = async () => {
        const { body } = await call(all.city.ports.ONECERT_PORT, '/census', { agent });
        return (JSON.parse(body) as { claims: { unified_id: string } }).claims.unified_id;
      };
      expect(await onOpen()).toBe(alias);
      expect(await all.call('merged-both')).toBe(CONFLICT);
      const page = await latest();
      const before = all.logouts.length;
      const draft = await propose(page, { decision: 'join', identity: alias, name: 'recorded' });
      expect((await first.page(draft)).body).toContain(`Identity ${alias} becomes part of ${kept}`);
      await submit(draft);
      expect((await approve(draft)).status).toBe(303);

      for (const as of ['merged-id', 'merged-pass', 'merged-both']) expect(await all.call(as)).toBe(kept);
      expect(await onOpen()).toBe(kept);
      expect(await all.callBy(own.browser)).toBe(kept);
      expect(await all.callBy(other.browser)).not.toMatch(/^[\w-]{22}$/);
      expect(entries({ event: 'session-end', unifiedId: alias })).toEqual([
        expect.objectContaining({
          by: 'gateway',
          cause: 'identity-merged',
          kind: 'conflict',
          document: page.split('/').at(-1),
          version: 1,
          actor: expect.stringMatching(/^[\w-]{22}$/) as string,
        }),
      ]);
      await eventually('the service is told', () => all.logouts.length > before);
      agent.destroy();
    });

    it.each([
      ['that becomes an alias', 'pass', '105'],
      ['that is kept', 'id', '106'],
    ])('a lock of the one %s holds all of them, until it is unlocked', async (_which, held, sequence) => {
      const { kept, alias } = await twoOf(`held-${held}`, sequence);
      const [lockedOne, free] = held === 'pass' ? [alias, kept] : [kept, alias];
      const freeAs = `held-${held}-${held === 'pass' ? 'id' : 'pass'}`;
      const session = await all.signIn(freeAs);
      const agent = keepAliveAgent(all.city.pair(freeAs));
      const onOpen = async () => (await call(all.city.ports.ONECERT_PORT, '/census', { agent })).body;
      expect(await onOpen()).toContain(free);
      const stand = async (locked: boolean): Promise<void> => {
        const path = `/console/identities/of/${lockedOne}`;
        const looked = await first.submit(path, path, { reason: REASON });
        const form = formOf(looked.body, `${path}/standing`);
        expect(form.get('locked')).toBe(String(locked));
        const { location } = await first.send(`${path}/standing`, form, { reason: REASON });
        const proposal = new URL(location ?? '', 'https://here.invalid').pathname;
        await submit(proposal);
        expect((await approve(proposal)).status).toBe(303);
      };
      await stand(true);
      expect(await all.call(`held-${held}-${held}`)).toBe(LOCKED);
      expect(await all.call(freeAs)).toBe(free);

      expect(await all.call(`held-${held}-both`)).toBe(CONFLICT);
      const draft = await propose(await latest(), { decision: 'join', identity: kept, name: 'recorded' });
      expect((await first.page(draft)).body).toContain(`${lockedOne} is locked`);
      await submit(draft);
      expect((await approve(draft)).status).toBe(303);

      const everybody = ['id', 'pass', 'both'].map((each) => `held-${held}-${each}`);
      for (const as of everybody) {
        expect([as, await all.call(as)]).toEqual([as, LOCKED]);
        expect([as, await all.forwardAuth(as)]).toEqual([as, LOCKED]);
      }
      expect(await onOpen()).toContain(LOCKED);
      expect(await all.callBy(session.browser)).not.toMatch(/^[\w-]{22}$/);
      expect((await all.authorize(session.browser)).location ?? '').not.toContain('code=');
      const again = await all.signIn(freeAs).catch((error: Error) => error.message);
      expect(again).toMatch(/did not sign in|ONECERT/);
      await stand(false);
      for (const as of everybody) expect([as, await all.call(as)]).toEqual([as, kept]);
      agent.destroy();
    });
  });

  describe('bad input is refused by a stable code, and nothing is half done', () => {
    it('an identity that is not of the conflict', async () => {
      const other = await all.call('joined-a');
      const { page } = await conflictOf('foreign', numberOf('107'));
      const draft = await propose(page, { decision: 'join', identity: other, name: 'recorded' });
      expect((await first.page(draft)).body).toContain('the identity is not one the certificate meets');
      const form = formOf((await first.page(draft)).body, `${draft}/withdraw`);
      const { status, body } = await first.send(`${draft}/submit`, form);
      expect([status, body]).toEqual([422, expect.stringContaining('ONECERT_CHANGE_INVALID')]);
      expect(await stateOf(page)).toBe('Open');
      expect(await all.call('foreign-b')).toBe(CONFLICT);
    });

    it('what is decided already, by the own form or a stale one', async () => {
      const { unifiedId, page } = await conflictOf('twice', numberOf('108'));
      const form = formOf((await first.page(page)).body, `${page}/settle`);
      const [one, two] = [
        await propose(page, { decision: 'join', identity: unifiedId, name: 'recorded' }),
        await propose(page, { decision: 'keep-refused' }),
      ];
      await submit(one);
      await submit(two);
      const early = formOf((await second.page(two)).body, `${two}/approve`);
      await approve(one);
      const stale = await second.send(`${two}/approve`, early);
      expect([stale.status, stale.body]).toEqual([409, expect.stringContaining('ONECERT_CHANGE_STALE')]);
      const late = await first.send(`${page}/settle`, form, {
        'settle-reason': REASON,
        decision: 'keep-refused',
      });
      expect([late.status, late.body]).toEqual([409, expect.stringContaining('ONECERT_CHANGE_SETTLED')]);
      expect(await all.call('twice-b')).toBe(unifiedId);
    });
  });

  describe('what was approved is carried out', () => {
    /** As another process leaves it that ends between the two stores. */
    const keepApproved = async (page: string, text: string): Promise<void> => {
      const store = openEmbeddedChangeStore(join(all.city.data, 'changes.sqlite'));
      const key = { kind: 'conflict', name: page.split('/').at(-1) ?? '' } as const;
      const files = [{ path: 'settlement.yaml', content: Buffer.from(text) }];
      const at = Date.now();
      const { id } = await store.propose({
        ...{ ...key, base: 0, files, state: 'submitted', origin: 'console' },
        ...{ proposedBy: 'AQEBAQEBAQEBAQEBAQEBAQ', department: undefined, note: REASON, at },
      });
      await store.approve(id, { by: 'AgICAgICAgICAgICAgICAg', note: '', at });
      await store.close();
    };
    const joinText = (unifiedId: string): string =>
      `decision: join\nidentity: ${unifiedId}\nname: recorded\nreason: ${REASON}\n`.replace(
        /: (ticket.*)/,
        ': "$1"',
      );

    it('when the register could not be written at that moment: it is tried again', async () => {
      const { unifiedId, page } = await conflictOf('away', numberOf('109'));
      const draft = await propose(page, { decision: 'join', identity: unifiedId, name: 'recorded' });
      await submit(draft);
      const form = formOf((await second.page(draft)).body, `${draft}/approve`);
      const other = new DatabaseSync(join(all.city.data, 'register.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      // SQLite waits for some seconds, then gives up.
      const { status } = await second.send(`${draft}/approve`, form);
      expect(status).toBeGreaterThanOrEqual(500);
      other.exec('ROLLBACK');
      other.close();
      await eventually('it is joined', async () => (await all.call('away-b')) === unifiedId);
      expect(await stateOf(page)).toBe('Joined');
    });

    it('at the next start, where the process ended between approval and carrying out; once', async () => {
      const [joined, wrong] = [
        await conflictOf('killed', numberOf('110')),
        await conflictOf('wrong', numberOf('111')),
      ];
      await all.city.stop('SIGKILL');
      await keepApproved(joined.page, joinText(joined.unifiedId));
      await keepApproved(wrong.page, joinText('AQEBAQEBAQEBAQEBAQEBAQ'));
      await all.city.start();
      expect(await all.call('killed-b')).toBe(joined.unifiedId);
      expect(await all.call('wrong-b')).toBe(CONFLICT);
      await operators();
      expect([await stateOf(joined.page), await stateOf(wrong.page)]).toEqual(['Joined', 'Open']);
      const settled = (page: string) =>
        entries({ step: 'settled', name: page.split('/').at(-1) }).map(({ failed }) => failed);
      expect(settled(joined.page)).toEqual([undefined]);
      expect(settled(wrong.page)).toEqual(['ONECERT_CHANGE_INVALID']);
      expect(all.city.log().filter(({ conflict }) => conflict === wrong.page.split('/').at(-1))).toHaveLength(
        1,
      );
      // Nothing is left that another start would do again.
      const store = openEmbeddedChangeStore(join(all.city.data, 'changes.sqlite'));
      expect(await store.listPending('conflict')).toEqual([]);
      await store.close();
    });
  });
});
