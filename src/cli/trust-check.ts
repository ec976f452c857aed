import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readLastSeen } from '../trust/last-seen.ts';
import { loadTrustList } from '../trust/load-trust-list.ts';
import { MANIFEST_FILE } from '../trust/manifest.ts';
import { readOperatorKey } from '../trust/operator-key.ts';
import { isInForce, type TrustList } from '../trust/trust-list.ts';
import { findTrustWarnings } from '../trust/trust-warnings.ts';
import { readKeyFile } from './key-file.ts';

interface Options {
  readonly trust: string;
  readonly key?: string;
  readonly seen?: string;
}

export const trustCheckCommand = (): Command =>
  new Command('check')
    .description(
      'Read the trust list as the gateway does; say everything that is wrong, and what soon will be',
    )
    .option('-t, --trust <folder>', 'folder of the trust list', 'ca-trust')
    .option('-k, --key <file>', "the operators' public key (PEM): also check the signature")
    .option('--seen <file>', "the gateway's memory of the list it had last: also refuse an older one")
    .action(({ trust: folder, key, seen }: Options) => {
      const at = Date.now();
      const list = loadTrustList(resolve(folder), 1, {
        at,
        operatorKey: key === undefined ? undefined : readKeyFile(resolve(key), readOperatorKey),
        lastSeen: seen === undefined ? undefined : readLastSeen(resolve(seen)),
      });
      const all = [...list.authorities.values()];
      const inForce = all.filter(({ settings }) => isInForce(settings, at));
      const warnings = findTrustWarnings(list, at).map(
        ({ authority, message }) => `warning: ${authority === undefined ? '' : `${authority}: `}${message}`,
      );
      const lines = [
        `${all.length} authorities, ${inForce.length} in force. The trust list is right.`,
        signatureLine(list, folder),
        ...warnings,
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    });

const signatureLine = ({ signed }: TrustList, folder: string): string => {
  if (signed !== undefined) {
    const expires = new Date(signed.expires).toISOString();
    return `Signed: list ${signed.sequence}, until ${expires}, by the key ${signed.keyId}.`;
  }
  return existsSync(join(folder, MANIFEST_FILE))
    ? 'A signature is there and was NOT checked: give --key.'
    : 'Not signed.';
};
