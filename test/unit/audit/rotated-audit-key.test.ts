import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkpointBody,
  parseCheckpoint,
  type Checkpoint,
} from '../../../src/audit/checkpoint/checkpoint.ts';
import {
  checkpointsPath,
  latestCheckpoint,
  readVerifierKeys,
} from '../../../src/audit/checkpoint/checkpoints-file.ts';
import { noteSigner } from '../../../src/audit/checkpoint/note.ts';
import { TrustedKeys } from '../../../src/audit/checkpoint/trusted-keys.ts';
import { checkProof, proveConsistency, proveEntry } from '../../../src/audit/prove.ts';
import { retireSegments } from '../../../src/audit/retirement/retire.ts';
import { EMPTY_ROOT } from '../../../src/audit/tree/merkle.ts';
import { startAuditWriter, type AuditWriter } from '../../../src/audit/writer.ts';
import { verifyAuditLog, type VerifyOptions } from '../../../src/audit/verify.ts';
import { makeEd25519Key } from '../../../src/storage/key-catalogue.ts';
import { call, entriesOf, linesOf, logKeys, newFolder, record, segmentsOf } from './written-log.ts';

const origin = 'gateway.example/audit/one';
const pems = [makeEd25519Key(), makeEd25519Key(), makeEd25519Key()] as const;
const keys = logKeys(...pems);
const [first, second, third] = pems.map((pem) => noteSigner(origin, pem).verifierKey) as [
  ReturnType<typeof noteSigner>['verifierKey'],
  ReturnType<typeof noteSigner>['verifierKey'],
  ReturnType<typeof noteSigner>['verifierKey'],
];

const start = (folder: string, versions: readonly number[], everyMs = 0): Promise<AuditWriter> =>
  startAuditWriter({
    folder,
    segmentBytes: 3_000,
    checkpoints: { origin, keys: keys.filter(({ version }) => versions.includes(version)), everyMs },
  });
const use = (writer: AuditWriter, ...versions: number[]): void =>
  writer.useKeys(keys.filter(({ version }) => versions.includes(version)));
const changes = (folder: string) =>
  entriesOf(folder)
    .filter(({ what }) => what === 'key')
    .map(({ change, version, vkey, seq }) => ({ change, version, vkey, seq }));
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};
/** Resolves when the entry, and a checkpoint behind it, are there. */
const takenUp = async (writer: AuditWriter, folder: string, count: number): Promise<void> => {
  await until(() => changes(folder).length >= count);
  await until(() => writer.stats().checkpoint >= Number(changes(folder)[count - 1]?.seq));
};
const recordSome = async (writer: AuditWriter, from: number, to: number): Promise<void> => {
  for (let number = from; number <= to; number++) await record(writer.sink, call(number), 'synced');
};
const checkpointsOf = (folder: string): readonly Checkpoint[] =>
  readFileSync(checkpointsPath(folder), 'utf8')
    .split(/(?<=\n— [^\n]*\n)\n/)
    .flatMap((text) => parseCheckpoint(text) ?? []);
/** The first that covers so many entries: not every tree has one. */
const checkpointOf = (folder: string, size: number): Checkpoint => {
  const found = checkpointsOf(folder).find((each) => each.size >= size);
  if (found === undefined) throw new Error(`no checkpoint covers ${size} entries`);
  return found;
};
const idsOf = ({ note }: Checkpoint): readonly string[] => note.signatures.map(({ id }) => id);
const verify = (folder: string, ...given: VerifyOptions['keys'] & object) =>
  verifyAuditLog(folder, { keys: given });

