import { Command } from 'commander';
import { resolve } from 'node:path';
import { restoreBackup } from '../server/backup/restore-backup.ts';
import { archiveLock, type ArchiveLockOptions } from './archive-opener.ts';
import { summaryOf } from './backup.ts';

export const restoreCommand = (): Command =>
  new Command('restore')
    .description('Put a backup into empty places: all of it, or nothing')
    .requiredOption('--from <file>', 'what onecert backup wrote')
    .option('-c, --config <folder>', 'where gateway.yaml goes; empty or absent', 'config')
    .option('--passphrase-file <file>', 'the passphrase is in it')
    .option('--identity <file>', 'private key (PEM) of the recipient')
    .action(async ({ from, config, ...how }: ArchiveLockOptions & { from: string; config: string }) => {
      const { manifest, places } = await restoreBackup(from, archiveLock(how, 'open'), resolve(config));
      process.stdout.write(`${from}: ${summaryOf(manifest)}\n`);
      for (const [name, place] of Object.entries(places)) process.stdout.write(`  ${name}: ${place}\n`);
    });
