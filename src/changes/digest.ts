import { createHash } from 'node:crypto';
import type { DocumentFile } from './document.ts';

const PREFIX = 'onecert document 1\n';

/** By the bytes of their paths: the order that documents keep their files in, whatever the locale. */
export const sortFiles = (files: readonly DocumentFile[]): readonly DocumentFile[] =>
  [...files].sort((one, other) => Buffer.compare(Buffer.from(one.path), Buffer.from(other.path)));

/**
 * SHA-256, lower-case hex, of the files in the order of their paths, each framed by its lengths: octets of the path
 * (u32 BE), path (UTF-8), octets of the content (u64 BE), content. No two sets of files have the same frames.
 */
export const digestOf = (files: readonly DocumentFile[]): string => {
  const hash = createHash('sha256').update(PREFIX);
  for (const { path, content } of sortFiles(files)) {
    const name = Buffer.from(path);
    const lengths = Buffer.alloc(12);
    lengths.writeUInt32BE(name.length, 0);
    lengths.writeBigUInt64BE(BigInt(content.length), 4);
    hash.update(lengths.subarray(0, 4)).update(name).update(lengths.subarray(4)).update(content);
  }
  return hash.digest('hex');
};
