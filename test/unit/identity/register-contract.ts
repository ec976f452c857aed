import type { Identifier, SubjectReading } from '../../../src/identity/identity.ts';
import type {
  Conflict,
  ConflictPage,
  IdentityRegister,
  ReadingContext,
  Settlement,
} from '../../../src/identity/register.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { citizenIdNumber, enterprise, organisationCode } from './invented-numbers.ts';

const AT = Date.UTC(2026, 2, 1, 9);
const HOUR = 3_600_000;

const idNumber = (value: string): Identifier => ({ type: 'citizen-id-number', value });
const creditCode = (eight: string): Identifier => ({
  type: 'unified-social-credit-code',
  value: enterprise(eight),
});
const orgCode = (eight: string): Identifier => ({
  type: 'organisation-code',
  value: organisationCode(eight),
});
const taxNumber = (eight: string): Identifier => ({
  type: 'tax-number',
  value: `440305${organisationCode(eight)}`,
});

const ZHANG = idNumber(citizenIdNumber('44030519900307123'));
const LI = idNumber(citizenIdNumber('44010619851120042'));

const citizen = (name: string, ...identifiers: readonly Identifier[]): SubjectReading => ({
  kind: 'citizen',
  identifiers,
  name,
});
const firm = (name: string, ...identifiers: readonly Identifier[]): SubjectReading => ({
  kind: 'enterprise',
  identifiers,
  name,
});
const used = (thumbprint: string, changes: Partial<ReadingContext> = {}): ReadingContext => ({
  authority: 'yuean',
  thumbprint,
  at: AT,
  ...changes,
});

