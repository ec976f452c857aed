import { Command, InvalidArgumentError } from 'commander';
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { duration } from '../configuration/units.ts';
import { loadTrustList } from '../trust/load-trust-list.ts';
import { MANIFEST_FILE, parseManifest, SIGNATURE_FILE, signTrustFolder } from '../trust/manifest.ts';
import { operatorKeyId, readSigningKey } from '../trust/operator-key.ts';
import { readTrustFolder } from '../trust/trust-folder.ts';
import { readKeyFile } from './key-file.ts';

/** Environment variable with the passphrase of the signing key: an argument would be seen by every process. */
const PASSPHRASE = 'ONECERT_OPERATOR_PASSPHRASE';

interface Options {
  readonly trust: string;
  readonly key: string;
  readonly expires: number;
  readonly sequence?: number;
}

export const trustSignCommand = (): Command =>
  new Command('sign')
    .description('Sign the trust list as it stands, with the next sequence number')
    .option('-t, --trust <folder>', 'folder of the trust list', 'ca-trust')
    .requiredOption(
      '-k, --key <file>',
      `the operators' private key (PEM, Ed25519 or P-256); its passphrase in ${PASSPHRASE}`,
    )
    .requiredOption('-e, --expires <duration>', 'how long the signature holds, such as 30d', parseDuration)
    .option('-s, --sequence <number>', 'instead of one more than the list there has', parseSequence)
    .action((options: Options) => {
      const folder = resolve(options.trust);
      const key = readKeyFile(resolve(options.key), (pem) => readSigningKey(pem, process.env[PASSPHRASE]));
      // A list that the gateway would refuse is not worth a signature.
      loadTrustList(folder, 1, { selfContained: true });
      const sequence = options.sequence ?? lastSequence(join(folder, MANIFEST_FILE)) + 1;
      const issued = Date.now();
      const expires = issued + options.expires;
      const read = readTrustFolder(folder);
      const { manifest, signature } = signTrustFolder(read, key, { sequence, issued, expires });
      replaceFile(join(folder, SIGNATURE_FILE), signature);
      replaceFile(join(folder, MANIFEST_FILE), manifest);
      loadTrustList(folder, 1, { operatorKey: createPublicKey(key) });
      process.stdout.write(
        `Signed list ${sequence}: ${read.files.size} files, until ${new Date(expires).toISOString()}, by the key ${operatorKeyId(key)}.\n`,
      );
    });

const lastSequence = (file: string): number => {
  if (!existsSync(file)) return 0;
  try {
    return parseManifest(readFileSync(file)).sequence;
  } catch (cause) {
    const message = `${(cause as Error).message}; say which number comes next: --sequence`;
    throw new ConfigurationError([{ file, line: 1, column: 1, path: '', message }], { cause });
  }
};

const replaceFile = (file: string, content: string | Uint8Array): void => {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
};

const parseDuration = (text: string): number => {
  const read = duration.safeParse(text);
  if (!read.success || read.data <= 0) throw new InvalidArgumentError('expected a duration such as 30d');
  return read.data;
};

const parseSequence = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected 1, 2, 3 …');
  return number;
};
