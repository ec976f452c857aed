import { z } from 'zod';
import { StorageError } from '../../storage/storage-error.ts';

/** What stands before each file of a backup: its length (32 bits, big endian), then this in JSON, then the file. */
const entrySchema = z.strictObject({
  path: z
    .string()
    .max(1_024)
    .refine((path) => isInside(path), { error: 'a path out of the backup' }),
  size: z.number().int().nonnegative(),
  /** ms since the epoch: the first version of a key has no other birthday. */
  modifiedAt: z.number().int().nonnegative(),
});
export type BackupEntry = z.infer<typeof entrySchema>;

/** The last entry. */
export const MANIFEST = 'manifest.json';
/** The manifest names every file: a city has thousands of CRLs' worth of audit segments at most. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
const MAX_ENTRY_BYTES = 8_192;

export const manifestSchema = z.strictObject({
  format: z.literal('onecert-backup'),
  version: z.literal(1),
  /** Random; stands in the audit entry that a restore writes. */
  id: z.string().regex(/^[\w-]{22}$/),
  /** ms since the epoch. */
  madeAt: z.number().int().nonnegative(),
  /** Where the parts were; a restore puts them where the restored gateway.yaml says. */
  places: z.record(z.string(), z.string()),
  files: z.array(
    z.strictObject({
      path: z.string(),
      size: z.number().int().nonnegative(),
      /** base64url */
      sha256: z.string().length(43),
    }),
  ),
  /** Last entry of the audit log in it; undefined where it is empty. */
  auditHead: z.strictObject({ seq: z.number().int(), hash: z.string() }).optional(),
  /** What has to be backed up by other means. */
  elsewhere: z.array(z.string()),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

/** Relative, of plain names: nothing that leads out, or is another file on some system. */
export const isInside = (path: string): boolean =>
  path.split('/').every((name) => name !== '' && name !== '.' && name !== '..' && !/[\\:\0]/.test(name));

export const writeEntry = (entry: BackupEntry): Buffer => {
  const json = Buffer.from(JSON.stringify(entry));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(json.length);
  return Buffer.concat([head, json]);
};

/** Where the bytes of the entries go, in their order. */
export interface EntryTaker {
  begin(entry: BackupEntry): Promise<void>;
  bytes(part: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** Reads entries one after the other, in memory that does not grow. @throws StorageError for what is no backup */
export const readEntries = async (plain: AsyncIterable<Buffer>, taker: EntryTaker): Promise<void> => {
  let held = Buffer.alloc(0);
  let left: number | undefined;
  for await (const part of plain) {
    held = Buffer.concat([held, part]);
    for (;;) {
      if (left === undefined) {
        if (held.length < 4) break;
        const length = held.readUInt32BE(0);
        if (length > MAX_ENTRY_BYTES) throw new StorageError('this is no backup of OneCert');
        if (held.length < 4 + length) break;
        const entry = parseEntry(held.subarray(4, 4 + length));
        held = held.subarray(4 + length);
        left = entry.size;
        await taker.begin(entry);
      }
      const some = held.subarray(0, left);
      if (some.length > 0) await taker.bytes(some);
      held = held.subarray(some.length);
      left -= some.length;
      if (left > 0) break;
      await taker.end();
      left = undefined;
    }
  }
  if (left !== undefined || held.length > 0) throw new StorageError('the backup ends within a file');
};

const parseEntry = (json: Buffer): BackupEntry => {
  try {
    return entrySchema.parse(JSON.parse(json.toString('utf8')));
  } catch (cause) {
    throw new StorageError('this is no backup of OneCert, or one of a newer version', { cause });
  }
};
