import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readVerifierKeys } from '../../src/audit/checkpoint/checkpoints-file.ts';
import { startAuditWriter } from '../../src/audit/writer.ts';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { openKeyRing } from '../../src/storage/key-ring.ts';
import { newFolder } from '../unit/audit/written-log.ts';

const program = fileURLToPath(new URL('./audit-key-load.ts', import.meta.url));
const KILLS = 10;

/** Kills it so long after it has begun; resolves with the versions it said are in use. */
const runAndKill = (args: readonly string[], env: NodeJS.ProcessEnv, afterMs: number): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env });
    let said = '';
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs));
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(said.split('\n').slice(1, -1));
      else reject(new Error(`the load ended by itself: ${said}`));
    });
  });

describe('the key of the audit log', () => {
  it(`leads from each version to the next through ${KILLS} SIGKILLs while it changes`, async () => {
    const home = newFolder();
    const [folder, keyFolder] = [join(home, 'audit'), join(home, 'keys')];
    const env = { ...process.env, NODE_COMPILE_CACHE: join(home, 'compiled') };
    const used = new Set<string>();
    for (let kill = 1; kill <= KILLS; kill++) {
      for (const version of await runAndKill([folder, keyFolder], env, randomInt(0, 500))) used.add(version);
      const report = await verifyAuditLog(folder);
      expect(report).toMatchObject({ ok: true });
    }
    const keys = openKeyRing(keyFolder).versions('audit.key');
    const checkpoints = { origin: 'gateway.example/audit/one', keys };
    const writer = await startAuditWriter({ folder, checkpoints });
    await writer.close();
    const known = await readVerifierKeys(folder);
    expect(known.length).toBeGreaterThanOrEqual(used.size);
    expect(used.size).toBeGreaterThan(KILLS);
    // Some of the many, and the first and the last.
    const asked = known.filter((_key, index) => index % Math.ceil(known.length / 12) === 0);
    for (const key of new Set([...asked, ...known.slice(-1)])) {
      expect(await verifyAuditLog(folder, { keys: [key] })).toMatchObject({ ok: true });
    }
  }, 120_000);
});
