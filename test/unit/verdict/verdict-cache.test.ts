import { cacheVerdicts } from '../../../src/verdict/verdict-cache.ts';
import { makeAuthority, makeLeaf, NOW } from '../../conformance/chains/make-certificate.ts';
import { extension } from '../../conformance/chains/test-extensions.ts';
import { countingJudge, trustIn } from './test-judge.ts';

const root = makeAuthority({ subject: 'Root' });
const issuing = makeAuthority({ issuer: root, subject: 'Issuing' });
const leaf = makeLeaf({ issuer: issuing });
const chain = [leaf.der, issuing.der];
const copyOf = (ders: readonly Uint8Array[]): Uint8Array[] => ders.map((der) => Uint8Array.from(der));

const setUp = (capacity?: number) => {
  const epochs = { trust: 1, revocation: 1 };
  const list = trustIn(1, [root]);
  const { judge, count } = countingJudge(() => list, [root, issuing]);
  const cached = cacheVerdicts(
    judge,
    { trust: () => epochs.trust, revocation: () => epochs.revocation },
    capacity,
  );
  return { cached, count, epochs };
};

describe('A remembered verdict', () => {
  it('is given again for the same certificates, whatever buffers they come in', async () => {
    const { cached, count } = setUp();
    const first = await cached(chain, NOW);
    expect(first.outcome).toBe('good');
    expect(await cached(copyOf(chain), NOW + 1000)).toBe(first);
    expect(count()).toBe(1);
  });

  it('is not that of the same leaf with other certificates behind it', async () => {
    const { cached, count } = setUp();
    expect((await cached([leaf.der], NOW)).outcome).toBe('refused');
    expect((await cached(chain, NOW)).outcome).toBe('good');
    expect((await cached([leaf.der, issuing.der, root.der], NOW)).outcome).toBe('good');
    expect((await cached([leaf.der, root.der, issuing.der], NOW)).outcome).toBe('good');
    expect(count()).toBe(4);
  });

  it('is not that of bytes put together otherwise', async () => {
    const { cached, count } = setUp();
    const whole = Buffer.concat(chain);
    for (const cut of [0, 1, leaf.der.length, whole.length])
      await cached([whole.subarray(0, cut), whole.subarray(cut)], NOW);
    await cached([whole], NOW);
    await cached([], NOW);
    expect(count()).toBe(6);
  });

  it('is remembered with certificates too long to be compared', async () => {
    const { cached, count } = setUp();
    const large = makeAuthority({
      issuer: root,
      subject: 'Large',
      extensions: [extension('1.3.6.1.4.1.99999.2', Buffer.alloc(9000))],
    });
    await cached([leaf.der, issuing.der, large.der], NOW);
    await cached(copyOf([leaf.der, issuing.der, large.der]), NOW);
    expect(count()).toBe(1);
  });

  it('falls with either epoch, with its time, and with a clock set back', async () => {
    const { cached, count, epochs } = setUp();
    const { validUntil } = await cached(chain, NOW);
    await cached(chain, validUntil - 1);
    expect(count()).toBe(1);
    await cached(chain, validUntil);
    expect(count()).toBe(2);
    await cached(chain, NOW);
    expect(count()).toBe(3);
    epochs.trust++;
    await cached(chain, NOW);
    expect(count()).toBe(4);
    epochs.trust--;
    epochs.revocation++;
    await cached(chain, NOW);
    expect(count()).toBe(5);
  });

  it('is reached once for all who ask at the same time', async () => {
    const { cached, count } = setUp();
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => cached(copyOf(chain), NOW)));
    expect(new Set(verdicts).size).toBe(1);
    expect(count()).toBe(1);
  });

  it('under an epoch that moved while it was waited for is reached again, once', async () => {
    const { cached, count, epochs } = setUp();
    const asked = [cached(chain, NOW), cached(chain, NOW), cached(chain, NOW)];
    epochs.revocation = 2;
    await Promise.all(asked);
    // The judge says 1 for ever: nobody is kept waiting for a verdict of the new epoch, and nobody turns in circles.
    expect(count()).toBeLessThanOrEqual(3);
  });

  it('is not made of a judge that failed', async () => {
    let count = 0;
    const cached = cacheVerdicts(
      () => {
        count++;
        return Promise.reject(new Error('a defect'));
      },
      { trust: () => 1, revocation: () => 1 },
    );
    await expect(cached(chain, NOW)).rejects.toThrow('a defect');
    await expect(cached(chain, NOW)).rejects.toThrow('a defect');
    expect(count).toBe(2);
  });
});

describe('What is remembered is bounded', () => {
  it('least recently used out first', async () => {
    const { cached, count } = setUp(2);
    const another = (): Uint8Array[] => [makeLeaf({ issuer: issuing }).der, issuing.der];
    const [a, b, c] = [another(), another(), another()];
    await cached(a, NOW);
    await cached(b, NOW);
    await cached(a, NOW);
    await cached(c, NOW);
    expect(count()).toBe(3);
    await cached(a, NOW);
    await cached(c, NOW);
    expect(count()).toBe(3);
    await cached(b, NOW);
    expect(count()).toBe(4);
  });

  it('made-up certificates push out no good verdict, and few of them are kept', async () => {
    const { cached, count } = setUp();
    await cached(chain, NOW);
    const madeUp = (number: number): Uint8Array[] => [Buffer.from(`no certificate ${number}`)];
    for (let number = 0; number < 3000; number++) await cached(madeUp(number), NOW);
    expect(count()).toBe(3001);
    await cached(chain, NOW);
    await cached(madeUp(2999), NOW);
    expect(count()).toBe(3001);
    await cached(madeUp(0), NOW);
    expect(count()).toBe(3002);
  });
});
