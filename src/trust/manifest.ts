import { createHash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { signDetached } from './detached-signature.ts';
import type { TrustFolder } from './trust-folder.ts';

export const MANIFEST_FILE = 'trust-list.json';
export const SIGNATURE_FILE = 'trust-list.sig';

const time = z.iso.datetime({ error: 'expected a time in UTC' });

const manifestSchema = z.strictObject({
  version: z.literal(1),
  sequence: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  issued: time,
  expires: time,
  files: z
    .array(z.strictObject({ path: z.string().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(5_000)
    // Sorted, so that one state of the folder has one manifest and two manifests can be compared line by line.
    .refine((files) => files.every(({ path }, at) => at === 0 || (files[at - 1]?.path ?? '') < path), {
      error: 'not sorted by path, or a path twice',
    }),
});

/** trust-list.json: what the operators signed. Times are ISO 8601, UTC. */
export type Manifest = z.output<typeof manifestSchema>;

/** @throws Error saying what is wrong */
export const parseManifest = (bytes: Uint8Array): Manifest => {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new Error('not valid JSON', { cause });
  }
  const read = manifestSchema.safeParse(json);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new Error(`not a manifest: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`);
};

/** The manifest of a folder as it stands (UTF-8 JSON, one file a line) and its signature. Times: ms since the epoch. */
export const signTrustFolder = (
  folder: TrustFolder,
  key: KeyObject,
  { sequence, issued, expires }: { sequence: number; issued: number; expires: number },
): { readonly manifest: Buffer; readonly signature: string } => {
  const head = {
    version: 1,
    sequence,
    issued: new Date(issued).toISOString(),
    expires: new Date(expires).toISOString(),
  };
  const files = [...folder.files].map(
    ([path, bytes]) => `    ${JSON.stringify({ path, sha256: digestOf(bytes) })}`,
  );
  const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "files": [\n${files.join(',\n')}\n  ]\n}\n`;
  const manifest = Buffer.from(text);
  return { manifest, signature: `${signDetached(manifest, key)}\n` };
};

export interface FileDifference {
  readonly path: string;
  readonly what: 'added' | 'changed' | 'missing';
}

/** Where a folder is not what a manifest says, sorted by path. */
export const compareWithManifest = (
  { files }: TrustFolder,
  manifest: Manifest,
): readonly FileDifference[] => {
  const signed = new Map(manifest.files.map(({ path, sha256 }) => [path, sha256]));
  return [...new Set([...files.keys(), ...signed.keys()])].sort().flatMap((path): FileDifference[] => {
    const bytes = files.get(path);
    const sha256 = signed.get(path);
    if (bytes === undefined) return [{ path, what: 'missing' }];
    if (sha256 === undefined) return [{ path, what: 'added' }];
    return digestOf(bytes) === sha256 ? [] : [{ path, what: 'changed' }];
  });
};

/** SHA-256, lower-case hex. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
