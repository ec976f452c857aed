import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latestCheckpoint } from '../../src/audit/checkpoint/checkpoints-file.ts';
import { noteSigner } from '../../src/audit/checkpoint/note.ts';
import { checkProof, proveConsistency, proveEntry } from '../../src/audit/prove.ts';
import { retireSegments } from '../../src/audit/retirement/retire.ts';
import { startAuditWriter } from '../../src/audit/writer.ts';
import { verifyAuditLog, type AuditLogReport } from '../../src/audit/verify.ts';
import {
  call,
  linesOf,
  logKeys,
  newFolder,
  record,
  segmentsOf,
  writeLines,
} from '../unit/audit/written-log.ts';

const SEED = 20_261_124;
const origin = 'gateway.example/audit/one';
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const { verifierKey } = noteSigner(origin, pem);
const checkpoints = { origin, keys: logKeys(pem), everyMs: 0 };

/** A log of `count` entries with a checkpoint after nearly each, and one at the end. */
const write = async (folder: string, count: number, from = 1): Promise<void> => {
  const writer = await startAuditWriter({ folder, segmentBytes: 3_000, checkpoints });
  for (let number = from; number < from + count; number++) await record(writer.sink, call(number), 'synced');
  await writer.close();
};
const verify = (folder: string): Promise<AuditLogReport> => verifyAuditLog(folder, { keys: [verifierKey] });