describe('the key that signs checkpoints, rotated', () => {
  /** 10 entries under the first, announced, 10 under both, the first retired, 10 under the second. */
  let folder: string;
  /** As it was before the first version was retired. */
  let both: string;
  beforeAll(async () => {
    folder = newFolder();
    both = newFolder();
    const writer = await start(folder, [0]);
    await recordSome(writer, 1, 10);
    use(writer, 0, 1);
    await takenUp(writer, folder, 1);
    await recordSome(writer, 11, 20);
    await writer.close();
    cpSync(folder, both, { recursive: true });
    const again = await start(folder, [0, 1]);
    use(again, 1);
    await takenUp(again, folder, 2);
    await recordSome(again, 21, 30);
    await again.close();
  }, 60_000);

  it('is announced by an entry, and signs from the checkpoint on that covers it; both sign until one is retired', async () => {
    expect(changes(folder)).toEqual([
      { change: 'made', version: 1, vkey: second.text, seq: 11 },
      { change: 'retired', version: 0, vkey: first.text, seq: 22 },
    ]);
    for (const checkpoint of checkpointsOf(folder)) {
      const { size } = checkpoint;
      // One that is just being made is signed with a version that comes as well.
      const isJustBefore = size > 8 && size < 11;
      const expected = size < 9 ? [first.id] : size < 22 ? [first.id, second.id] : [second.id];
      if (!isJustBefore) expect({ size, ids: idsOf(checkpoint) }).toEqual({ size, ids: expected });
    }
    expect(checkpointsOf(folder).map(({ size }) => size)).toEqual(expect.arrayContaining([11, 22, 32]));
    expect((await readVerifierKeys(folder)).map(({ text }) => text)).toEqual([first.text, second.text]);
  });

  it('lets who knows the old key only verify, and says which to write down', async () => {
    expect(await verify(both, first)).toMatchObject({
      ok: true,
      covered: 21,
      ledTo: [{ key: second.text, seq: 11, from: undefined }],
      earlier: [],
    });
    const report = await verify(folder, first);
    expect(report).toMatchObject({ ok: true, covered: 32, earlier: [] });
    expect(report.ledTo).toEqual([{ key: second.text, seq: 11, from: 22 }]);
  });

  it('lets who knows the new key only verify, and says which signed before', async () => {
    for (const log of [both, folder]) {
      const report = await verify(log, second);
      expect(report).toMatchObject({ ok: true, ledTo: [], earlier: [{ key: first.text }] });
    }
    expect(await verify(folder, first, second)).toMatchObject({ ok: true, ledTo: [], earlier: [] });
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, keysFromFolder: true });
    expect(await verify(folder, third)).toMatchObject({
      ok: false,
      problem: { file: checkpointsPath(folder), what: expect.stringContaining('not signed with') as string },
    });
  });

  it('takes a checkpoint kept elsewhere, of either key', async () => {
    for (const at of [5, 15, 30]) {
      const { text } = checkpointOf(folder, at);
      for (const given of [[first], [second], [first, second]]) {
        const options = { keys: given, checkpoint: { file: 'mailed', text } };
        expect(await verifyAuditLog(folder, options)).toMatchObject({ ok: true });
      }
    }
    const { body } = checkpointOf(folder, 15).note;
    const foreign = `${body}\n${noteSigner(origin, pems[2]).sign(body)}`;
    const options = { keys: [second], checkpoint: { file: 'mailed', text: foreign } };
    expect((await verifyAuditLog(folder, options)).problem).toMatchObject({ file: 'mailed' });
  });

  it('proves with the keys that signed: with both over the change', async () => {
    const { text: between } = checkpointOf(folder, 15);
    const early = await proveEntry(folder, 3, { checkpoint: between });
    for (const key of [first, second]) expect(checkProof(early, [key])).toMatchObject({ seq: 3 });
    const late = await proveEntry(folder, 3);
    expect(() => checkProof(late, [first])).toThrow(`signed with ${origin}+${second.id}`);
    expect(checkProof(late, [second])).toMatchObject({ seq: 3 });
    const grown = await proveConsistency(folder, checkpointOf(folder, 5).text);
    expect(() => checkProof(grown, [second])).toThrow('not signed with');
    expect(checkProof(grown, [first, second])).toMatchObject({ kind: 'consistency', size: 32 });
    // The announcement itself, under the old key.
    expect(checkProof(await proveEntry(folder, 11, { checkpoint: between }), [first]).line).toContain(
      second.text,
    );
  });

  it('stays right where the entry that announced it is retired: the new key verifies, the old one no more', async () => {
    const copy = newFolder();
    cpSync(folder, copy, { recursive: true });
    const [, segment = ''] = segmentsOf(copy);
    const { written } = JSON.parse(linesOf(segment).at(-1) ?? '') as { written: number };
    const archive = join(newFolder(), 'archive');
    const retired = await retireSegments(copy, { before: written + 1, by: 'test', archive });
    expect(retired.at(-1)?.last).toBeGreaterThan(11);
    const writer = await start(copy, [1]);
    await recordSome(writer, 31, 33);
    await writer.close();
    expect(await verify(copy, second)).toMatchObject({ ok: true, earlier: [{ key: first.text }] });
    expect(await verify(copy, first, second)).toMatchObject({ ok: true });
    expect(await verifyAuditLog(copy)).toMatchObject({ ok: true });
    expect((await verify(copy, first)).problem?.what).toContain(`signed with ${second.text}`);
    for (const given of [[], [first], [first, second], [second]]) {
      expect(await verifyAuditLog(archive, { keys: given, archive: true })).toMatchObject({ ok: true });
    }
  });
});

