import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodePem } from '../../../src/certificate/pem.ts';
import { ConfigurationError } from '../../../src/configuration/configuration-error.ts';
import { makeAuthority, type TestCertificate } from '../../conformance/chains/make-certificate.ts';
import type { TestKey } from '../../conformance/chains/test-key.ts';

const DAY_MS = 86_400_000;

/** A folder for one test file, removed at its end. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-trust-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** An authority's certificate that holds on the day the tests run, too. */
export const makeCurrentAuthority = (
  subject: string,
  options: { issuer?: TestCertificate; key?: TestKey; notAfter?: number } = {},
): TestCertificate =>
  makeAuthority({
    subject,
    notBefore: Date.now() - 1_000 * DAY_MS,
    notAfter: Date.now() + 1_000 * DAY_MS,
    ...options,
  });

export const pem = (...certificates: readonly TestCertificate[]): string =>
  certificates.map(({ der }) => encodePem('CERTIFICATE', der)).join('');

/** Writes files by their path below `folder`. */
export const writeFiles = (folder: string, files: Readonly<Record<string, string | Uint8Array>>): void => {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
};

/** An authority.yaml as an operator would write it; `lines` stand after the name. */
export const authorityYaml = (authority: string, ...lines: readonly string[]): string =>
  [
    `authority: ${authority}`,
    `name: { zh: 机构${authority}, en: Authority ${authority} }`,
    ...lines,
    'anchors: [root.pem]',
    'identity:',
    '  sources:',
    '    - from: { extension: 1.2.156.10260.4.1.1 }',
    '      types: [citizen-id-number]',
    '',
  ].join('\n');

/** The lines of the ConfigurationError that `run` throws, with `folder` left out of them. */
export const problemsOf = (folder: string, run: () => unknown): string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replaceAll(`${folder}/`, '').split('\n');
    throw error;
  }
  return [];
};
