import { createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AuditEntry, AuditSink } from '../../../src/audit/entry.ts';
import type { HolderKey } from '../../../src/audit/key-store.ts';
import {
  identityOwner,
  monthOwner,
  PERSONAL_FIELDS,
  type KeyOwner,
} from '../../../src/audit/personal-fields.ts';
import { sealEntry, unsealEntry, type ReadEntry } from '../../../src/audit/seal-entry.ts';
import { createSealingSink } from '../../../src/audit/sealing-sink.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { openIndexedLog } from './indexed-log.ts';
import { entriesOf, record, segmentsOf } from './written-log.ts';

const CALL: AuditEntry = {
  event: 'call',
  at: Date.UTC(2026, 10, 24),
  reference: 'r',
  unifiedId: 'anna',
  thumbprint: 'T'.repeat(43),
  from: '192.0.2.7',
  path: '/people/440305199001011234',
  service: 'census',
};

describe('sealed entries', () => {
  const key = createSecretKey(randomBytes(32));
  const sealed = sealEntry(CALL, 'h', key) as ReadEntry;

  it('hold nothing personal in the clear, and everything else', () => {
    expect(sealed).toMatchObject({
      event: 'call',
      at: CALL.at,
      reference: 'r',
      service: 'census',
      holder: 'h',
    });
    for (const name of PERSONAL_FIELDS) expect(sealed[name]).toBeUndefined();
    expect(JSON.stringify(sealed)).not.toMatch(/anna|TTT|192\.0\.2|4403/);
  });

  it('open to what they were', () => {
    expect(unsealEntry(sealed, key)).toEqual({ ...CALL, holder: 'h' });
  });

  it('do not open with another key, in another entry, under another handle, or changed', () => {
    const text = sealed['sealed'] as string;
    const flipped = (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    const bent = text.slice(0, -4) + (text.endsWith('AAAA') ? 'BBBB' : 'AAAA');
    expect(unsealEntry(sealed, createSecretKey(randomBytes(32)))).toBeUndefined();
    for (const change of [
      { at: 1 },
      { event: 'refusal' },
      { holder: 'i' },
      { sealed: flipped },
      { sealed: bent },
      { sealed: '' },
      { sealed: 'AQ' },
    ])
      expect(unsealEntry({ ...sealed, ...change }, key)).toBeUndefined();
  });

  it('never use a nonce twice', () => {
    const nonces = Array.from({ length: 2_000 }, () =>
      Buffer.from(String(sealEntry(CALL, 'h', key)['sealed']), 'base64url').toString('hex', 1, 13),
    );
    expect(new Set(nonces).size).toBe(nonces.length);
  });
});

describe('createSealingSink', () => {
  const keyed = () => {
    const asked: KeyOwner[] = [];
    const kept: AuditEntry[] = [];
    const inner: AuditSink = {
      healthy: true,
      record: (entry, _durability, done) => {
        kept.push(entry);
        setImmediate(done);
      },
    };
    let answer = async (owner: KeyOwner): Promise<HolderKey> => ({
      holder: `of ${owner}`,
      key: randomBytes(32),
    });
    const keyOf = (owner: KeyOwner): Promise<HolderKey> => {
      asked.push(owner);
      return answer(owner);
    };
    return { asked, kept, inner, keyOf, answerWith: (next: typeof answer) => (answer = next) };
  };

  it('asks for a key once, keeps the order of an identity, and leaves alone what tells of nobody', async () => {
    const { asked, kept, inner, keyOf } = keyed();
    const sink = createSealingSink(inner, { keyOf });
    await Promise.all([1, 2, 3].map((number) => record(sink, { ...CALL, number })));
    await record(sink, { ...CALL, number: 4 });
    await record(sink, { event: 'start', at: 1 });
    expect(asked).toEqual([identityOwner('anna')]);
    expect(kept.map((entry) => entry['number'])).toEqual([1, 2, 3, 4, undefined]);
    expect(kept[4]).toEqual({ event: 'start', at: 1 });
  });

  it('seals what knows no identity under the key of its month', async () => {
    const { asked, kept, inner, keyOf } = keyed();
    const sink = createSealingSink(inner, { keyOf });
    await record(sink, { event: 'refusal', at: Date.UTC(2026, 0, 31), from: '192.0.2.7' });
    expect(asked).toEqual(['month:2026-01']);
    expect(monthOwner(Date.UTC(2026, 0, 31))).toBe('month:2026-01');
    expect(kept[0]?.['from']).toBeUndefined();
  });

  it('refuses what it has no key for, and asks again', async () => {
    const { kept, inner, keyOf, answerWith } = keyed();
    const sink = createSealingSink(inner, { keyOf });
    answerWith(() => Promise.reject(new Error('disk full')));
    await expect(record(sink, CALL)).rejects.toMatchObject({ name: 'AuditUnavailableError' });
    expect(kept).toEqual([]);
    answerWith(async () => ({ holder: 'h', key: randomBytes(32) }));
    await record(sink, CALL);
    expect(kept).toHaveLength(1);
  });

  it('uses a key no more once it is destroyed, or was kept for too long', async () => {
    const { asked, inner, keyOf } = keyed();
    const sink = createSealingSink(inner, { keyOf });
    await record(sink, CALL);
    sink.forget('of identity:anna');
    await record(sink, CALL);
    expect(asked).toHaveLength(2);
    const stale = createSealingSink(inner, { keyOf }, { keepMs: -1 });
    await record(stale, CALL);
    await record(stale, CALL);
    expect(asked).toHaveLength(4);
    const small = createSealingSink(inner, { keyOf }, { capacity: 1 });
    for (const unifiedId of ['anna', 'bela', 'anna']) await record(small, { ...CALL, unifiedId });
    expect(asked).toHaveLength(7);
  });
});

describe('destroying a key', () => {
  it('makes entries unreadable and leaves every byte of the log as it was', async () => {
    const log = await openIndexedLog();
    await log.record(CALL, { ...CALL, unifiedId: 'bela' });
    const before = readFileSync(segmentsOf(log.folder)[0] ?? '');
    expect((await log.opener.open(entriesOf(log.folder)))[0]).toMatchObject({ unifiedId: 'anna' });
    const holder = await log.keys.destroy(identityOwner('anna'));
    log.opener.forget(holder ?? '');
    const [anna, bela] = await log.opener.open(entriesOf(log.folder));
    expect(anna?.['unifiedId']).toBeUndefined();
    expect(anna).toMatchObject({ holder, service: 'census' });
    expect(bela).toMatchObject({ unifiedId: 'bela' });
    expect(readFileSync(segmentsOf(log.folder)[0] ?? '').equals(before)).toBe(true);
    await log.close();
    expect(await verifyAuditLog(log.folder)).toMatchObject({ ok: true, entries: 2 });
  });
});
