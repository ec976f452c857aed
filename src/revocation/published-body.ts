import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { AllowedHosts } from './allowed-hosts.ts';
import { fetchToFile } from './fetch-body.ts';
import type { HttpFetch, Validators } from './http-fetch.ts';

/** What a body that was got is known by; `sha256` in lower-case hex. */
export interface PublishedBody extends Validators {
  readonly sha256: string;
}

export interface BodyRequest {
  readonly fetch: HttpFetch;
  /** A URL, or the absolute path of a file. */
  readonly address: string;
  /** The file to write it to (mode 0600). */
  readonly part: string;
  readonly allowed: AllowedHosts;
  readonly sizeLimit: number;
  /** The body got last from there. */
  readonly known: PublishedBody | undefined;
}

/** ms for a whole CRL; a gigabyte at two megabytes a second. */
const TOTAL_MS = 10 * 60_000;
const IDLE_MS = 15_000;

export const isUrl = (address: string): boolean => /^https?:/i.test(address);

/**
 * Writes what is published at an address to a file, unless it is what is known already.
 *
 * @throws FetchError, or what the file system says
 */
export const getBody = async ({
  fetch,
  address,
  part,
  allowed,
  sizeLimit,
  known,
}: BodyRequest): Promise<PublishedBody | 'unchanged'> => {
  if (!isUrl(address)) {
    // A copy: whoever publishes may write to the file while it is read.
    await copyFile(address, part, constants.COPYFILE_FICLONE);
    await chmod(part, 0o600);
    const sha256 = await hashOf(part);
    return sha256 === known?.sha256 ? 'unchanged' : { sha256 };
  }
  const accept = 'application/pkix-crl, */*';
  const request = {
    url: address,
    allowed,
    totalMs: TOTAL_MS,
    idleMs: IDLE_MS,
    sizeLimit,
    accept,
    validators: known,
  };
  const result = await fetchToFile(fetch, request, part);
  return result.status === 'not-modified' || result.sha256 === known?.sha256 ? 'unchanged' : result;
};

/** Changes with every change of the file; undefined where there is none. Follows links, so swapped ones are seen. */
export const fileVersionOf = async (file: string): Promise<string | undefined> =>
  stat(file).then(
    ({ ino, size, mtimeMs, ctimeMs }) => [ino, size, mtimeMs, ctimeMs].join(' '),
    () => undefined,
  );

const hashOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};
