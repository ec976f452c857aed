import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StorageError } from '../storage/storage-error.ts';

/** What the log of a gateway without shared stores is called. */
export const ALONE = 'main';

export const replicaFile = (data: string): string => join(data, 'replica');

const NAME = /^[a-z0-9][a-z0-9.-]{0,99}$/;

/**
 * What a log is called among the logs of all replicas: in the file `replica` of its data folder, beside it, so that it goes
 * where the log goes. Made from the name of the machine, with something random behind it: machines made from one image,
 * or a pod whose folder was lost, must not go on with another log's name.
 *
 * @throws StorageError where the file holds something else
 */
export const replicaName = (data: string): string => {
  const file = replicaFile(data);
  const read = (): string | undefined => {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    }
  };
  let name = read();
  if (name === undefined) {
    const machine = hostname()
      .toLowerCase()
      .replace(/[^a-z0-9.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 80);
    name = `${machine === '' ? 'gateway' : machine}-${randomBytes(3).toString('hex')}`;
    writeFileSync(file, `${name}\n`, { mode: 0o600, flag: 'wx', flush: true });
  }
  if (!NAME.test(name)) throw new StorageError(`${file}: expected lower-case letters, digits, "." and "-"`);
  return name;
};