describe('keys that are trusted', () => {
  const judged = (size: number, ...signers: readonly ReturnType<typeof noteSigner>[]): Checkpoint => {
    const body = checkpointBody(origin, size, EMPTY_ROOT);
    const parsed = parseCheckpoint(`${body}\n${signers.map((signer) => signer.sign(body)).join('')}`);
    if (parsed === undefined) throw new Error('not parsed');
    return parsed;
  };

  it('are announced by no entry that the checkpoint of a known key does not cover', () => {
    const [known, announced] = pems.map((pem) => noteSigner(origin, pem)) as [
      ReturnType<typeof noteSigner>,
      ReturnType<typeof noteSigner>,
    ];
    const options = { anchor: first, given: [first], noted: [], witnesses: [] };
    for (const covered of [19, 20]) {
      const trusted = new TrustedKeys(options);
      trusted.announce({ seq: 20, key: second });
      const signers = covered < 20 ? [known] : [known, announced];
      expect(typeof trusted.judge(judged(covered, ...signers), 1)).toBe('object');
      expect(typeof trusted.judge(judged(30, announced), 7)).toBe(covered < 20 ? 'string' : 'object');
    }
  });
});

describe('versions that came and went while no gateway ran', () => {
  const begun = async (): Promise<string> => {
    const folder = newFolder();
    const writer = await start(folder, [0]);
    await recordSome(writer, 1, 5);
    await writer.close();
    return folder;
  };

  it('are announced at the start, and known by the old key while it still signs', async () => {
    const folder = await begun();
    const writer = await start(folder, [0, 1]);
    await takenUp(writer, folder, 1);
    await writer.close();
    expect(changes(folder)).toEqual([{ change: 'made', version: 1, vkey: second.text, seq: 6 }]);
    const again = await start(folder, [0, 1]);
    await recordSome(again, 6, 8);
    await again.close();
    expect(changes(folder)).toHaveLength(1);
    for (const given of [[first], [second], [first, second], []]) {
      expect(await verifyAuditLog(folder, { keys: given })).toMatchObject({ ok: true, covered: 9 });
    }
  });

  it('are refused where none of them has signed the latest checkpoint, until one that has is put back', async () => {
    const folder = await begun();
    await expect(start(folder, [1])).rejects.toThrow(
      /signed with no version of audit\.key; where this gateway stood still while one was retired, put that file back/,
    );
    const writer = await start(folder, [0, 1]);
    await takenUp(writer, folder, 1);
    await writer.close();
    const again = await start(folder, [1]);
    await takenUp(again, folder, 2);
    await again.close();
    expect(changes(folder)).toEqual([
      { change: 'made', version: 1, vkey: second.text, seq: 6 },
      { change: 'retired', version: undefined, vkey: first.text, seq: 7 },
    ]);
    for (const given of [[first], [second], [first, second], []]) {
      expect(await verifyAuditLog(folder, { keys: given })).toMatchObject({ ok: true, covered: 7 });
    }
  });

  it('are the same where the log has another name than before', async () => {
    const folder = await begun();
    const checkpoints = { origin: 'gateway.example/audit/renamed', keys: keys.slice(0, 1), everyMs: 0 };
    const writer = await startAuditWriter({ folder, checkpoints });
    await recordSome(writer, 6, 7);
    await writer.close();
    expect(changes(folder)).toEqual([]);
    expect(await verifyAuditLog(folder)).toMatchObject({ ok: true, covered: 7 });
  });

  it('are refused where the newest that signed is not there', async () => {
    const folder = await begun();
    const writer = await start(folder, [0, 1]);
    await takenUp(writer, folder, 1);
    await writer.close();
    await expect(start(folder, [0])).rejects.toThrow(`the log is signed with ${second.text}`);
    const whole = await start(folder, [0, 1]);
    await whole.close();
  });

  it('of several, and of a log that begins, lead on from the first', async () => {
    const folder = newFolder();
    const writer = await start(folder, [0, 1]);
    await recordSome(writer, 1, 3);
    use(writer, 0, 1, 2);
    await takenUp(writer, folder, 2);
    use(writer, 2);
    await takenUp(writer, folder, 4);
    await recordSome(writer, 4, 6);
    await writer.close();
    expect(changes(folder).map(({ change, version }) => `${String(change)} ${String(version)}`)).toEqual([
      'made 1',
      'made 2',
      'retired 0',
      'retired 1',
    ]);
    expect((await verify(folder, first)).ledTo).toMatchObject([
      { key: second.text, from: undefined },
      { key: third.text, seq: 5 },
    ]);
    for (const key of [first, second, third]) expect(await verify(folder, key)).toMatchObject({ ok: true });
    expect((await latestCheckpoint(folder))?.note.signatures.map(({ id }) => id)).toEqual([third.id]);
  });
});
