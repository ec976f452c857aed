import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAuditWriter, type AuditWriter } from '../../src/audit/writer.ts';
import {
  call,
  entriesOf,
  linesOf,
  logKeys,
  newFolder,
  record,
  segmentsOf,
} from '../unit/audit/written-log.ts';

const program = fileURLToPath(new URL('../../src/cli/onecert.ts', import.meta.url));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
const onecert = (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=onecert-source', program, 'audit', ...args],
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

describe('onecert audit, beside a gateway that writes the log', () => {
  const home = newFolder();
  const folder = join(home, 'audit');
  const archive = join(home, 'archive');
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const checkpoints = { origin: 'gateway.example/audit/one', keys: logKeys(key), everyMs: 10 };
  const file = (name: string, text: string): string => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  let writer: AuditWriter;
  let lines: string[];
  let vkey: string;
  beforeAll(async () => {
    writer = await startAuditWriter({ folder, segmentBytes: 3_000, checkpoints });
    for (let number = 1; number <= 40; number++) await record(writer.sink, call(number), 'synced');
    lines = segmentsOf(folder).flatMap(linesOf);
    // Signed at most so often; the rest follows.
    while (writer.stats().checkpoint < 40) await new Promise((resolve) => setTimeout(resolve, 10));
    vkey = (await onecert('key', folder)).stdout.trim();
  });
  afterAll(() => writer.close());

  it('verifies, proves to a third party, retires and still proves', async () => {
    const verified = await onecert('verify', folder, '--key', vkey);
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('40 entries, 1 to 40') as string,
    });
    expect((await onecert('verify', folder)).stdout).toContain('The key came from the folder itself');
    const mailed = file('mailed', (await onecert('checkpoint', folder)).stdout);
    expect(readFileSync(mailed, 'utf8')).toMatch(/^gateway\.example\/audit\/one\n40\n/);

    const proof = file('proof.json', (await onecert('prove', '7', '--folder', folder)).stdout);
    expect(await onecert('check-proof', proof, '--key', vkey)).toMatchObject({
      code: 0,
      stdout: 'The proof holds: entry 7 is in the log gateway.example/audit/one of 40 entries.\n',
    });
    const forged = file('forged.json', readFileSync(proof, 'utf8').replace('call-7', 'call-8'));
    expect(await onecert('check-proof', forged, '--key', vkey)).toMatchObject({
      code: 1,
      stderr: 'the line is not the one that the proof is of\n',
    });
    expect(await onecert('prove', '4711', '--folder', folder)).toMatchObject({ code: 1, stdout: '' });
    expect(await onecert('verify', folder, '--key', 'nonsense')).toMatchObject({ code: 2 });

    // The first two segments are old enough, and whatever was written in the same millisecond.
    const { written } = JSON.parse(linesOf(segmentsOf(folder)[1] ?? '').at(-1) ?? '') as { written: number };
    const before = new Date(written + 1).toISOString();
    const retired = await onecert('retire', folder, '--before', before, '--archive', archive);
    expect(retired).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Retired: segments 1 to ') as string,
    });
    expect(existsSync(join(folder, '00000001.log'))).toBe(false);
    expect(entriesOf(folder).at(-1)).toMatchObject({ event: 'change', what: 'audit-retirement', archive });
    await record(writer.sink, call(41), 'synced');
    while (writer.stats().checkpoint < 42) await new Promise((resolve) => setTimeout(resolve, 10));

    const now = await onecert('verify', folder, '--key', vkey, '--checkpoint', mailed);
    expect(now).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('are retired: their hashes fit') as string,
    });
    expect((await onecert('verify', archive, '--key', vkey, '--archive')).stdout).toMatch(
      /entries, 1 to \d+: the chain/,
    );

    const keptLine = file('line', `${lines[2] ?? ''}\n`);
    const old = file(
      'old.json',
      (await onecert('prove', '3', '--folder', folder, '--line', keptLine)).stdout,
    );
    expect(await onecert('check-proof', old, '--key', vkey)).toMatchObject({ code: 0 });
    const grown = file('grown.json', (await onecert('prove', '--from', mailed, '--folder', folder)).stdout);
    expect(await onecert('check-proof', grown, '--key', vkey)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('of 42 entries continues what it was') as string,
    });
  }, 120_000);

  it('retires nothing of a log that does not verify', async () => {
    const broken = newFolder();
    const other = await startAuditWriter({ folder: broken, segmentBytes: 3_000, checkpoints });
    for (let number = 1; number <= 20; number++) await record(other.sink, call(number));
    await other.close();
    rmSync(join(broken, '00000001.hashes'));
    const ran = await onecert('retire', broken, '--before', '2999-01-01');
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was retired') as string });
    expect(existsSync(join(broken, '00000001.log'))).toBe(true);
  }, 60_000);
});