describe('a log that somebody has tampered with does not verify', () => {
  let whole: string;
  /** As `whole`, with its first two segments retired. */
  let retired: string;
  let kept: string[];
  beforeAll(async () => {
    whole = newFolder();
    await write(whole, 40);
    expect(segmentsOf(whole).length).toBeGreaterThanOrEqual(4);
    kept = segmentsOf(whole).flatMap(linesOf);
    retired = newFolder();
    cpSync(whole, retired, { recursive: true });
    const [, second = ''] = segmentsOf(retired);
    const { written } = JSON.parse(linesOf(second).at(-1) ?? '') as { written: number };
    const planned = await retireSegments(retired, { before: written + 1, by: 'test' });
    expect(planned.length).toBeGreaterThanOrEqual(2);
    await write(retired, 3, 41);
  }, 60_000);

  const copy = (of: string): string => {
    const folder = newFolder();
    cpSync(of, folder, { recursive: true });
    return folder;
  };

  it('but does where nobody has', async () => {
    const report = await verify(whole);
    expect(report).toMatchObject({ ok: true, entries: 40, covered: 40, retired: 0 });
    expect(report.checkpoints).toBeGreaterThan(20);
    expect(await verify(retired)).toMatchObject({ ok: true, covered: 44 });
    expect((await verify(retired)).retired).toBeGreaterThan(0);
  });

  it.each([
    ['an entry', /\.log$/, 80],
    ['a stored hash', /\.hashes$/, 80],
    ['a checkpoint', /^checkpoints$/, 80],
    ['what is known of retired segments', /^retired$/, 60],
  ])(
    'where any byte of %s is changed, dropped or doubled',
    async (_name, which, numRuns) => {
      for (const log of [whole, retired]) {
        const folder = copy(log);
        const names = readdirSync(folder).filter((name) => which.test(name));
        if (names.length === 0) continue;
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...names),
            fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
            fc.integer({ min: 1, max: 255 }),
            fc.constantFrom('change', 'drop', 'double'),
            async (name, where, mask, how) => {
              const file = join(folder, name);
              const original = readFileSync(file);
              // The very last byte of the checkpoints may be missing: a write cut short.
              const at = Math.floor(where * (original.length - (how === 'change' ? 0 : 1)));
              const byte = original[at] ?? 0;
              const put = how === 'change' ? [byte ^ mask] : how === 'drop' ? [] : [byte, byte];
              const changed = Buffer.concat([
                original.subarray(0, at),
                Buffer.from(put),
                original.subarray(at + 1),
              ]);
              fc.pre(!changed.equals(original));
              writeFileSync(file, changed);
              const report = await verify(folder);
              writeFileSync(file, original);
              return !report.ok && report.problem !== undefined;
            },
          ),
          { numRuns, seed: SEED },
        );
        expect(await verify(folder)).toMatchObject({ ok: true });
      }
    },
    60_000,
  );

  it('where entries are dropped, doubled, reordered or cut off at any place that a checkpoint covers', async () => {
    const folder = copy(whole);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(segmentsOf(whole).length - 1),
        fc.nat(1_000),
        fc.constantFrom('drop', 'double', 'swap', 'cut'),
        fc.boolean(),
        async (segment, at, how, withHashes) => {
          const file = segmentsOf(folder)[segment] ?? '';
          const lines = linesOf(file);
          const index = at % lines.length;
          const next = (index + 1) % lines.length;
          if (how === 'drop') writeLines(file, lines.toSpliced(index, 1));
          else if (how === 'double') writeLines(file, lines.toSpliced(index, 0, lines[index] ?? ''));
          else if (how === 'cut') writeLines(file, lines.slice(0, index));
          else {
            fc.pre(lines.length > 1);
            writeLines(file, lines.with(index, lines[next] ?? '').with(next, lines[index] ?? ''));
          }
          // Whoever is thorough takes the hashes away as well.
          const hashes = file.replace('.log', '.hashes');
          if (withHashes) rmSync(hashes);
          const report = await verify(folder);
          cpSync(join(whole, file.slice(-12)), file);
          cpSync(join(whole, hashes.slice(-15)), hashes);
          return !report.ok;
        },
      ),
      { numRuns: 100, seed: SEED },
    );
  }, 60_000);

  it('where a segment is gone, the last ones too, or the log is cut at any byte', async () => {
    for (let gone = 1; gone <= segmentsOf(whole).length; gone++) {
      const folder = copy(whole);
      for (const file of segmentsOf(folder).slice(gone - 1)) {
        rmSync(file);
        rmSync(file.replace('.log', '.hashes'));
      }
      expect((await verify(folder)).ok).toBe(false);
      const middle = copy(whole);
      rmSync(segmentsOf(middle)[gone - 1] ?? '');
      expect((await verify(middle)).ok).toBe(false);
    }
    const folder = copy(whole);
    const last = segmentsOf(folder).at(-1) ?? '';
    const { length } = readFileSync(last);
    for (let size = length - 1; size >= 0; size -= 37) {
      truncateSync(last, size);
      rmSync(last.replace('.log', '.hashes'), { force: true });
      expect((await verify(folder)).ok).toBe(false);
    }
  }, 60_000);

  it('where checkpoints, hashes or the record of retirements are taken away, or a segment without an entry', async () => {
    for (const name of ['checkpoints', '00000001.hashes']) {
      const folder = copy(whole);
      rmSync(join(folder, name));
      expect((await verify(folder)).problem).toMatchObject({ file: join(folder, name) });
      const old = copy(retired);
      rmSync(join(old, name));
      expect((await verify(old)).ok).toBe(false);
    }
    const forgotten = copy(retired);
    rmSync(join(forgotten, 'retired'));
    expect((await verify(forgotten)).problem?.what).toBe('segment 1 is missing');

    const forged = copy(whole);
    const [first = ''] = segmentsOf(forged);
    const line = JSON.parse(linesOf(first).at(-1) ?? '') as { seq: number; hash: string };
    rmSync(first);
    const record = { segment: 1, first: 1, last: line.seq, lastHash: line.hash };
    writeFileSync(join(forged, 'retired'), `${JSON.stringify(record)}\n`);
    expect((await verify(forged)).problem).toMatchObject({
      file: join(forged, 'retired'),
      line: 1,
      what: 'no entry of the log says that segment 1 was retired',
    });
  });

  it('nor does the gateway go on with a log that is not what its checkpoint says', async () => {
    const cut = copy(whole);
    const last = segmentsOf(cut).at(-1) ?? '';
    writeLines(last, linesOf(last).slice(0, -1));
    await expect(startAuditWriter({ folder: cut, checkpoints })).rejects.toThrow('it was cut');
    const stripped = copy(whole);
    rmSync(join(stripped, 'checkpoints'));
    await expect(startAuditWriter({ folder: stripped, checkpoints })).rejects.toThrow('missing, though');
    const swapped = copy(whole);
    const other = newFolder();
    await write(other, 60);
    renameSync(join(other, 'checkpoints'), join(swapped, 'checkpoints'));
    await expect(startAuditWriter({ folder: swapped, checkpoints })).rejects.toThrow();
  });

  it('while every entry can be proven, also those retired whose line somebody has kept', async () => {
    const keys = [verifierKey];
    const from = (await latestCheckpoint(whole))?.text ?? '';
    for (const folder of [whole, retired]) {
      for (const [index, line] of kept.entries()) {
        const proof = await proveEntry(folder, index + 1);
        const isThere = proof.line !== undefined;
        expect(isThere ? proof.line : line).toBe(line);
        expect(checkProof(proof, keys, line)).toMatchObject({ seq: index + 1, origin });
        expect(() => checkProof(proof, keys, kept[(index + 1) % kept.length])).toThrow('not the one');
        await expect(proveEntry(folder, index + 1, { line: `${line} ` })).rejects.toThrow('not the line');
      }
      const consistency = await proveConsistency(folder, from);
      expect(checkProof(consistency, keys)).toMatchObject({ kind: 'consistency', origin });
    }
    await expect(proveEntry(whole, 41)).rejects.toThrow('not among');
    const proof = await proveEntry(retired, 44);
    const stranger = noteSigner(
      origin,
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    );
    expect(() => checkProof(proof, [stranger.verifierKey])).toThrow('not signed');
    expect(() => checkProof({ ...proof, proof: proof.proof.slice(1) }, keys)).toThrow('not in the tree');
  }, 60_000);
});
