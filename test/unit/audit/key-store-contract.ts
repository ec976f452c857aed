import { identityOwner, monthOwner } from '../../../src/audit/personal-fields.ts';
import type { AuditKeyStore } from '../../../src/audit/key-store.ts';

/** What every AuditKeyStore does. `open` opens the same store once more, as another process would. */
export const describeKeyStore = (name: string, open: () => Promise<AuditKeyStore>): void => {
  describe(`${name}: keys of the audit log`, () => {
    let store: AuditKeyStore;
    let other: AuditKeyStore;
    beforeEach(async () => {
      store = await open();
      other = await open();
    });
    afterEach(async () => {
      await store.close();
      await other.close();
    });
    const anna = identityOwner('anna');

    it('makes an owner one key, whoever asks, and names it by a handle that says nothing', async () => {
      const [first, second] = await Promise.all([store.keyOf(anna), other.keyOf(anna)]);
      expect(first).toEqual(second);
      expect(first.holder).toMatch(/^[\w-]{22}$/);
      expect(first.key).toHaveLength(32);
      const bela = await store.keyOf(identityOwner('bela'));
      expect(bela.holder).not.toBe(first.holder);
      expect(Buffer.compare(bela.key, first.key)).not.toBe(0);
    });

    it('finds keys by owner and by handle, and makes none then', async () => {
      expect(await store.find(anna)).toBeUndefined();
      const made = await store.keyOf(anna);
      expect(await other.find(anna)).toEqual(made);
      const many = Array.from({ length: 600 }, (_, index) => `nobody-${index}`);
      expect([...(await other.keysOf([...many, made.holder]))]).toEqual([[made.holder, made]]);
      expect(await store.count()).toEqual({ identities: 1, months: 0 });
    });

    it('destroys a key for good: the owner gets another one, the handle leads nowhere', async () => {
      const { holder } = await store.keyOf(anna);
      const bela = await store.keyOf(identityOwner('bela'));
      expect(await other.destroy(anna)).toBe(holder);
      expect(await store.destroy(anna)).toBeUndefined();
      expect([...(await store.keysOf([holder, bela.holder])).keys()]).toEqual([bela.holder]);
      expect((await store.keyOf(anna)).holder).not.toBe(holder);
    });

    it('destroys months before one, and no identity', async () => {
      const at = (month: number): number => Date.UTC(2026, month - 1, 15);
      const months = await Promise.all([3, 4, 5].map((month) => store.keyOf(monthOwner(at(month)))));
      await store.keyOf(identityOwner('month:2026-03'));
      expect(await store.destroyMonthsBefore('2026-05')).toEqual(
        months.slice(0, 2).map(({ holder }) => holder),
      );
      expect(await other.count()).toEqual({ identities: 1, months: 1 });
      expect(await other.find(monthOwner(at(5)))).toEqual(months[2]);
    });
  });
};
