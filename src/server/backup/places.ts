import { basename, relative, resolve } from 'node:path';
import type { GatewaySettings } from '../gateway-settings.ts';

/** What a backup is made of: name in the backup → folder, or single file, on this machine. */
export interface BackupPlaces {
  readonly folders: Readonly<Record<'config' | 'data' | 'trust' | 'departments', string>>;
  /** Files that gateway.yaml names and that lie in none of the folders. */
  readonly files: Readonly<Record<string, string>>;
}

/** @param folder of gateway.yaml */
export const placesOf = (folder: string, settings: GatewaySettings): BackupPlaces => {
  const folders = {
    config: resolve(folder),
    data: settings.data,
    trust: settings.trust,
    departments: settings.departments,
  };
  const named = {
    'tls-certificate': settings.tls.certificate,
    'tls-key': settings.tls.key,
    'trust-key': settings.trustKey,
    'terminator-authority': settings.terminator?.authority,
    'collector-authority': settings.tracing?.authority,
  };
  const files = Object.entries(named).filter(
    (named): named is [string, string] =>
      named[1] !== undefined && !Object.values(folders).some((each) => isWithin(named[1] as string, each)),
  );
  return {
    folders,
    files: Object.fromEntries(files.map(([name, file]) => [`${name}/${basename(file)}`, file])),
  };
};

export const isWithin = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !way.startsWith('/'));
};
