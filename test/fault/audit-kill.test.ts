import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { entriesOf, newFolder } from '../unit/audit/written-log.ts';

const program = fileURLToPath(new URL('./audit-load.ts', import.meta.url));

/** Runs the load until it is killed, `afterMs` after its first acknowledgement; what it said was acknowledged. */
const runAndKill = (folder: string, round: number, afterMs: number): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, folder, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8');
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs));
    child.stdout.on('data', (text: string) => {
      said += text;
    });
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error('the load ended by itself'));
      // A last line without its end may be cut in the middle of a name.
      else resolve(said.split('\n').slice(0, -1));
    });
  });

describe('the audit log of a process that is killed under load', () => {
  it('has every acknowledged entry, in a whole chain, 20 times in a row', async () => {
    const folder = newFolder();
    const acknowledged: string[] = [];
    for (let round = 1; round <= 20; round++) {
      const said = await runAndKill(folder, round, randomInt(0, 50));
      expect(said.length).toBeGreaterThan(0);
      acknowledged.push(...said);
      if (round % 5 === 0) expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
    }
    const kept = new Set(entriesOf(folder).map((entry) => entry['reference']));
    expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
  }, 300_000);
});
