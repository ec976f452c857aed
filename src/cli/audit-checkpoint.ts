import { Command } from 'commander';
import { resolve } from 'node:path';
import { signersOf } from '../audit/checkpoint/checkpoint.ts';
import { latestCheckpoint, readVerifierKeys } from '../audit/checkpoint/checkpoints-file.ts';
import type { VerifierKey } from '../audit/checkpoint/note.ts';
import { StorageError } from '../storage/storage-error.ts';
import { witnessKey } from './audit-verify.ts';

export const auditCheckpointCommand = (): Command =>
  new Command('checkpoint')
    .description('Print the latest checkpoint, to be kept elsewhere: mailed to the auditor, say')
    .argument('[folder]', 'folder of the audit log', 'data/audit')
    .option('--witness <vkey>', 'the latest that this witness has cosigned (repeatable)', witnessKey, [])
    .action(async (folder: string, { witness }: { witness: readonly VerifierKey[] }) => {
      const checkpoint = await latestCheckpoint(
        resolve(folder),
        (each) => signersOf(each, witness)?.witnesses.length === witness.length,
      );
      if (checkpoint === undefined) throw new StorageError(`${folder}: there is no such checkpoint`);
      process.stdout.write(checkpoint.text);
    });

export const auditKeyCommand = (): Command =>
  new Command('key')
    .description('Print the public keys of the log and its witnesses, the newest last')
    .argument('[folder]', 'folder of the audit log', 'data/audit')
    .action(async (folder: string) => {
      const keys = await readVerifierKeys(resolve(folder));
      if (keys.length === 0) throw new StorageError(`${folder}: the log has no key yet`);
      process.stdout.write(keys.map(({ text }) => `${text}\n`).join(''));
    });
