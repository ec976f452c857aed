import type { KeyObject } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import type { Certificate } from '../certificate/certificate.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { parseYaml, type ReadDocument } from '../configuration/read-yaml.ts';
import { authorityKey } from '../path/authority-standing.ts';
import { authoritySettingsSchema, type AuthoritySettings } from './authority-settings.ts';
import { checkSignature } from './check-signature.ts';
import type { SeenTrustList } from './last-seen.ts';
import { readAuthorityCertificates } from './read-certificates.ts';
import { readTrustFolder, type TrustFolder } from './trust-folder.ts';
import { createTrustList, type Authority, type TrustList } from './trust-list.ts';

export interface LoadOptions {
  /** Set: the list must be signed by this key. Not set: a signature that may be there is not looked at. */
  readonly operatorKey?: KeyObject | undefined;
  /** Refuse certificate files outside the folder, which no signature could cover. Always so with an operatorKey. */
  readonly selfContained?: boolean;
  /** The moment a signed list is judged at, ms since the epoch. Default: now. */
  readonly at?: number;
  /** The highest signed list seen so far (readLastSeen); an older one is refused. */
  readonly lastSeen?: SeenTrustList | undefined;
}

/**
 * Reads a trust list, from a folder or from what was read of one: `folder`/<authority>/authority.yaml and the certificates it names, and checks its signature where
 * an operators' key is set. What is checked and what is used are the same bytes, read once.
 *
 * @throws ConfigurationError with everything wrong in all of them
 */
export const loadTrustList = (
  folder: string | TrustFolder,
  epoch: number,
  options: LoadOptions = {},
): TrustList => {
  const { operatorKey, at = Date.now(), lastSeen, selfContained = false } = options;
  const read = typeof folder === 'string' ? readTrustFolder(folder) : folder;
  const { signed, issues: signatureIssues } =
    operatorKey === undefined
      ? { signed: undefined, issues: [] }
      : checkSignature(read, { operatorKey, at, lastSeen });
  const { authorities, issues: authorityIssues } = readAuthorities(
    read,
    !selfContained && operatorKey === undefined,
  );
  const issues = [...signatureIssues, ...authorityIssues];
  if (issues.length > 0) throw new ConfigurationError(issues);
  return createTrustList(epoch, authorities, signed);
};

const readAuthorities = (
  folder: TrustFolder,
  outside: boolean,
): { authorities: readonly Authority[]; issues: readonly ConfigurationIssue[] } => {
  const issues: ConfigurationIssue[] = [];
  const authorities: Authority[] = [];
  const keys = new Map<string, string>();
  for (const name of folder.authorities) {
    try {
      const document = readSettings(folder, name);
      const anchors = readAuthorityCertificates(document, 'anchors', { folder, outside });
      const intermediates = readAuthorityCertificates(document, 'intermediates', { folder, outside });
      const authority: Authority = {
        settings: withAbsoluteFiles(document),
        anchors: anchors.certificates,
        intermediates: intermediates.certificates,
      };
      issues.push(...anchors.issues, ...intermediates.issues, ...checkOne(document, authority, keys));
      authorities.push(authority);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      issues.push(...error.issues);
    }
  }
  if (authorities.length === 0 && issues.length === 0) {
    const message = 'the trust list is empty: expected at least one <authority>/authority.yaml';
    issues.push({ file: folder.folder, line: 1, column: 1, path: '', message });
  }
  return { authorities, issues };
};

const readSettings = (folder: TrustFolder, name: string): ReadDocument<AuthoritySettings> => {
  const file = join(folder.folder, name, 'authority.yaml');
  const bytes = folder.files.get(`${name}/authority.yaml`);
  if (bytes === undefined) {
    throw new ConfigurationError([{ file, line: 1, column: 1, path: '', message: 'no such file' }]);
  }
  return parseYaml(file, bytes.toString('utf8'), authoritySettingsSchema);
};

/** Files of CRLs are named relative to the file that names them. */
const withAbsoluteFiles = ({ file, value }: ReadDocument<AuthoritySettings>): AuthoritySettings => {
  const { revocation } = value;
  const files = revocation.crl.files.map((name) => resolve(dirname(file), name));
  return { ...value, revocation: { ...revocation, crl: { ...revocation.crl, files } } };
};

/** What no schema can see: the folder's name, and one key under two authorities. */
const checkOne = (
  document: ReadDocument<AuthoritySettings>,
  { settings, anchors, intermediates }: Authority,
  keys: Map<string, string>,
): ConfigurationIssue[] => {
  const issues: ConfigurationIssue[] = [];
  const folder = basename(dirname(document.file));
  if (folder !== settings.authority) {
    issues.push(document.issue(['authority'], `expected "${folder}", the name of the folder`));
  }
  const check = (certificate: Certificate, path: PropertyKey[]): void => {
    const key = authorityKey(certificate);
    const owner = keys.get(key);
    if (owner !== undefined && owner !== settings.authority) {
      issues.push(document.issue(path, `this key belongs to the authority "${owner}" already`));
    }
    keys.set(key, settings.authority);
  };
  anchors.forEach((certificate) => check(certificate, ['anchors']));
  intermediates.forEach((certificate) => check(certificate, ['intermediates']));
  return issues;
};
