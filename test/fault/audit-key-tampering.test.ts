import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latestCheckpoint, verifierKeysPath } from '../../src/audit/checkpoint/checkpoints-file.ts';
import { keyEntry } from '../../src/audit/checkpoint/key-entries.ts';
import { noteSigner, type NoteSigner, type VerifierKey } from '../../src/audit/checkpoint/note.ts';
import { startAuditWriter } from '../../src/audit/writer.ts';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { makeEd25519Key } from '../../src/storage/key-catalogue.ts';
import { call, entriesOf, logKeys, newFolder, record } from '../unit/audit/written-log.ts';
import { forge } from './forge-log.ts';

const origin = 'gateway.example/audit/one';
const pems = [makeEd25519Key(), makeEd25519Key()] as const;
const keys = logKeys(...pems);
const [old, young] = pems.map((pem) => noteSigner(origin, pem)) as [NoteSigner, NoteSigner];
/** Of somebody who is not the gateway. */
const foreign = noteSigner(origin, makeEd25519Key());

const start = (folder: string, versions: typeof keys) =>
  startAuditWriter({ folder, checkpoints: { origin, keys: versions, everyMs: 0 } });
const write = async (folder: string, versions: typeof keys, from: number, count: number): Promise<void> => {
  const writer = await start(folder, versions);
  for (let number = from; number < from + count; number++) await record(writer.sink, call(number), 'synced');
  await writer.close();
};
const copy = (of: string): string => {
  const folder = newFolder();
  cpSync(of, folder, { recursive: true });
  return folder;
};
const verify = (folder: string, ...given: readonly NoteSigner[]) =>
  verifyAuditLog(folder, { keys: given.map(({ verifierKey }) => verifierKey) });
const problemOf = async (folder: string, ...given: readonly NoteSigner[]): Promise<string> =>
  (await verify(folder, ...given)).problem?.what ?? 'none';
const announcement = (key: VerifierKey) => keyEntry('made', 1, key, 1_700_000_000_000);

