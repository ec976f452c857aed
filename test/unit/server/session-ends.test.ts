import type { AuditEntry, AuditSink } from '../../../src/audit/entry.ts';
import { createSessionEnds } from '../../../src/server/session-ends.ts';
import type { Session } from '../../../src/signin/session.ts';
import { eventually } from '../../integration/city.ts';

const session = (key: string): Session =>
  ({ key, unifiedId: 'somebody', thumbprint: 't', authority: 'yuean', createdAt: 1 }) as unknown as Session;

describe('sessions that the gateway ends', () => {
  const open = (names: readonly string[] = ['a', 'b']) => {
    const kept = new Map(names.map((key) => [key, session(key)]));
    const written: AuditEntry[] = [];
    const log = { broken: false, keyless: false, lines: [] as string[] };
    const audit: AuditSink = {
      record: (entry, durability, done) => {
        expect(durability).toBe('synced');
        const failing = log.broken || log.keyless;
        if (!failing) written.push(entry);
        setImmediate(done, failing ? new Error('no space left') : undefined);
      },
      get healthy() {
        return !log.broken;
      },
    };
    const say = (_fields: object, message: string): void => void log.lines.push(message);
    const ends = createSessionEnds({
      sessions: {
        end: async (key) => kept.delete(key),
        pages: async function* () {
          while (kept.size > 0) yield [...kept.values()].slice(0, 2);
        },
        endAllOf: async () => 0,
      },
      audit,
      log: { warn: say, info: say, error: say },
      clock: () => 7,
      againMs: 10,
      mostOwed: 4,
    });
    return { ends, written, log, kept };
  };
  const WHY = { cause: 'certificate-refused', code: 'ONECERT_CERTIFICATE_REVOKED' } as const;
  const LOCKED = { cause: 'identity-locked', code: 'ONECERT_IDENTITY_LOCKED' } as const;

  it('are recorded once, by who ended them', async () => {
    const { ends, written } = open();
    const both = await Promise.all([ends.end(session('a'), WHY), ends.end(session('a'), WHY)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(written).toMatchObject([
      { event: 'session-end', at: 7, by: 'gateway', ...WHY, unifiedId: 'somebody', begunAt: 1 },
    ]);
    expect(await ends.endAll({ authority: 'yuean' }, WHY)).toBe(1);
    expect(written).toHaveLength(2);
    await ends.close();
  });

  it('are left while the log cannot be written, unless operators decided it: those are recorded when it is back', async () => {
    const { ends, written, log, kept } = open();
    log.broken = true;
    expect(await ends.end(session('a'), WHY)).toBe(false);
    expect([kept.size, ends.canRecord]).toEqual([2, false]);
    expect(await ends.endAll({ unifiedId: 'somebody' }, LOCKED)).toBe(2);
    expect([kept.size, written.length]).toEqual([0, 0]);
    log.broken = false;
    await eventually('the entries are written', () => written.length === 2);
    await eventually('that is said', () => log.lines.length >= 2);
    // Once, however often it was tried.
    expect(log.lines).toEqual([
      'ends of sessions cannot be recorded now; they are kept until then',
      'ends of sessions are recorded',
    ]);
    expect(ends.canRecord).toBe(true);
    await ends.close();
  });

  it('are left too where the log is well and entries fail: one is kept, no city of them', async () => {
    const { ends, written, log, kept } = open(['a', 'b', 'c']);
    log.keyless = true;
    expect(await ends.end(session('a'), WHY)).toBe(true);
    expect(await ends.end(session('b'), WHY)).toBe(false);
    expect([kept.size, ends.canRecord]).toEqual([2, false]);
    log.keyless = false;
    await eventually('it is written', () => written.length === 1);
    expect(await ends.end(session('b'), WHY)).toBe(true);
    await ends.close();
  });

  it('are kept up to a bound; the sessions beyond it are left', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `${index}`);
    const { ends, written, log, kept } = open(names);
    log.broken = true;
    await expect(ends.endAll({ unifiedId: 'somebody' }, LOCKED)).rejects.toThrow('wait to be recorded');
    expect(kept.size).toBe(20 - 6);
    log.broken = false;
    await eventually('they are written', () => written.length === 6);
    expect(await ends.endAll({ unifiedId: 'somebody' }, LOCKED)).toBe(14);
    expect(written).toHaveLength(20);
    await ends.close();
  });

  it('are written at the end where the log is back, and it is said where it is not', async () => {
    for (const isBack of [true, false]) {
      const { ends, written, log } = open();
      log.broken = true;
      await ends.endAll({ unifiedId: 'somebody' }, LOCKED);
      log.broken = !isBack;
      await ends.close();
      expect(written).toHaveLength(isBack ? 2 : 0);
      expect(log.lines.at(-1)).toMatch(isBack ? /are recorded/ : /are in no entry/);
    }
  });
});
