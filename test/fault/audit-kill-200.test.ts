import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { entriesOf, newFolder } from '../unit/audit/written-log.ts';

const program = fileURLToPath(new URL('./audit-small-load.ts', import.meta.url));
const KILLS = 200;
/** Logs that are killed side by side. */
const LOGS = 4;

/**
 * Runs the load and kills it: `afterMs` after its first acknowledgement, or, where that is negative, so long before one
 * is to be expected, in the middle of its start. Resolves with what it said was acknowledged.
 */
const runAndKill = (args: readonly string[], env: NodeJS.ProcessEnv, afterMs: number): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env });
    let said = '';
    const kill = (ms: number): unknown => setTimeout(() => child.kill('SIGKILL'), ms);
    child.stdout.setEncoding('utf8');
    if (afterMs < 0) kill(-afterMs);
    else child.stdout.once('data', () => kill(afterMs));
    child.stdout.on('data', (text: string) => {
      said += text;
    });
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(said.split('\n').slice(0, -1));
      else reject(new Error('the load ended by itself'));
    });
  });

describe('the audit log, its tree and its checkpoints', () => {
  it(`lose no acknowledged entry and verify after ${KILLS} SIGKILLs at random points`, async () => {
    const home = newFolder();
    const pem = join(home, 'audit.key');
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    // A process that starts faster is killed more often in the same time.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(home, 'compiled') };
    await promisify(execFile)(process.execPath, [program, join(home, 'first'), '0', pem, 'end'], { env });
    const kill = async (log: number): Promise<void> => {
      const folder = join(home, `log-${log}`);
      const acknowledged: string[] = [];
      let started = false;
      for (let round = 1; round <= KILLS / LOGS; round++) {
        // One in five before or while it starts.
        const afterMs = started && randomInt(5) === 0 ? -randomInt(1, 200) : randomInt(0, 30);
        const said = await runAndKill([folder, String(round), pem], env, afterMs);
        started = true;
        acknowledged.push(...said);
        if (round % 25 === 0) expect(await verifyAuditLog(folder)).toMatchObject({ ok: true });
      }
      const kept = new Set(entriesOf(folder).map((entry) => entry['reference']));
      expect(acknowledged.length).toBeGreaterThan(KILLS / LOGS);
      expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
      const report = await verifyAuditLog(folder);
      expect(report).toMatchObject({ ok: true });
      expect(report.checkpoints).toBeGreaterThan(KILLS / LOGS / 2);
    };
    await Promise.all(Array.from({ length: LOGS }, (_, log) => kill(log)));
  }, 300_000);
});
