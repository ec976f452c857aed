import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import { detachedSignatureProblem } from './detached-signature.ts';
import {
  compareWithManifest,
  digestOf,
  MANIFEST_FILE,
  parseManifest,
  SIGNATURE_FILE,
  type Manifest,
} from './manifest.ts';
import type { SeenTrustList } from './last-seen.ts';
import { operatorKeyId } from './operator-key.ts';
import type { TrustFolder } from './trust-folder.ts';

/** What the operators' signature says of a trust list. Times are milliseconds since the epoch. */
export interface SignedList {
  readonly sequence: number;
  readonly issued: number;
  /** From this moment on nobody is judged by the list. */
  readonly expires: number;
  /** SHA-256 of the manifest, lower-case hex: tells two lists of one sequence number apart. */
  readonly digest: string;
  readonly keyId: string;
}

export interface SignatureOptions {
  readonly operatorKey: KeyObject;
  /** ms since the epoch. */
  readonly at: number;
  /** The highest list seen so far; an older one is refused. */
  readonly lastSeen?: SeenTrustList | undefined;
}

const MANIFEST_BYTES = 2 * 1024 * 1024;
/** How far the clocks of who signs and who checks may be apart. */
const CLOCK_SKEW_MS = 5 * 60_000;
const SIGN_AGAIN = 'if the change is yours, run: onecert trust sign';

/** Checks a folder against its trust-list.json and trust-list.sig. `signed` is set exactly when there are no issues. */
export const checkSignature = (
  folder: TrustFolder,
  { operatorKey, at, lastSeen }: SignatureOptions,
): { readonly signed: SignedList | undefined; readonly issues: readonly ConfigurationIssue[] } => {
  const manifestFile = join(folder.folder, MANIFEST_FILE);
  const signatureFile = join(folder.folder, SIGNATURE_FILE);
  const refuse = (file: string, message: string) => ({ signed: undefined, issues: [issue(file, message)] });

  const bytes = readBeside(folder, MANIFEST_FILE);
  if (typeof bytes === 'string') return refuse(manifestFile, bytes);
  const signature = readBeside(folder, SIGNATURE_FILE);
  if (typeof signature === 'string') return refuse(signatureFile, signature);
  const forged = detachedSignatureProblem(signature.toString('latin1'), bytes, operatorKey);
  // Nothing an unsigned manifest says is worth repeating.
  if (forged !== undefined) return refuse(signatureFile, forged);

  let manifest: Manifest;
  try {
    manifest = parseManifest(bytes);
  } catch (error) {
    return refuse(manifestFile, (error as Error).message);
  }
  const signed: SignedList = {
    sequence: manifest.sequence,
    issued: Date.parse(manifest.issued),
    expires: Date.parse(manifest.expires),
    digest: digestOf(bytes),
    keyId: operatorKeyId(operatorKey),
  };
  const issues = [
    ...timeProblems(signed, at).map((message) => issue(manifestFile, message)),
    ...rollbackProblems(signed, lastSeen).map((message) => issue(manifestFile, message)),
    ...compareWithManifest(folder, manifest).map(({ path, what }) =>
      issue(
        join(folder.folder, path),
        `${DIFFERENCES[what]} list ${manifest.sequence} was signed; ${SIGN_AGAIN}`,
      ),
    ),
  ];
  return issues.length === 0 ? { signed, issues } : { signed: undefined, issues };
};

const DIFFERENCES = {
  added: 'added after',
  changed: 'changed after',
  missing: 'missing, but it was there when',
};

const timeProblems = ({ issued, expires }: SignedList, at: number): string[] => [
  ...(at >= expires
    ? [`the list expired at ${iso(expires)}; look it over and sign it again: onecert trust sign`]
    : []),
  ...(issued > at + CLOCK_SKEW_MS
    ? [`the list was issued at ${iso(issued)}, which is later than now (${iso(at)}): is the clock right?`]
    : []),
];

const rollbackProblems = ({ sequence, digest }: SignedList, seen: SeenTrustList | undefined): string[] => {
  if (seen === undefined || sequence > seen.sequence) return [];
  if (sequence < seen.sequence) {
    return [
      `list ${sequence} is older than list ${seen.sequence}, which was in force here already: an old list does not come back; sign what is to hold as ${seen.sequence + 1}: onecert trust sign --sequence ${seen.sequence + 1}`,
    ];
  }
  return digest === seen.digest
    ? []
    : [
        `another list ${sequence} was in force here already: two lists must not have one number; onecert trust sign --sequence ${sequence + 1}`,
      ];
};

const readBeside = ({ folder, beside }: TrustFolder, name: string): Buffer | string =>
  beside === undefined ? readBounded(join(folder, name)) : (beside.get(name) ?? NOT_SIGNED);

const NOT_SIGNED = 'no such file; a trust key is set, so the list must be signed: onecert trust sign';

/** The content, or what is wrong. */
const readBounded = (file: string): Buffer | string => {
  try {
    if (statSync(file).size > MANIFEST_BYTES) return `larger than ${MANIFEST_BYTES} bytes`;
    return readFileSync(file);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? NOT_SIGNED : (error as Error).message;
  }
};

const issue = (file: string, message: string): ConfigurationIssue => ({
  file,
  line: 1,
  column: 1,
  path: '',
  message,
});

const iso = (ms: number): string => new Date(ms).toISOString();
