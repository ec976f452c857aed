import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Certificate } from '../certificate/certificate.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { readYaml, type ReadDocument } from '../configuration/read-yaml.ts';
import { authoritySettingsSchema, type AuthoritySettings } from './authority-settings.ts';
import { readAuthorityCertificates } from './read-certificates.ts';
import { createTrustList, type Authority, type TrustList } from './trust-list.ts';

/**
 * Reads a trust list: `folder`/<authority>/authority.yaml and the certificates it names.
 *
 * @throws ConfigurationError with everything wrong in all of them
 */
export const loadTrustList = (folder: string, epoch: number): TrustList => {
  const issues: ConfigurationIssue[] = [];
  const authorities: Authority[] = [];
  const keys = new Map<string, string>();
  for (const file of authorityFiles(folder)) {
    try {
      const document = readYaml(file, authoritySettingsSchema);
      const authority = readAuthority(document);
      issues.push(...checkOne(document, authority, keys));
      authorities.push(authority);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      issues.push(...error.issues);
    }
  }
  if (authorities.length === 0 && issues.length === 0) {
    issues.push({
      file: folder,
      line: 1,
      column: 1,
      path: '',
      message: 'the trust list is empty: expected at least one <authority>/authority.yaml',
    });
  }
  if (issues.length > 0) throw new ConfigurationError(issues);
  return createTrustList(epoch, authorities);
};

const authorityFiles = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => join(folder, entry.name, 'authority.yaml'))
      .sort();
  } catch (cause) {
    throw new ConfigurationError(
      [{ file: folder, line: 1, column: 1, path: '', message: (cause as Error).message }],
      { cause },
    );
  }
};

const readAuthority = (document: ReadDocument<AuthoritySettings>): Authority => ({
  settings: document.value,
  anchors: readAuthorityCertificates(document, 'anchors'),
  intermediates: readAuthorityCertificates(document, 'intermediates'),
});

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
    const key = Buffer.from(certificate.publicKey.spki).toString('base64');
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
