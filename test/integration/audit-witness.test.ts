import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { latestCheckpoint } from '../../src/audit/checkpoint/checkpoints-file.ts';
import { COSIGNATURE, noteSigner } from '../../src/audit/checkpoint/note.ts';
import { startAuditWriter, type AuditWriter } from '../../src/audit/writer.ts';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { call, logKeys, newFolder, record } from '../unit/audit/written-log.ts';

const program = fileURLToPath(new URL('./witness-server.ts', import.meta.url));
const pem = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

/** Bounded by the time that a test has. */
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('a witness of the audit log', () => {
  const origin = 'gateway.example/audit/one';
  const logPem = pem();
  const logKey = noteSigner(origin, logPem).verifierKey;
  const witnessPem = pem();
  const witnessKey = noteSigner('witness.example/w1', witnessPem, COSIGNATURE).verifierKey;
  const home = newFolder();
  const processes: ChildProcess[] = [];
  const writers: AuditWriter[] = [];
  const complaints: string[] = [];

  const startWitness = async (
    known = logKey,
    state = 'state.json',
  ): Promise<{ url: string; stop: () => Promise<void> }> => {
    writeFileSync(join(home, 'witness.pem'), witnessPem);
    const args = [program, witnessKey.name, join(home, 'witness.pem'), join(home, state), known.text];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    processes.push(child);
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
      child.once('error', reject).once('exit', () => reject(new Error('the witness ended')));
    });
    const stop = (): Promise<void> =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      });
    return { url: `http://127.0.0.1:${port}`, stop };
  };
  const start = async (folder: string, url: string, keys = logKeys(logPem)): Promise<AuditWriter> => {
    const writer = await startAuditWriter({
      folder,
      checkpoints: { origin, keys, everyMs: 10, witnesses: [{ url, key: witnessKey }] },
      log: (level, message, fields) => complaints.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
    writers.push(writer);
    return writer;
  };
  const cosigned = (writer: AuditWriter): number => writer.witnesses()[0]?.cosigned ?? 0;
  const recordSome = async (writer: AuditWriter, count: number): Promise<void> => {
    for (let number = 1; number <= count; number++) await record(writer.sink, call(number), 'synced');
  };
  afterAll(async () => {
    for (const writer of writers) await writer.close().catch(() => undefined);
    for (const child of processes) child.kill();
  });

  it('cosigns what only grew, also after both were started again; a log rolled back or made anew is found', async () => {
    const folder = join(home, 'log');
    const first = await startWitness();
    let writer = await start(folder, first.url);
    await recordSome(writer, 30);
    await until(() => cosigned(writer) === 30);
    await writer.close();
    const earlier = join(home, 'earlier');
    cpSync(folder, earlier, { recursive: true });

    await first.stop();
    const second = await startWitness();
    writer = await start(folder, second.url);
    await recordSome(writer, 25);
    await until(() => cosigned(writer) === 55);
    const note =
      (await latestCheckpoint(folder, ({ note: { signatures } }) => signatures.length === 2))?.text ?? '';

    // Away: nothing is refused, and what comes meanwhile is cosigned later.
    await second.stop();
    await recordSome(writer, 20);
    await until(() => writer.witnesses()[0]?.healthy === false);
    expect(writer.stats()).toMatchObject({ healthy: 1, seq: 75 });
    await writer.close();
    const third = await startWitness();
    writer = await start(folder, third.url);
    await recordSome(writer, 1);
    await until(() => cosigned(writer) === 76);
    await writer.close();

    const whole = await verifyAuditLog(folder, { keys: [logKey], witnesses: [witnessKey] });
    expect(whole).toMatchObject({
      ok: true,
      entries: 76,
      cosigned: [{ witness: 'witness.example/w1', size: 76 }],
    });
    const outside = { file: 'mailed', text: note };
    const options = { keys: [logKey], witnesses: [witnessKey], checkpoint: outside };
    expect(await verifyAuditLog(folder, options)).toMatchObject({ ok: true });

    // Rolled back to an earlier copy, which is whole by itself: the checkpoint elsewhere and the witness find it.
    expect(await verifyAuditLog(earlier, { keys: [logKey] })).toMatchObject({ ok: true, entries: 30 });
    expect((await verifyAuditLog(earlier, options)).problem?.what).toMatch(/cut off/);
    complaints.length = 0;
    const back = await start(earlier, third.url);
    await recordSome(back, 3);
    await until(() => complaints.some((line) => /^error .*it was rolled back/.test(line)));
    expect(cosigned(back)).toBe(0);
    // And when it has caught up in length, it is still another log.
    await recordSome(back, 60);
    await until(() => complaints.some((line) => /^error .*refuses the proof/.test(line)));
    expect(cosigned(back)).toBe(0);
    await back.close();

    // Made anew by somebody who holds all the log's keys.
    const anew = join(home, 'anew');
    const forger = await startAuditWriter({
      folder: anew,
      checkpoints: { origin, keys: logKeys(logPem), everyMs: 10 },
    });
    await recordSome(forger, 90);
    await forger.close();
    expect(await verifyAuditLog(anew, { keys: [logKey] })).toMatchObject({ ok: true, entries: 90 });
    expect((await verifyAuditLog(anew, options)).problem?.what).toMatch(/written anew/);
    expect((await verifyAuditLog(anew, { keys: [logKey], witnesses: [witnessKey] })).problem?.what).toMatch(
      /no checkpoint is cosigned/,
    );
    // With the cosigned checkpoints put in from the true log.
    rmSync(join(anew, 'checkpoints'));
    cpSync(join(folder, 'checkpoints'), join(anew, 'checkpoints'));
    expect((await verifyAuditLog(anew, { keys: [logKey], witnesses: [witnessKey] })).problem).toMatchObject({
      file: join(anew, 'checkpoints'),
      what: expect.stringContaining('another one than this checkpoint') as string,
    });
    expect(readdirSync(anew)).toContain('verifier-keys');
  }, 60_000);

  it('goes on over a change of the key that signs, whichever of the two it knows; with the old one alone, no longer', async () => {
    const folder = join(home, 'rotated');
    const nextPem = pem();
    const nextKey = noteSigner(origin, nextPem).verifierKey;
    const [old, next] = logKeys(logPem, nextPem);
    if (old === undefined || next === undefined) throw new Error('two versions');
    complaints.length = 0;
    const knowsOld = await startWitness(logKey, 'rotated.json');
    let writer = await start(folder, knowsOld.url);
    await recordSome(writer, 5);
    await until(() => cosigned(writer) === 5);
    writer.useKeys([old, next]);
    // The entry that announces it.
    await until(() => cosigned(writer) === 6);
    await recordSome(writer, 4);
    await until(() => cosigned(writer) === 10);
    const both = (await latestCheckpoint(folder))?.note.signatures.map(({ id }) => id) ?? [];
    expect(both).toEqual(expect.arrayContaining([logKey.id, nextKey.id]));
    writer.useKeys([next]);
    await until(() =>
      complaints.some((line) => /^warn .*knows none of the keys that the log signs with/.test(line)),
    );
    expect(cosigned(writer)).toBe(10);
    expect(writer.stats()).toMatchObject({ healthy: 1, seq: 11 });
    await writer.close();
    await knowsOld.stop();

    const knowsNext = await startWitness(nextKey, 'rotated.json');
    writer = await start(folder, knowsNext.url, [next]);
    await recordSome(writer, 4);
    await until(() => cosigned(writer) === 15);
    await writer.close();
    for (const keys of [[logKey], [nextKey], [logKey, nextKey]]) {
      expect(await verifyAuditLog(folder, { keys, witnesses: [witnessKey] })).toMatchObject({
        ok: true,
        cosigned: [{ witness: 'witness.example/w1', size: 15 }],
      });
    }

    // One that was told of the next key while both sign.
    const again = join(home, 'rotated-early');
    const early = await startWitness(nextKey, 'early.json');
    writer = await start(again, early.url);
    await recordSome(writer, 3);
    expect(cosigned(writer)).toBe(0);
    writer.useKeys([old, next]);
    await until(() => cosigned(writer) === 4);
    expect(await verifyAuditLog(again, { keys: [logKey], witnesses: [witnessKey] })).toMatchObject({
      ok: true,
    });
  }, 60_000);
});
