import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../../src/audit/entry.ts';
import { startAuditWriter, type AuditWriter } from '../../src/audit/writer.ts';
import { composeAudit, type Audit } from '../../src/server/audit.ts';
import { openKeyRing } from '../../src/storage/key-ring.ts';
import { entriesOf, linesOf, newFolder, record, segmentsOf } from '../unit/audit/written-log.ts';
import { COMPILED, onecert, type CommandResult } from './city-command.ts';

const entry = (event: AuditEntry['event'], unifiedId: string, more: object = {}): AuditEntry => ({
  event,
  at: Date.UTC(2026, 10, 24, 8),
  unifiedId,
  thumbprint: `of-${unifiedId}`,
  from: '192.0.2.7',
  service: 'census',
  department: 'statistics',
  ...more,
});

describe('onecert audit', () => {
  let data: string;
  let writer: AuditWriter;
  let audit: Audit;
  const open = async (): Promise<void> => {
    const keys = openKeyRing(join(data, 'keys'));
    writer = await startAuditWriter({ folder: join(data, 'audit') });
    audit = await composeAudit({
      data,
      folder: join(data, 'audit'),
      keyFolder: join(data, 'keys'),
      keys,
      exports: [],
      writer,
      log: () => undefined,
    });
  };
  const close = async (): Promise<void> => {
    await audit.close();
    await writer.close();
  };
  const run = (...args: string[]): Promise<CommandResult> =>
    onecert(['audit', ...args, '--data', data], { ...process.env, ...COMPILED });
  const changes = (): object[] => entriesOf(join(data, 'audit')).filter(({ event }) => event === 'change');

  beforeAll(async () => {
    data = newFolder();
    await open();
    await record(audit.sink, entry('sign-in', 'anna'));
    await record(audit.sink, entry('call', 'anna', { path: '/people/440305199001011234' }));
    await record(audit.sink, entry('refusal', 'bela', { code: 'ONECERT_SERVICE_NOT_FOUND', path: '=1+1' }));
  });
  afterAll(async () => {
    await close();
    rmSync(data, { recursive: true });
  });

  const asks = (): void => {
    it('shows what is in the clear to whoever may read the log, and asks for a reason for the rest', async () => {
      await audit.signInsOf('anna');
      const before = changes().length;
      const clear = await run(
        'search',
        '--service',
        'census',
        '--code',
        'ONECERT_SERVICE_NOT_FOUND',
        '--json',
      );
      expect(clear.code).toBe(0);
      expect(JSON.parse(clear.stdout)).toMatchObject({ seq: 3, event: 'refusal' });
      expect(clear.stdout).not.toContain('bela');
      for (const args of [['--open'], ['--identity', 'anna'], ['--certificate', 'of-anna']])
        expect((await run('search', ...args)).code).toBe(2);
      expect(changes()).toHaveLength(before);
    });

    it('an empty folder does not verify, and what cannot be written is one line', async () => {
      const empty = newFolder();
      const verified = await onecert(['audit', 'verify', empty], { ...process.env, ...COMPILED });
      expect(verified).toMatchObject({ code: 1, stdout: expect.stringContaining('is empty') as string });
      const exported = await run('export', '--output', empty);
      expect([exported.code, exported.stderr.trim().split('\n')]).toEqual([
        5,
        [expect.stringContaining(empty)],
      ]);
      rmSync(empty, { recursive: true });
    });

    it('says that nothing was found, and that there is no such code', async () => {
      expect(await run('search', '--service', 'nowhere')).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'no entry is like that\n',
      });
      expect(await run('search', '--code', 'ONECERT_SERVICE_NOT_ENROLLED')).toMatchObject({ code: 2 });
    });

    it('opens entries of one identity once who and why stand in the log', async () => {
      const found = await run('search', '--identity', 'anna', '--open', '--reason', 'complaint 7', '--json');
      const lines = found.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(lines).toMatchObject([
        { seq: 2, event: 'call', unifiedId: 'anna', path: '/people/440305199001011234' },
        { seq: 1, event: 'sign-in', from: '192.0.2.7' },
      ]);
      expect(changes().at(-1)).toMatchObject({
        what: 'audit-search',
        reason: 'complaint 7',
        actor: expect.stringMatching(/^command:/) as string,
        filter: expect.stringContaining('holder') as string,
      });
      expect(JSON.stringify(changes())).not.toContain('anna');
      const [page] = (await run('search', '--before', '3', '--limit', '1', '--json')).stdout.split('\n');
      expect(JSON.parse(page ?? '')).toMatchObject({ seq: 2 });
    });

    it('exports sealed lines as they stand, and opened ones with a reason', async () => {
      const sealed = await run('export', '--to', '2026-11-24T09:00:00Z');
      expect(sealed.stdout.trim().split('\n')).toEqual(
        segmentsOf(join(data, 'audit')).flatMap(linesOf).slice(0, 3),
      );
      expect((await run('export', '--open')).code).toBe(2);
      const csv = await run('export', '--open', '--reason', 'yearly audit', '--format', 'csv');
      expect(csv.stdout).toContain(',/people/440305199001011234,anna,of-anna,192.0.2.7,');
      expect(csv.stdout).toContain(",'=1+1,bela,");
      expect(changes().at(-1)).toMatchObject({ what: 'audit-export', reason: 'yearly audit' });
    });
  };
  describe('beside a running gateway', asks);

  it('makes the index anew beside a running gateway', async () => {
    const rebuilt = await run('index', '--rebuild');
    expect(rebuilt).toMatchObject({ code: 0, stdout: expect.stringContaining('up to') as string });
    expect(await audit.signInsOf('anna')).toMatchObject([{ seq: 1 }]);
    expect(changes().at(-1)).toMatchObject({ what: 'audit-index' });
  });

  describe('where none runs', () => {
    beforeAll(close);
    afterAll(open);
    it('does the same in its place', async () => {
      const found = await run('search', '--identity', 'anna', '--open', '--reason', 'complaint 8', '--json');
      expect(found.stdout).toContain('"from":"192.0.2.7"');
      expect(changes().at(-1)).toMatchObject({ what: 'audit-search', reason: 'complaint 8' });
    });
    it('with another field.key says that the old one has to be put back, and is no defect', async () => {
      const file = join(data, 'keys/field.key');
      const kept = readFileSync(file);
      writeFileSync(file, Buffer.alloc(32, 7));
      const found = await run('search', '--identity', 'anna', '--open', '--reason', 'complaint 9');
      writeFileSync(file, kept);
      expect(found).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('put the old key back') as string,
      });
    });
  });

  it('erases: unreadable everywhere from then on, the log as it was, an entry that names nobody', async () => {
    const before = readFileSync(segmentsOf(join(data, 'audit'))[0] ?? '');
    const destroyed: string[] = [];
    audit.onDestroyed = async (holder) => destroyed.push(holder);
    expect((await run('erase', '--identity', 'anna', '--reason', 'asked for')).code).toBe(2);
    const erased = await run('erase', '--identity', 'anna', '--reason', 'asked for', '--yes');
    expect(erased).toMatchObject({ code: 0, stdout: 'The key is destroyed.\n' });
    expect(changes().at(-1)).toMatchObject({
      what: 'audit-erase',
      reason: 'asked for',
      erased: destroyed[0],
    });
    expect(
      readFileSync(segmentsOf(join(data, 'audit'))[0] ?? '')
        .subarray(0, before.length)
        .equals(before),
    ).toBe(true);
    expect(await audit.signInsOf('anna')).toEqual([]);
    const opened = await run('export', '--open', '--reason', 'looks', '--format', 'csv');
    expect(opened.stdout).not.toContain('anna');
    expect(opened.stdout).toContain('bela');
    expect((await run('search', '--identity', 'anna', '--reason', 'looks')).code).toBe(1);
    expect((await run('erase', '--identity', 'anna', '--reason', 'again', '--yes')).code).toBe(1);
    // Who comes back has another key.
    await record(audit.sink, entry('sign-in', 'anna'));
    expect(await audit.signInsOf('anna')).toHaveLength(1);
  });
});
