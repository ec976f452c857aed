import { Command, InvalidArgumentError } from 'commander';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { COSIGNATURE, NOTE_SIGNATURE, parseVerifierKey, type VerifierKey } from '../audit/checkpoint/note.ts';
import type { Head } from '../audit/line.ts';
import type { LedToKey } from '../audit/checkpoint/trusted-keys.ts';
import { verifyAuditLog, type AuditLogReport } from '../audit/verify.ts';
import { EXIT } from './exit-codes.ts';
import { CommandLineError } from './failure.ts';

interface Options {
  readonly head?: Head;
  readonly key: readonly VerifierKey[];
  readonly checkpoint?: string;
  readonly witness: readonly VerifierKey[];
  readonly archive?: boolean;
  readonly json?: boolean;
}

export const auditVerifyCommand = (): Command =>
  new Command('verify')
    .description(
      'Check chain, tree and checkpoints of the whole log; needs only the files and the public key',
    )
    .argument('[folder]', 'folder of the audit log', 'data/audit')
    .option('--head <seq:hash>', 'a head noted earlier: also finds entries cut off the end', parseHead)
    .option(
      '--key <vkey>',
      'public key of the log (repeatable, the newest last); not given: the one in the folder',
      logKey,
      [],
    )
    .option('--checkpoint <file>', 'a checkpoint kept elsewhere: also finds a log cut off or written anew')
    .option('--witness <vkey>', 'a witness that must have cosigned (repeatable)', witnessKey, [])
    .option('--archive', 'the folder is an archive that "audit retire" made')
    .option('--json', 'print JSON')
    .action(async (folder: string, options: Options) => {
      const { head, key, checkpoint: file, witness, archive = false, json = false } = options;
      const report = await verifyAuditLog(resolve(folder), {
        ...(head && { head }),
        keys: key,
        ...(file !== undefined && { checkpoint: { file, text: readText(file) } }),
        witnesses: witness,
        archive,
      });
      process.stdout.write(json ? `${JSON.stringify(report)}\n` : textOf(report, folder));
      // A wrong folder, or one that was emptied: no good news for whoever only looks at the code.
      process.exitCode = report.ok && report.lastSeq > 0 ? EXIT.ok : EXIT.no;
    });

const textOf = (report: AuditLogReport, folder: string): string => {
  if (!report.ok) {
    const { file, line, what } = report.problem ?? { file: folder, line: 0, what: 'unknown' };
    return `The audit log does not verify: ${file}:${line}: ${what}\n`;
  }
  if (report.lastSeq === 0) return `${folder}: the audit log is empty. Is it the right folder?\n`;
  const { entries, firstSeq, lastSeq, retired, checkpoints, covered } = report;
  const lines = [
    entries === 0 ? 'no entries' : `${entries} entries, ${firstSeq} to ${lastSeq}: the chain is whole.`,
    ...(retired > 0 ? [`${retired} entries before are retired: their hashes fit.`] : []),
    checkpoints === 0
      ? 'no checkpoints'
      : `${checkpoints} checkpoints fit; ${lastSeq - covered} entries came after the last.`,
    ...(checkpoints > 0 && report.keysFromFolder
      ? ['The key came from the folder itself: give --key to know whose log it is.']
      : []),
    ...report.ledTo.map(textOfLedTo),
    ...report.earlier.map(
      ({ key, size }) =>
        `Checkpoints up to entry ${size} are signed with ${key}, which was not given: they fit what is signed with the key you gave.`,
    ),
    ...report.cosigned.map(
      ({ witness, size, at }) => `${witness} has cosigned ${size} entries, at ${new Date(at).toISOString()}.`,
    ),
    `head ${lastSeq}:${report.lastHash}`,
  ];
  return `${lines.join('\n')}\n`;
};

const textOfLedTo = ({ key, seq, from }: LedToKey, index: number): string => {
  const under = index === 0 ? 'the key you gave' : 'the key before it';
  return from === undefined
    ? `Entry ${seq} announces another key of the log under ${under}, ${key}: write it down, earlier ones will be retired.`
    : `From entry ${from} on the log signs with ${key}, announced in entry ${seq} under ${under}: write it down.`;
};

/** A file given on the command line. @throws CommandLineError */
export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandLineError(`${file}: ${(cause as Error).message}`, { cause });
  }
};

const keyOf =
  (type: number, what: string) =>
  (text: string, before: readonly VerifierKey[]): VerifierKey[] => {
    const key = parseVerifierKey(text);
    if (key?.type !== type)
      throw new InvalidArgumentError(`expected the public key of ${what}: name+id+base64.`);
    return [...before, key];
  };
export const logKey = keyOf(NOTE_SIGNATURE, 'a log');
export const witnessKey = keyOf(COSIGNATURE, 'a witness (cosignature/v1)');

const parseHead = (text: string): Head => {
  const [, seq, hash] = /^(\d{1,15}):([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) {
    throw new InvalidArgumentError('expected what an earlier run printed as "head": number, colon, hash.');
  }
  return { seq: Number(seq), hash };
};