/** What any form of the register does. `open` gives an empty one; closing is this suite's. */
export const describeRegister = (form: string, open: () => Promise<IdentityRegister>): void => {
  describe(`the ${form} register`, () => {
    let register: IdentityRegister;
    beforeEach(async () => {
      register = await open();
    });
    afterEach(() => register.close());

    const refusalOf = async (reading: SubjectReading, context: ReadingContext): Promise<unknown> => {
      try {
        return await register.identify(reading, context);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        expect(error.message).not.toMatch(/\d{8}|张|某/);
        return error.code;
      }
    };

    it('registers at first sign-in and knows the subject again', async () => {
      const first = await register.identify(citizen('张三', ZHANG), used('a'));
      expect(first).toEqual({ ...citizen('张三', ZHANG), unifiedId: first.unifiedId });
      expect(first.unifiedId).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(await register.identify(citizen('张三', ZHANG), used('a'))).toEqual(first);
      expect(await register.count()).toEqual({ citizens: 1, enterprises: 0, conflicts: 0 });
    });

    it('gives different people different ids', async () => {
      const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
      const li = await register.identify(citizen('张三', LI), used('b'));
      expect(li.unifiedId).not.toBe(zhang.unifiedId);
      expect(await register.count()).toEqual({ citizens: 2, enterprises: 0, conflicts: 0 });
    });

    it('joins the certificates of all authorities in one identity', async () => {
      const ids = new Set<string>();
      for (const authority of ['yuean', 'nanxin', 'shenzheng']) {
        const identity = await register.identify(citizen('张三', ZHANG), used(authority, { authority }));
        ids.add(identity.unifiedId);
      }
      expect(ids.size).toBe(1);
      expect((await register.find(ZHANG))?.certificates.map(({ authority }) => authority).sort()).toEqual([
        'nanxin',
        'shenzheng',
        'yuean',
      ]);
    });

    it('finds who has signed in with a certificate', async () => {
      const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
      await register.identify(citizen('张三', ZHANG), used('b', { authority: 'nanxin' }));
      const found = await register.holderOf('b');
      expect(found).toEqual(await register.identityById(zhang.unifiedId));
      expect(found?.certificates).toHaveLength(2);
      expect(await register.holderOf('c')).toBeUndefined();
    });

    it('counts whom authorities have certified, and whom nobody else has', async () => {
      await register.identify(citizen('张三', ZHANG), used('a', { authority: 'yuean' }));
      await register.identify(citizen('张三', ZHANG), used('b', { authority: 'nanxin' }));
      await register.identify(citizen('李四', LI), used('c', { authority: 'yuean' }));
      expect(await register.countByAuthorities(['yuean'])).toEqual({ only: 1, any: 2 });
      expect(await register.countByAuthorities(['nanxin'])).toEqual({ only: 0, any: 1 });
      expect(await register.countByAuthorities(['yuean', 'nanxin'])).toEqual({ only: 2, any: 2 });
      expect(await register.countByAuthorities(['nobody'])).toEqual({ only: 0, any: 0 });
      expect(await register.countByAuthorities([])).toEqual({ only: 0, any: 0 });
    });

    it('keeps the unified id while an enterprise goes from organisation code to unified code', async () => {
      const old = await register.identify(firm('某公司', orgCode('MA5F1234')), used('a'));
      const now = await register.identify(firm('某公司', creditCode('MA5F1234')), used('b'));
      expect(now).toEqual({
        ...firm('某公司', creditCode('MA5F1234'), orgCode('MA5F1234')),
        unifiedId: old.unifiedId,
      });
      const tax = await register.identify(firm('某公司', taxNumber('MA5F1234')), used('c'));
      expect(tax.unifiedId).toBe(old.unifiedId);
      expect(tax.identifiers.map(({ type }) => type)).toEqual([
        'unified-social-credit-code',
        'organisation-code',
        'tax-number',
      ]);
    });

    it('and the other way round, without claiming a number no certificate has stated', async () => {
      const now = await register.identify(firm('某公司', creditCode('MA5F1234')), used('a'));
      expect(now.identifiers).toEqual([creditCode('MA5F1234')]);
      const old = await register.identify(firm('某公司', orgCode('MA5F1234')), used('b'));
      expect(old.unifiedId).toBe(now.unifiedId);
      expect(old.identifiers).toEqual([creditCode('MA5F1234'), orgCode('MA5F1234')]);
    });

    it('finds by a number learned later', async () => {
      const passport: Identifier = { type: 'passport', value: 'E12345678' };
      const first = await register.identify(citizen('张三', ZHANG), used('a'));
      await register.identify(citizen('张三', ZHANG, passport), used('b'));
      const by = await register.identify(citizen('张三', passport), used('c'));
      expect(by.unifiedId).toBe(first.unifiedId);
      expect((await register.find(passport))?.identity).toEqual(by);
      expect(await register.find({ type: 'hmt-permit', value: 'E12345678' })).toBeUndefined();
    });

    it('finds an enterprise by any equivalent number', async () => {
      const { unifiedId } = await register.identify(firm('某公司', creditCode('MA5F1234')), used('a'));
      for (const identifier of [creditCode('MA5F1234'), orgCode('MA5F1234'), taxNumber('MA5F1234')]) {
        expect((await register.find(identifier))?.identity.unifiedId).toBe(unifiedId);
      }
    });

    it('records which certificates were used, first and last', async () => {
      await register.identify(citizen('张三', ZHANG), used('a'));
      await register.identify(citizen('张三', ZHANG), used('a', { at: AT + 5 * HOUR }));
      await register.identify(citizen('张三', ZHANG), used('a', { at: AT + 2 * HOUR }));
      const found = await register.find(ZHANG);
      expect(found?.registeredAt).toBe(AT);
      expect(found?.certificates).toEqual([
        { thumbprint: 'a', authority: 'yuean', firstUsed: AT, lastUsed: AT + 5 * HOUR },
      ]);
    });

    it('records who acted for an enterprise by each certificate, and tells it of the one shown', async () => {
      const finance = { role: 'finance', name: '何静' } as const;
      const plain = firm('某公司', creditCode('MA5F1234'));
      const first = await register.identify({ ...plain, acting: finance }, used('a'));
      expect(first.acting).toEqual(finance);
      expect(await register.identify({ ...plain, acting: finance }, used('a'))).toEqual(first);
      const second = await register.identify({ ...plain, acting: { role: 'unknown' } }, used('b'));
      expect(second).toEqual({ ...first, acting: { role: 'unknown' } });
      const acting = async () =>
        (await register.find(creditCode('MA5F1234')))?.certificates.map((each) => each.acting);
      expect(await acting()).toEqual([finance, { role: 'unknown' }]);
      expect((await register.find(creditCode('MA5F1234')))?.identity.acting).toBeUndefined();
      // Its profile reads the role otherwise by now.
      await register.identify({ ...plain, acting: { role: 'agent' } }, used('a'));
      expect(await acting()).toEqual([{ role: 'agent' }, { role: 'unknown' }]);
    });

    it('reads a known certificate again when its profile reads it otherwise', async () => {
      await register.identify(citizen('', ZHANG), used('a'));
      const named = await register.identify(citizen('张三', ZHANG), used('a'));
      expect(named.name).toBe('张三');
      expect(await refusalOf(citizen('李四', ZHANG), used('a'))).toBe('ONECERT_IDENTITY_CONFLICT');
    });

    describe('refuses and queues, changing nothing else', () => {
      const unchanged = async (conflicts: number, work: () => Promise<void>): Promise<void> => {
        const before = await register.count();
        await work();
        expect(await register.count()).toEqual({ ...before, conflicts });
      };

      it('numbers of two identities', async () => {
        const passport: Identifier = { type: 'passport', value: 'E12345678' };
        const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
        const other = await register.identify(citizen('张三', passport), used('b'));
        await unchanged(1, async () => {
          const reading = citizen('张三', ZHANG, passport);
          expect(await refusalOf(reading, used('c', { at: AT + 1 }))).toBe('ONECERT_IDENTITY_CONFLICT');
          expect(await refusalOf(reading, used('c', { at: AT + 2 }))).toBe('ONECERT_IDENTITY_CONFLICT');
          expect(await register.listConflicts({ limit: 10 })).toEqual([
            {
              id: expect.any(Number) as number,
              state: 'open',
              settledAt: undefined,
              joined: undefined,
              reason: 'two-identities',
              authority: 'yuean',
              thumbprint: 'c',
              reading,
              meets: [zhang.unifiedId, other.unifiedId],
              firstAt: AT + 1,
              lastAt: AT + 2,
              times: 2,
            },
          ]);
        });
        expect((await register.find(passport))?.identity).toEqual(other);
        expect((await register.find(ZHANG))?.certificates).toHaveLength(1);
      });

      it('another name for a number', async () => {
        const { unifiedId } = await register.identify(firm('某公司', creditCode('MA5F1234')), used('a'));
        await unchanged(1, async () => {
          const renamed = firm('另一公司', creditCode('MA5F1234'), taxNumber('MA5F1234'));
          expect(await refusalOf(renamed, used('b'))).toBe('ONECERT_IDENTITY_CONFLICT');
        });
        expect(await register.listConflicts({ limit: 1 })).toMatchObject([
          { reason: 'different-name', meets: [unifiedId] },
        ]);
        expect((await register.find(creditCode('MA5F1234')))?.identity).toEqual({
          ...firm('某公司', creditCode('MA5F1234')),
          unifiedId,
        });
      });

      it('another unified code around one organisation code', async () => {
        await register.identify(firm('某公司', creditCode('MA5F1234')), used('a'));
        const moved: Identifier = {
          type: 'unified-social-credit-code',
          value: enterprise('MA5F1234', '91440100'),
        };
        await unchanged(1, async () => {
          expect(await refusalOf(firm('某公司', moved), used('b'))).toBe('ONECERT_IDENTITY_CONFLICT');
        });
        expect(await register.listConflicts({ limit: 1 })).toMatchObject([{ reason: 'different-number' }]);
      });

      it('a certificate that contradicts itself', async () => {
        await unchanged(1, async () => {
          await register.recordContradiction(used('x'));
          await register.recordContradiction(used('x', { at: AT + HOUR }));
        });
        expect(await register.listConflicts({ limit: 10 })).toMatchObject([
          { reason: 'contradictory-certificate', reading: undefined, meets: [], times: 2, lastAt: AT + HOUR },
        ]);
      });
    });

    it.each([
      ['某公司（集团）', '某公司(集团)'],
      ['某公司 （集团）', '某公司（集团）'],
      ['ＡＢＣ公司', 'abc公司'],
      ['阿依古丽·买买提', '阿依古丽•买买提'],
      ['某公司', ''],
    ])('takes %s and %s for one name', async (one, other) => {
      const { unifiedId } = await register.identify(firm(one, creditCode('MA5F1234')), used('a'));
      const again = await register.identify(firm(other, creditCode('MA5F1234')), used('b'));
      expect(again).toMatchObject({ unifiedId, name: one });
    });

    it('lists conflicts page by page, the latest first', async () => {
      for (const thumbprint of ['a', 'b', 'c']) await register.recordContradiction(used(thumbprint));
      const [first, second] = await register.listConflicts({ limit: 2 });
      expect([first?.thumbprint, second?.thumbprint]).toEqual(['c', 'b']);
      const rest = await register.listConflicts({ limit: 2, before: second?.id as number });
      expect(rest.map(({ thumbprint }) => thumbprint)).toEqual(['a']);
    });

    describe('settles conflicts as operators decide', () => {
      const PASSPORT: Identifier = { type: 'passport', value: 'E12345678' };
      const MARRIED = citizen('张四', ZHANG, PASSPORT);
      const latest = async (): Promise<Conflict> => {
        const [conflict] = await register.listConflicts({ limit: 1 });
        return conflict as Conflict;
      };
      const codeOf = async (id: number, settlement: Settlement): Promise<unknown> => {
        const before = [await register.count(), await register.conflict(id)];
        try {
          return await register.settleConflict(id, settlement, AT + 9 * HOUR);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          expect([await register.count(), await register.conflict(id)]).toEqual(before);
          return error.code;
        }
      };

      it('another name, for this certificate', async () => {
        const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
        await refusalOf(MARRIED, used('b', { at: AT + HOUR, notAfter: AT + 900 * HOUR }));
        const { id } = await latest();
        const settlement = { decision: 'join', identity: zhang.unifiedId } as const;
        const joined = await register.settleConflict(id, settlement, AT + 2 * HOUR);
        expect(joined).toMatchObject({
          state: 'joined',
          settledAt: AT + 2 * HOUR,
          joined: zhang.unifiedId,
          times: 1,
        });
        expect(await register.settleConflict(id, settlement, AT + 3 * HOUR)).toEqual(joined);
        expect(await register.conflict(id)).toEqual(joined);
        const identity = { ...citizen('张三', ZHANG, PASSPORT), unifiedId: zhang.unifiedId };
        expect(await register.identify(MARRIED, used('b', { at: AT + 4 * HOUR }))).toEqual(identity);
        expect((await register.find(PASSPORT))?.identity).toEqual(identity);
        expect((await register.identityById(zhang.unifiedId))?.certificates).toEqual([
          { thumbprint: 'a', authority: 'yuean', firstUsed: AT, lastUsed: AT },
          {
            thumbprint: 'b',
            authority: 'yuean',
            firstUsed: AT + HOUR,
            lastUsed: AT + 4 * HOUR,
            notAfter: AT + 900 * HOUR,
          },
        ]);
        expect(await register.count()).toEqual({ citizens: 1, enterprises: 0, conflicts: 0 });
        // Another certificate with that name, or this one read otherwise, is a question of its own.
        expect(await refusalOf(MARRIED, used('c'))).toBe('ONECERT_IDENTITY_CONFLICT');
        expect(await refusalOf(citizen('张五', ZHANG), used('b'))).toBe('ONECERT_IDENTITY_CONFLICT');
        expect(await register.conflict(id)).toMatchObject({ state: 'open', joined: undefined, times: 2 });
        expect((await register.conflict(id))?.settledAt).toBeUndefined();
      });

      it("taking the certificate's name, which its successors have too", async () => {
        const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
        await refusalOf(MARRIED, used('b'));
        const { id } = await latest();
        await register.settleConflict(
          id,
          { decision: 'join', identity: zhang.unifiedId, name: 'certificate' },
          AT,
        );
        const renamed = { unifiedId: zhang.unifiedId, name: '张四' };
        expect(await register.identify(MARRIED, used('c'))).toMatchObject(renamed);
        expect(await register.identify(citizen('张三', ZHANG), used('a'))).toMatchObject(renamed);
      });

      it('another number that one has for life: both are of the identity then', async () => {
        const moved: Identifier = {
          type: 'unified-social-credit-code',
          value: enterprise('MA5F1234', '91440100'),
        };
        const old = await register.identify(firm('某公司', creditCode('MA5F1234')), used('a'));
        await refusalOf(firm('某公司', moved), used('b'));
        const { id } = await latest();
        await register.settleConflict(id, { decision: 'join', identity: old.unifiedId }, AT);
        for (const [thumbprint, code] of [
          ['b', moved],
          ['c', moved],
          ['d', creditCode('MA5F1234')],
        ] as const) {
          const again = await register.identify(firm('某公司', code), used(thumbprint));
          expect(again.unifiedId).toBe(old.unifiedId);
          expect(again.identifiers).toHaveLength(2);
        }
      });

      it('two identities become one, under the older id', async () => {
        const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
        const other = await register.identify(citizen('', PASSPORT), used('b', { at: AT + 1 }));
        const third: Identifier = { type: 'hmt-permit', value: 'H12345678' };
        const reading = citizen('张三', ZHANG, PASSPORT, third);
        await refusalOf(reading, used('c', { at: AT + 2 }));
        const { id } = await latest();
        const settlement = { decision: 'join', identity: other.unifiedId } as const;
        const before = [await register.count(), await register.conflict(id)];
        expect(await register.planSettlement(id, settlement)).toEqual({
          act: 'join',
          kept: zhang.unifiedId,
          merged: [other.unifiedId],
          renames: false,
        });
        expect(await register.planSettlement(id, { decision: 'keep-refused' })).toEqual({
          act: 'keep-refused',
        });
        const unknown = { ...settlement, identity: 'nobody' } as const;
        await expect(register.planSettlement(id, unknown)).rejects.toMatchObject({
          code: 'ONECERT_CHANGE_INVALID',
        });
        expect([await register.count(), await register.conflict(id)]).toEqual(before);
        const joined = await register.settleConflict(id, settlement, AT + 3);
        expect(joined).toMatchObject({ state: 'joined', joined: zhang.unifiedId });
        expect(await register.settleConflict(id, settlement, AT + 4)).toEqual(joined);
        expect(await register.planSettlement(id, settlement)).toEqual({ act: 'nothing' });
        expect(await register.count()).toEqual({ citizens: 1, enterprises: 0, conflicts: 0 });
        const merged = { ...reading, unifiedId: zhang.unifiedId };
        for (const [thumbprint, each] of [
          ['b', citizen('', PASSPORT)],
          ['c', reading],
          ['d', citizen('张三', third)],
        ] as const) {
          expect(await register.identify(each, used(thumbprint))).toEqual(merged);
        }
        const found = await register.identityById(other.unifiedId);
        expect(found).toEqual(await register.identityById(zhang.unifiedId));
        expect(found).toMatchObject({ identity: merged, registeredAt: AT, aliases: [other.unifiedId] });
        expect(found?.certificates.map(({ thumbprint }) => thumbprint).sort()).toEqual(['a', 'b', 'c', 'd']);
        const conflicts = await register.conflictsOf(zhang.unifiedId, 10);
        expect(conflicts.map((conflict) => conflict.id)).toEqual([id]);
        expect(await register.conflictsOf(other.unifiedId, 10)).toEqual(conflicts);
      });

      it('and the merged one is merged again', async () => {
        const permit: Identifier = { type: 'hmt-permit', value: 'H12345678' };
        const first = await register.identify(citizen('张三', ZHANG), used('a'));
        const second = await register.identify(citizen('张三', PASSPORT), used('b', { at: AT + 1 }));
        const third = await register.identify(citizen('张三', permit), used('c', { at: AT + 2 }));
        await refusalOf(citizen('张三', PASSPORT, permit), used('d', { at: AT + 3 }));
        await register.settleConflict(
          (await latest()).id,
          { decision: 'join', identity: second.unifiedId },
          AT + 3,
        );
        await refusalOf(citizen('张三', ZHANG, permit), used('e', { at: AT + 4 }));
        await register.settleConflict(
          (await latest()).id,
          { decision: 'join', identity: first.unifiedId },
          AT + 4,
        );
        const found = await register.identityById(third.unifiedId);
        expect(found?.identity.unifiedId).toBe(first.unifiedId);
        expect([...(found?.aliases ?? [])].sort()).toEqual([second.unifiedId, third.unifiedId].sort());
      });

      it('keeps refused what was kept refused, and counts', async () => {
        const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
        await refusalOf(MARRIED, used('b'));
        const { id } = await latest();
        const kept = await register.settleConflict(id, { decision: 'keep-refused' }, AT + 1);
        expect(kept).toMatchObject({ state: 'kept-refused', settledAt: AT + 1, joined: undefined });
        expect(await register.settleConflict(id, { decision: 'keep-refused' }, AT + 2)).toEqual(kept);
        expect(await refusalOf(MARRIED, used('b', { at: AT + 3 }))).toBe('ONECERT_IDENTITY_CONFLICT');
        expect(await register.conflict(id)).toEqual({ ...kept, times: 2, lastAt: AT + 3 });
        expect(await register.count()).toMatchObject({ conflicts: 0 });
        // Minds are changed one way only.
        await register.settleConflict(id, { decision: 'join', identity: zhang.unifiedId }, AT + 4);
        expect(await register.identify(MARRIED, used('b'))).toMatchObject({ unifiedId: zhang.unifiedId });
        expect(await codeOf(id, { decision: 'keep-refused' })).toBe('ONECERT_CHANGE_SETTLED');
      });

      it('lists them by state', async () => {
        for (const thumbprint of ['a', 'b', 'c']) await register.recordContradiction(used(thumbprint));
        const [c, b, a] = (await register.listConflicts({ limit: 9 })).map(({ id }) => id);
        await register.settleConflict(b as number, { decision: 'keep-refused' }, AT);
        const ids = async (page: ConflictPage): Promise<readonly number[]> =>
          (await register.listConflicts(page)).map(({ id }) => id);
        expect(await ids({ limit: 9, state: 'open' })).toEqual([c, a]);
        expect(await ids({ limit: 9, state: 'open', before: c as number })).toEqual([a]);
        expect(await ids({ limit: 9, state: 'kept-refused' })).toEqual([b]);
        expect(await ids({ limit: 9, state: 'joined' })).toEqual([]);
        expect(await ids({ limit: 9 })).toEqual([c, b, a]);
      });

      it('never two people with a citizen ID number each', async () => {
        const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
        await register.identify(citizen('李四', LI, PASSPORT), used('b'));
        await refusalOf(MARRIED, used('c'));
        expect((await latest()).reason).toBe('two-identities');
        const join = { decision: 'join', identity: zhang.unifiedId } as const;
        expect(await codeOf((await latest()).id, join)).toBe('ONECERT_CHANGE_INVALID');
      });

      it('nothing that it does not say', async () => {
        const zhang = await register.identify(citizen('张三', ZHANG), used('a'));
        const li = await register.identify(citizen('李四', LI), used('b'));
        const join = (identity: string) => ({ decision: 'join', identity }) as const;
        await refusalOf(MARRIED, used('c'));
        const { id } = await latest();
        expect(await codeOf(id + 1, join(zhang.unifiedId))).toBe('ONECERT_CHANGE_UNKNOWN');
        expect(await codeOf(id + 1, { decision: 'keep-refused' })).toBe('ONECERT_CHANGE_UNKNOWN');
        expect(await register.conflict(id + 1)).toBeUndefined();
        expect(await register.identityById('nobody')).toBeUndefined();
        expect(await register.conflictsOf('nobody', 9)).toEqual([]);
        expect(await codeOf(id, join(li.unifiedId))).toBe('ONECERT_CHANGE_INVALID');
        expect(await codeOf(id, join('nobody'))).toBe('ONECERT_CHANGE_INVALID');
        await register.recordContradiction(used('x'));
        expect(await codeOf((await latest()).id, join(zhang.unifiedId))).toBe('ONECERT_CHANGE_INVALID');
        // The passport was nobody's when the operator looked.
        await register.identify(citizen('李四', PASSPORT, LI), used('d'));
        expect(await codeOf(id, join(zhang.unifiedId))).toBe('ONECERT_CHANGE_STALE');
      });
    });
  });
};
