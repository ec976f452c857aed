import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chainLine, EMPTY_LOG, type Head } from '../../../src/audit/line.ts';
import { readSignIns } from '../../../src/audit/read-sign-ins.ts';
import { segmentPath } from '../../../src/audit/segment-files.ts';

describe('sign-ins read from the audit log', () => {
  let folder: string;
  let head: Head;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-sign-ins-'));
    head = EMPTY_LOG;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const line = (fields: object): string => {
    const chained = chainLine(head, 1_000 + head.seq, JSON.stringify(fields));
    head = chained.head;
    return `${chained.line}\n`;
  };
  const signIn = (unifiedId: string, more: object = {}): string =>
    line({
      event: 'sign-in',
      at: 5,
      from: '192.0.2.1',
      proof: 'mutual-tls',
      unifiedId,
      authority: 'a',
      thumbprint: 't',
      ...more,
    });
  const call = (unifiedId: string, padding = 0): string =>
    line({ event: 'call', at: 5, unifiedId, path: '/'.padEnd(padding, 'x') });
  const segment = (number: number, text: string): void => writeFileSync(segmentPath(folder, number), text);
  const seqs = async (unifiedId: string, options?: Parameters<typeof readSignIns>[2]): Promise<number[]> =>
    (await readSignIns(folder, unifiedId, options)).map(({ seq }) => seq);

  it('are those of one identity, the latest first, through all segments', async () => {
    segment(1, signIn('anna') + signIn('bela') + call('anna') + signIn('anna'));
    segment(2, signIn('anna') + call('bela'));
    segment(3, '');
    expect(await readSignIns(folder, 'anna')).toEqual([
      expect.objectContaining({ seq: 5, from: '192.0.2.1', proof: 'mutual-tls', authority: 'a', at: 5 }),
      expect.objectContaining({ seq: 4 }),
      expect.objectContaining({ seq: 1 }),
    ]);
    expect(await seqs('bela')).toEqual([2]);
    expect(await seqs('nobody')).toEqual([]);
    const [last] = await readSignIns(folder, 'bela');
    expect(readFileSync(segmentPath(folder, 1), 'utf8')).toContain(`,"hash":"${last?.hash}"}`);
  });

  it('are found wherever the pieces that are read begin and end', async () => {
    // Lines of many lengths over several megabytes: some sign-ins lie across the bounds of pieces.
    let text = '';
    const expected: number[] = [];
    for (let index = 0; index < 900; index++) {
      text += call('bela', 1 + ((index * 7919) % 9_000));
      if (index % 3 === 0) {
        text += signIn('anna');
        expected.unshift(head.seq);
      }
    }
    segment(1, text);
    expect(text.length).toBeGreaterThan(3 * 1024 * 1024);
    expect(await seqs('anna', { limit: 1_000 })).toEqual(expected);
    expect(await seqs('anna', { limit: 7 })).toEqual(expected.slice(0, 7));
    const bounded = await seqs('anna', { limit: 1_000, maxBytes: 1024 * 1024 });
    expect(bounded.length).toBeLessThan(expected.length);
    expect(bounded).toEqual(expected.slice(0, bounded.length));
  });

  it('leave out what was tampered with, is not whole, or names the identity elsewhere', async () => {
    const good = signIn('anna');
    const tampered = signIn('anna').replace('192.0.2.1', '192.0.2.9');
    const quoted = line({ event: 'sign-in', at: 1, unifiedId: 'bela', from: '"unifiedId":"anna"' });
    segment(1, `garbage "unifiedId":"anna"\n${good}${tampered}${quoted}${signIn('anna').slice(0, -1)}`);
    expect(await seqs('anna')).toEqual([1]);
  });

  it.each(['', '"', 'a"b', '.*', 'x'.repeat(65)])('are none for what is no unified id: %j', async (id) => {
    segment(1, signIn(id));
    expect(await seqs(id)).toEqual([]);
  });
});
