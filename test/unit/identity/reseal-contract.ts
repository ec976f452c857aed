import { randomBytes } from 'node:crypto';
import type { SubjectReading } from '../../../src/identity/identity.ts';
import type { IdentityRegister, ReadingContext } from '../../../src/identity/register.ts';
import type { Resealing } from '../../../src/identity/reseal.ts';
import type { KeyVersion } from '../../../src/storage/key-version.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { citizenIdNumber, enterprise, organisationCode } from './invented-numbers.ts';

/** Kept versions as of now, of both keys, and the time that says which is in use. */
export interface RotatingKeys {
  readonly fieldKey: () => readonly KeyVersion[];
  readonly hashKey: () => readonly KeyVersion[];
  readonly clock: () => number;
}

/** An empty store, to be opened (by several at once) with these keys. */
export type OpenStore = () => Promise<(keys: RotatingKeys) => Promise<IdentityRegister & Resealing>>;

const version = (number: number): KeyVersion => ({
  version: number,
  key: randomBytes(32),
  createdAt: 0,
  usedFrom: number * 1_000,
});
const person = (name: string, day: string): SubjectReading => ({
  kind: 'citizen',
  identifiers: [{ type: 'citizen-id-number', value: citizenIdNumber(`4403051990${day}123`) }],
  name,
});
const ZHANG = person('张三丰', '0307');
const LI = person('李四光', '0412');
const FIRM: SubjectReading = {
  kind: 'enterprise',
  identifiers: [{ type: 'unified-social-credit-code', value: enterprise('MA5DA0X1') }],
  name: '鹏城某某有限公司',
};
const FIRM_BY_CODE: SubjectReading = {
  ...FIRM,
  identifiers: [{ type: 'organisation-code', value: organisationCode('MA5DA0X1') }],
};
const used = (thumbprint: string, at = 0): ReadingContext => ({ authority: 'yuean', thumbprint, at });

/** What any form of the register does while its keys are rotated. */
export const describeResealing = (form: string, openStore: OpenStore): void => {
  describe(`the ${form} register while its keys are rotated`, () => {
    const [first, second] = [version(0), version(1)];
    const [firstHash, secondHash] = [version(0), version(1)];
    let now = 0;
    let kept = { field: [first], hash: [firstHash] };
    const keys: RotatingKeys = {
      fieldKey: () => kept.field,
      hashKey: () => kept.hash,
      clock: () => now,
    };
    let open: Awaited<ReturnType<OpenStore>>;
    let register: IdentityRegister & Resealing;
    let known: readonly string[];
    beforeEach(async () => {
      now = 0;
      kept = { field: [first], hash: [firstHash] };
      open = await openStore();
      register = await open(keys);
      const identities = await Promise.all([
        register.identify(ZHANG, used('z')),
        register.identify(LI, used('l')),
        register.identify(FIRM, used('f')),
      ]);
      known = identities.map(({ unifiedId }) => unifiedId);
      await register.identify({ ...ZHANG, name: '张无忌' }, used('conflict')).catch(() => undefined);
    });
    afterEach(() => register.close());

    const rotate = (): void => {
      kept = { field: [first, second], hash: [firstHash, secondHash] };
      now = 1_000;
    };
    const resealAll = async (batch: number): Promise<number> => {
      let total = 0;
      for (let steps = 0; steps < 1_000; steps += 1) {
        const { resealed, done } = await register.reseal(batch);
        total += resealed;
        if (done) return total;
      }
      throw new Error('it does not come to an end');
    };
    const everybody = async (suffix: string): Promise<readonly string[]> => {
      const found = await Promise.all([
        register.identify(ZHANG, used(`z${suffix}`, now)),
        register.identify(LI, used(`l${suffix}`, now)),
        register.identify(FIRM_BY_CODE, used(`f${suffix}`, now)),
      ]);
      expect(found.map(({ name }) => name)).toEqual([ZHANG.name, LI.name, FIRM.name]);
      return found.map(({ unifiedId }) => unifiedId);
    };

    it('has nothing to do before', async () => {
      expect(await register.leftToReseal()).toEqual({ values: 0, hashes: 0 });
      expect(await resealAll(2)).toBe(0);
    });

    it('knows everybody between the versions: by the same certificate, and by another', async () => {
      rotate();
      expect(await everybody('')).toEqual(known);
      expect(await everybody('2')).toEqual(known);
      expect(await register.count()).toMatchObject({ citizens: 2, enterprises: 1, conflicts: 1 });
    });

    it('registers nobody anew who was registered meanwhile by one that still uses the old version', async () => {
      const late = await open({ ...keys, clock: () => 0 });
      rotate();
      const WANG = person('王五', '0520');
      const { unifiedId } = await late.identify(WANG, used('w'));
      expect((await register.identify(WANG, used('w2', now))).unifiedId).toBe(unifiedId);
      const SUN = person('孙六', '0621');
      const sun = await register.identify(SUN, used('s', now));
      expect((await late.identify(SUN, used('s2'))).unifiedId).toBe(sun.unifiedId);
      await late.close();
    });

    it('makes all anew in small batches, beginning again where it was ended, and then needs the old no more', async () => {
      rotate();
      const before = await register.leftToReseal();
      expect(before.values).toBeGreaterThan(5);
      expect(before.hashes).toBeGreaterThan(5);
      await expect(register.releaseKey('hash', 0)).rejects.toThrow(StorageError);
      await register.reseal(2);
      await register.close();
      register = await open(keys);
      await resealAll(2);
      expect(await register.leftToReseal()).toEqual({ values: 0, hashes: 0 });
      expect(await resealAll(100)).toBe(0);
      await register.releaseKey('hash', 0);
      await register.releaseKey('field', 0);
      kept = { field: [second], hash: [secondHash] };
      await register.close();
      register = await open(keys);
      expect(await everybody('')).toEqual(known);
      expect(await everybody('3')).toEqual(known);
      const [conflict] = await register.listConflicts({ limit: 2 });
      expect(conflict?.reading?.name).toBe('张无忌');
      expect(await register.count()).toMatchObject({ citizens: 2, enterprises: 1 });
    });

    it('works on while it is made anew', async () => {
      rotate();
      for (let done = false; !done;) {
        ({ done } = await register.reseal(3));
        expect(await everybody('2')).toEqual(known);
      }
    });

    it.each(['field', 'hash'] as const)(
      'does not open without a version of %s.key that it was written with',
      async (key) => {
        rotate();
        await register.identify(person('王五', '0520'), used('w', now));
        for (const missing of [0, 1]) {
          const all = { field: [first, second], hash: [firstHash, secondHash] };
          kept = { ...all, [key]: all[key].filter((each) => each.version !== missing) };
          await expect((async () => open(keys))()).rejects.toThrow(StorageError);
        }
        kept = { field: [first, second], hash: [firstHash, secondHash] };
      },
    );
  });
};
