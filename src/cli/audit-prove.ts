import { Command, InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';
import { announcedKey } from '../audit/checkpoint/key-entries.ts';
import type { VerifierKey } from '../audit/checkpoint/note.ts';
import { auditProofSchema, checkProof, ProofError, proveConsistency, proveEntry } from '../audit/prove.ts';
import { logKey, readText, witnessKey } from './audit-verify.ts';
import { EXIT } from './exit-codes.ts';
import { CommandLineError } from './failure.ts';

const FOLDER = ['--folder <folder>', 'folder of the audit log', 'data/audit'] as const;

interface ProveOptions {
  readonly folder: string;
  readonly size?: number;
  readonly checkpoint?: string;
  readonly from?: string;
  readonly line?: string;
}

export const auditProveCommand = (): Command =>
  new Command('prove')
    .description(
      'Print a proof (JSON) that an entry is in the log, or that the log only grew, for a third party',
    )
    .argument('[seq]', 'number of the entry', parseCount)
    .option(...FOLDER)
    .option(
      '--size <n>',
      'prove it with the checkpoint of so many entries; not given: the latest',
      parseCount,
    )
    .option('--checkpoint <file>', 'prove it with this checkpoint')
    .option('--from <file>', 'prove instead that the log only grew since this checkpoint')
    .option('--line <file>', 'the line of a retired entry, as it was kept')
    .action(async (seq: number | undefined, options: ProveOptions) => {
      const { size, checkpoint, from, line } = options;
      if ((seq === undefined) === (from === undefined)) {
        throw new CommandLineError('expected the number of an entry, or --from with a checkpoint');
      }
      const folder = resolve(options.folder);
      const towards = {
        ...(size !== undefined && { size }),
        ...(checkpoint !== undefined && { checkpoint: readText(checkpoint) }),
      };
      await answering(async () => {
        const proof =
          seq === undefined
            ? await proveConsistency(folder, readText(from ?? ''), towards)
            : await proveEntry(folder, seq, {
                ...towards,
                ...(line !== undefined && { line: readLineOf(line) }),
              });
        process.stdout.write(`${JSON.stringify(proof, undefined, 2)}\n`);
      });
    });

interface CheckOptions {
  readonly key: readonly VerifierKey[];
  readonly witness: readonly VerifierKey[];
  readonly line?: string;
}

export const auditCheckProofCommand = (): Command =>
  new Command('check-proof')
    .description('Check a proof with nothing but the public key of the log')
    .argument('<file>', 'what "audit prove" printed')
    .requiredOption('--key <vkey>', 'public key of the log (repeatable)', logKey, [])
    .option('--witness <vkey>', 'a witness that must have cosigned (repeatable)', witnessKey, [])
    .option('--line <file>', 'the line of a retired entry, where the proof has none')
    .action(async (file: string, { key, witness, line }: CheckOptions) => {
      if (key.length === 0) throw new CommandLineError('--key is missing: the public key of the log');
      await answering(() => {
        const proof = auditProofSchema.safeParse(jsonOf(file));
        if (!proof.success) throw new ProofError('this is not a proof');
        const kept = line === undefined ? undefined : readLineOf(line);
        const checked = checkProof(proof.data, [...key, ...witness], kept);
        const silent = witness.find(({ name }) => !checked.witnesses.some((each) => each.name === name));
        if (silent !== undefined) throw new ProofError(`the checkpoint is not cosigned by ${silent.name}`);
        const { kind, origin, size, seq, line: proven } = checked;
        process.stdout.write(
          kind === 'inclusion'
            ? `The proof holds: entry ${seq ?? 0} is in the log ${origin} of ${size} entries.\n`
            : `The proof holds: the log ${origin} of ${size} entries continues what it was.\n`,
        );
        const announced = proven === undefined ? undefined : announcedKey(proven);
        if (announced !== undefined)
          process.stdout.write(`It announces a key of the log: ${announced.text}\n`);
      });
    });

/** What cannot be proven is a "no", not a failure. */
const answering = async (work: () => unknown): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT.no;
  }
};

const jsonOf = (file: string): unknown => {
  try {
    return JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const readLineOf = (file: string): string => readText(file).replace(/\n$/, '');

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a number.');
  return Number(text);
}
