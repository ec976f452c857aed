import type { AuditEntry, AuditSink } from '../../../src/audit/entry.ts';
import { createSessionEnds } from '../../../src/server/session-ends.ts';
import type { Session } from '../../../src/signin/session.ts';
import { eventually } from '../../integration/city.ts';

const session = (key: string): Session =>
  ({ key, unifiedId: 'somebody', thumbprint: 't', authority: 'yuean', createdAt: 1 }) as unknown as Session;

describe('sessions that the gateway ends', () => {
  const open = () => {
    const kept = new Map(['a', 'b'].map((key) => [key, session(key)]));
    const written: AuditEntry[] = [];
    const log = { broken: false, lines: [] as string[] };
    const audit: AuditSink = {
      record: (entry, durability, done) => {
        expect(durability).toBe('synced');
        if (!log.broken) written.push(entry);
        setImmediate(done, log.broken ? new Error('no space left') : undefined);
      },
      get healthy() {
        return !log.broken;
      },
    };
    const ends = createSessionEnds({
      sessions: {
        end: async (key) => kept.delete(key),
        pages: async function* () {
          yield [...kept.values()];
        },
        endAllOf: async () => 0,
      },
      audit,
      log: {
        warn: (_fields, message) => void log.lines.push(message),
        info: (_fields, message) => void log.lines.push(message),
      },
      clock: () => 7,
      againMs: 10,
    });
    return { ends, written, log, kept };
  };
  const WHY = { cause: 'certificate-refused', code: 'ONECERT_CERTIFICATE_REVOKED' } as const;

  it('are recorded once, by who ended them', async () => {
    const { ends, written } = open();
    const both = await Promise.all([ends.end(session('a'), WHY), ends.end(session('a'), WHY)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(written).toMatchObject([
      { event: 'session-end', at: 7, by: 'gateway', ...WHY, unifiedId: 'somebody', begunAt: 1 },
    ]);
    expect(await ends.endAll({ authority: 'yuean' }, WHY)).toBe(1);
    expect(written).toHaveLength(2);
    ends.close();
  });

  it('end also while the log cannot be written, and are recorded when it is back', async () => {
    const { ends, written, log, kept } = open();
    log.broken = true;
    expect(await ends.endAll({ authority: 'yuean' }, WHY)).toBe(2);
    expect([kept.size, written.length]).toEqual([0, 0]);
    log.broken = false;
    await eventually('the entries are written', () => written.length === 2);
    await eventually('that is said', () => log.lines.length >= 2);
    expect(log.lines.at(-1)).toBe('ends of sessions are recorded');
    ends.close();
  });
});
