import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ArchiveLock } from '../storage/archive-key.ts';
import { CommandLineError } from './failure.ts';
import { readKeyFile } from './key-file.ts';

/** What an archive is sealed or opened with, as the command line names it. Never on the command line itself. */
export interface ArchiveLockOptions {
  readonly passphraseFile?: string;
  readonly recipient?: string;
  readonly identity?: string;
}

const MIN_PASSPHRASE = 12;

/** @throws CommandLineError where there is none, or more than one */
export const archiveLock = (
  { passphraseFile, recipient, identity }: ArchiveLockOptions,
  purpose: 'seal' | 'open',
): ArchiveLock => {
  const keyFile = purpose === 'seal' ? recipient : identity;
  const passphrase =
    passphraseFile === undefined ? process.env['ONECERT_BACKUP_PASSPHRASE'] : readLine(passphraseFile);
  if (keyFile !== undefined) {
    const read = purpose === 'seal' ? createPublicKey : createPrivateKey;
    return {
      kind: 'public-key',
      key: readKeyFile(keyFile, (pem) => {
        try {
          return read(pem);
        } catch (cause) {
          const which = purpose === 'seal' ? 'public key' : 'private key without a passphrase';
          throw new Error(`expected a ${which} (PEM, X25519 or P-256)`, { cause });
        }
      }),
    };
  }
  if (passphrase === undefined || passphrase === '') {
    throw new CommandLineError(
      `give --passphrase-file, ${purpose === 'seal' ? '--recipient (PEM of a public key)' : '--identity (PEM of the private key)'}, or ONECERT_BACKUP_PASSPHRASE in the environment`,
    );
  }
  if (purpose === 'seal' && passphrase.length < MIN_PASSPHRASE) {
    throw new CommandLineError(`the passphrase has fewer than ${MIN_PASSPHRASE} characters`);
  }
  return { kind: 'passphrase', passphrase };
};

const readLine = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CommandLineError(`${file}: ${(cause as Error).message}`, { cause });
  }
};
