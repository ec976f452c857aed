import { Command } from 'commander';
import { createWriteStream, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LAST_BACKUP } from '../inspection/gather/gather.ts';
import { makeBackup } from '../server/backup/make-backup.ts';
import { readBackup } from '../server/backup/read-backup.ts';
import type { BackupManifest } from '../server/backup/entries.ts';
import { loadSettings } from '../server/load-configuration.ts';
import { archiveLock, type ArchiveLockOptions } from './archive-opener.ts';

export const backupCommand = (): Command => {
  const backup = new Command('backup').description('Back up everything that lasts, while the gateway runs');
  backup
    .command('make', { isDefault: true })
    .description('Write one sealed file: register, keys, audit log, documents, configuration, trust list')
    .option('-c, --config <folder>', 'folder of gateway.yaml', 'config')
    .requiredOption('-o, --out <file>', 'where to; never a backup half done')
    .option('--passphrase-file <file>', 'seal with the passphrase in it')
    .option('--recipient <file>', 'seal for this public key (PEM, X25519 or P-256)')
    .action(async ({ config, out, ...how }: ArchiveLockOptions & { config: string; out: string }) => {
      const lock = archiveLock(how, 'seal');
      const draft = `${out}.${process.pid}.new`;
      const madeAt = Date.now();
      try {
        await pipeline(
          makeBackup(resolve(config), lock),
          createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true }),
        );
        renameSync(draft, out);
      } finally {
        rmSync(draft, { force: true });
      }
      leaveMark(loadSettings(resolve(config)).data, madeAt);
      process.stdout.write(`${out} is written. See that it opens: onecert backup verify ${out}\n`);
    });
  backup
    .command('verify')
    .description('Read a backup to its end: authentic, complete, and as its manifest says')
    .argument('<file>')
    .option('--passphrase-file <file>', 'the passphrase is in it')
    .option('--identity <file>', 'private key (PEM) of the recipient')
    .option('--json', 'print the manifest')
    .action(async (file: string, { json, ...how }: ArchiveLockOptions & { json?: boolean }) => {
      const manifest = await readBackup(file, archiveLock(how, 'open'));
      process.stdout.write(
        json === true ? `${JSON.stringify(manifest)}\n` : `${file}: ${summaryOf(manifest)}\n`,
      );
    });
  return backup;
};

/** For `onecert inspect`: when everything up to then was backed up. A backup is one even where this cannot be written. */
const leaveMark = (data: string, madeAt: number): void => {
  const file = join(data, LAST_BACKUP);
  const draft = `${file}.${process.pid}.new`;
  try {
    writeFileSync(draft, JSON.stringify({ madeAt }), { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    process.stderr.write(
      `${file} cannot be written (${(error as Error).message}): onecert inspect does not see it.\n`,
    );
  }
};

export const summaryOf = ({ id, madeAt, files, auditHead, elsewhere }: BackupManifest): string =>
  [
    `backup ${id} of ${new Date(madeAt).toISOString()}, ${files.length} files, whole`,
    auditHead === undefined ? 'the audit log is empty' : `audit log to entry ${auditHead.seq}`,
    ...elsewhere.map((each) => `NOT in it: ${each}`),
  ].join('; ');
