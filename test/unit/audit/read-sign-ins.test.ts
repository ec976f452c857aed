import { readFileSync, writeFileSync } from 'node:fs';
import type { AuditEntry } from '../../../src/audit/entry.ts';
import { identityOwner } from '../../../src/audit/personal-fields.ts';
import { readSignIns } from '../../../src/audit/read-sign-ins.ts';
import { openIndexedLog, type IndexedLog } from './indexed-log.ts';
import { record, segmentsOf } from './written-log.ts';

const signIn = (unifiedId: string, more: object = {}): AuditEntry => ({
  event: 'sign-in',
  at: 5,
  from: '192.0.2.1',
  proof: 'mutual-tls',
  unifiedId,
  authority: 'a',
  thumbprint: 't',
  ...more,
});
const call = (unifiedId: string): AuditEntry => ({ event: 'call', at: 5, unifiedId, path: '/' });

describe('sign-ins read from the audit log', () => {
  let log: IndexedLog;
  beforeEach(async () => {
    log = await openIndexedLog({ segmentBytes: 1_000 });
  });
  afterEach(() => log.close());

  const read = async (unifiedId: string, limit?: number) => {
    await log.follower.catchUp();
    return readSignIns(log, unifiedId, limit);
  };
  const seqs = async (unifiedId: string, limit?: number): Promise<number[]> =>
    (await read(unifiedId, limit)).map(({ seq }) => seq);

  it('are those of one identity, the latest first, through all segments', async () => {
    await log.record(
      signIn('anna'),
      signIn('bela'),
      call('anna'),
      signIn('anna'),
      signIn('anna'),
      call('bela'),
    );
    expect(segmentsOf(log.folder).length).toBeGreaterThan(1);
    const found = await read('anna');
    expect(found).toEqual([
      expect.objectContaining({ seq: 5, from: '192.0.2.1', proof: 'mutual-tls', authority: 'a', at: 5 }),
      expect.objectContaining({ seq: 4, thumbprint: 't' }),
      expect.objectContaining({ seq: 1 }),
    ]);
    expect(await seqs('anna', 2)).toEqual([5, 4]);
    expect(await seqs('bela')).toEqual([2]);
    expect(await seqs('nobody')).toEqual([]);
    const text = segmentsOf(log.folder)
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    expect(text).toContain(`,"hash":"${found[0]?.hash}"}`);
    expect(text).not.toMatch(/anna|bela|192\.0\.2\.1/);
  });

  it('are those of before entries were sealed as well', async () => {
    await record(log.plain, signIn('anna'));
    await log.record(signIn('anna'));
    expect(await seqs('anna')).toEqual([2, 1]);
  });

  it('leave out what was tampered with, and whose key is destroyed', async () => {
    await log.record(signIn('anna'), signIn('anna'), signIn('bela'));
    await log.follower.catchUp();
    const [file = ''] = segmentsOf(log.folder);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"proof":"mutual-tls"', '"proof":"mutual-tlz"'));
    expect(await seqs('anna')).toEqual([2]);
    const holder = await log.keys.destroy(identityOwner('anna'));
    log.opener.forget(holder ?? '');
    expect(await seqs('anna')).toEqual([]);
    expect(await seqs('bela')).toEqual([3]);
  });

  it.each(['', '"', 'a"b', '.*', 'x'.repeat(65)])('are none for what is no unified id: %j', async (id) => {
    await log.record(signIn(id));
    expect(await seqs(id)).toEqual([]);
  });
});
