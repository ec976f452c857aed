import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FetchRequest, FetchResult, HttpFetch } from './http-fetch.ts';

/** Fetches a small body into memory. @throws FetchError */
export const fetchBytes = async (fetch: HttpFetch, request: FetchRequest): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  await fetch(request, (piece) => {
    pieces.push(piece);
  });
  return Buffer.concat(pieces);
};

/**
 * Fetches a body of any size into `file` (made anew, mode 0600), holding no more than a piece of it in memory, and
 * gives its SHA-256 (lower-case hex). Flushed to the disk. @throws FetchError, or what the file system says
 */
export const fetchToFile = async (
  fetch: HttpFetch,
  request: FetchRequest,
  file: string,
): Promise<
  | Exclude<FetchResult, { status: 'fetched' }>
  | (Extract<FetchResult, { status: 'fetched' }> & { sha256: string })
> => {
  const handle = await open(file, 'w', 0o600);
  try {
    const hash = createHash('sha256');
    const result = await fetch(request, async (piece) => {
      hash.update(piece);
      await handle.writeFile(piece);
    });
    await handle.sync();
    return result.status === 'fetched' ? { ...result, sha256: hash.digest('hex') } : result;
  } finally {
    await handle.close();
  }
};