describe('keys of the log, before somebody who writes its folder', () => {
  /** Under the old key alone; with the new one announced; with the old one retired. */
  let alone: string;
  let both: string;
  let retired: string;
  beforeAll(async () => {
    alone = newFolder();
    await write(alone, keys.slice(0, 1), 1, 10);
    both = copy(alone);
    await write(both, keys, 11, 10);
    retired = copy(both);
    await write(retired, keys.slice(1), 21, 10);
    for (const folder of [alone, both, retired])
      expect(await verify(folder, old)).toMatchObject({ ok: true });
    for (const folder of [both, retired]) expect(await verify(folder, young)).toMatchObject({ ok: true });
    expect(entriesOf(retired).filter(({ what }) => what === 'key')).toHaveLength(2);
  }, 60_000);

  it('an announcement that no checkpoint of a known key covers leads nowhere', async () => {
    for (const [log, given] of [
      [alone, [old]],
      [both, [old]],
      [both, [young]],
      [both, [old, young]],
      [retired, [old]],
      [retired, [young]],
    ] as const) {
      const folder = copy(log);
      await forge(folder, origin, [announcement(foreign.verifierKey), call(31)], [foreign]);
      expect(await problemOf(folder, ...given)).toContain(`signed with ${foreign.verifierKey.text}`);
      // Named beside the log, too.
      writeFileSync(verifierKeysPath(folder), `${foreign.verifierKey.text}\n`, { flag: 'a' });
      expect(await problemOf(folder, ...given)).toContain(`signed with ${foreign.verifierKey.text}`);
    }
  });

  it('nor does the gateway sign it, though it was written while no gateway ran', async () => {
    const folder = copy(both);
    await forge(folder, origin, [call(21), announcement(foreign.verifierKey), call(22)], []);
    await expect(start(folder, keys)).rejects.toThrow(
      /entry 23 announces a key that is no version of audit\.key; run "onecert audit verify"/,
    );
    const crashed = copy(alone);
    await forge(crashed, origin, [announcement(young.verifierKey)], []);
    await (await start(crashed, keys)).close();
    expect(await verify(crashed, old)).toMatchObject({ ok: true });
  });

  it('a checkpoint of a foreign key is found, with whatever name beside the log', async () => {
    for (const [log, given] of [
      [alone, [old]],
      [both, [old]],
      [both, [young]],
      [both, [old, young]],
      [retired, [young]],
      [retired, [old]],
    ] as const) {
      const folder = copy(log);
      await forge(folder, origin, [call(31)], [foreign]);
      expect(await problemOf(folder, ...given)).toContain('not signed with a key of this log that is known');
      await expect(start(folder, keys.slice(1))).rejects.toThrow(
        /not signed with the key of this log|signed with no version of audit\.key/,
      );
      writeFileSync(verifierKeysPath(folder), `${foreign.verifierKey.text}\n`, { flag: 'a' });
      expect(await problemOf(folder, ...given)).toMatch(/this checkpoint is (?:not )?signed with /);
    }
  });

  it('a checkpoint that only a stolen old key has signed is none once the next one was announced', async () => {
    for (const log of [both, retired]) {
      const folder = copy(log);
      await forge(folder, origin, [call(31)], [old]);
      for (const given of [[old], [young], [old, young], [young, old]]) {
        expect(await problemOf(folder, ...given)).toMatch(
          /^this checkpoint is not signed with .*, which signs since entry 11 announced it$/,
        );
      }
      expect((await verifyAuditLog(folder)).ok).toBe(false);
      // Nor does he get on with a key of his own that he announces.
      const led = copy(log);
      await forge(led, origin, [announcement(foreign.verifierKey)], [old, foreign]);
      for (const given of [[young], [old, young]]) {
        expect(await problemOf(led, ...given)).toContain('which was not given and which no entry announces');
      }
    }
  });

  it('nor does the gateway go on with one, though the public keys beside the log say so', async () => {
    for (const log of [alone, retired]) {
      const folder = copy(log);
      await forge(folder, origin, [call(31)], [old]);
      writeFileSync(verifierKeysPath(folder), `${old.verifierKey.text}\n`);
      await expect(start(folder, keys.slice(1))).rejects.toThrow('is signed with no version of audit.key');
    }
  });

  it('a log cut back to before the announcement and continued with the stolen key shows to who knows the next', async () => {
    const folder = copy(alone);
    await forge(folder, origin, [call(11), call(12)], [old]);
    // What is left open: who knows the old key only.
    expect(await verify(folder, old)).toMatchObject({ ok: true });
    for (const given of [[young], [old, young]]) {
      expect(await problemOf(folder, ...given)).toContain('and none behind it is');
    }
    const later = { file: 'mailed', text: (await latestCheckpoint(retired))?.text ?? '' };
    const options = { keys: [old.verifierKey], checkpoint: later };
    expect((await verifyAuditLog(folder, options)).problem?.what).toContain('cut off');
    await forge(folder, origin, [announcement(foreign.verifierKey)], [old, foreign]);
    expect((await verify(folder, old)).ledTo).toMatchObject([{ key: foreign.verifierKey.text }]);
    for (const given of [[young], [old, young]]) {
      expect(await problemOf(folder, ...given)).toMatch(/and none behind it is|was not given/);
    }
  });

  it('keys taken out of those beside the log, or changed, are missed; put in, they are never believed', async () => {
    const [first = '', second = ''] = readFileSync(verifierKeysPath(retired), 'utf8').trim().split('\n');
    expect([first, second]).toEqual([old.verifierKey.text, young.verifierKey.text]);
    const as = (...lines: readonly string[]): string => {
      const folder = copy(retired);
      writeFileSync(verifierKeysPath(folder), lines.map((line) => `${line}\n`).join(''));
      return folder;
    };
    for (const folder of [as(second), as(foreign.verifierKey.text, second), as(first.slice(0, -8), second)]) {
      expect(await problemOf(folder, young)).toContain('not signed with a key of this log that is known');
      expect(await verify(folder, old)).toMatchObject({ ok: true });
    }
    const swapped = as(second, first);
    for (const given of [[old], [young], []])
      expect(await verify(swapped, ...given)).toMatchObject({ ok: true });
    const added = as(first, foreign.verifierKey.text, second);
    for (const given of [[old], [young], []]) {
      const report = await verify(added, ...given);
      expect(report).toMatchObject({ ok: true });
      expect(JSON.stringify(report)).not.toContain(foreign.verifierKey.text);
    }
    await expect(start(as(first, second, foreign.verifierKey.text), keys.slice(1))).rejects.toThrow(
      `the log is signed with ${foreign.verifierKey.text}`,
    );
    await expect(start(as(first), keys.slice(0, 1))).rejects.toThrow('not signed with the key of this log');
  });

  it('a checkpoint put in at a size where it is right is found where the log’s own key signs', async () => {
    const folder = copy(alone);
    const path = join(folder, 'checkpoints');
    const body = (await latestCheckpoint(alone))?.note.body ?? '';
    writeFileSync(path, `\n${body}\n${foreign.sign(body)}`, { flag: 'a' });
    writeFileSync(verifierKeysPath(folder), `${foreign.verifierKey.text}\n`, { flag: 'a' });
    const text = readFileSync(path, 'utf8');
    expect((await verify(folder, old)).ok).toBe(false);
    // Before all others, too.
    const own = text.slice(0, text.lastIndexOf(`\n${body}`));
    writeFileSync(path, `${body}\n${foreign.sign(body)}\n${own}`);
    expect((await verify(folder, old)).ok).toBe(false);
  });
});
