import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ExportSettings } from '../audit/export/export-target.ts';
import { decodePem } from '../certificate/pem.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import type { ReadDocument } from '../configuration/read-yaml.ts';
import type { GatewaySettings } from './gateway-settings.ts';

type Exports = GatewaySettings['audit']['export'];

/**
 * Reads the PEM files named under audit.export of gateway.yaml.
 *
 * @throws ConfigurationError with everything wrong in them
 */
export const readAuditExports = (
  document: ReadDocument<GatewaySettings>,
  exports: Exports,
): readonly ExportSettings[] => {
  const issues: ConfigurationIssue[] = [];
  const read = exports.map((settings, index): ExportSettings => {
    try {
      return settings.kind === 'file' ? settings : withPem(settings);
    } catch (error) {
      issues.push(document.issue(['audit', 'export', index], (error as Error).message));
      return settings;
    }
  });
  if (issues.length > 0) throw new ConfigurationError(issues);
  return read;
};

const withPem = (
  settings: Extract<Exports[number], { kind: 'syslog' }>,
): Extract<ExportSettings, { kind: 'syslog' }> => {
  const [authority = '', certificate, key] = [settings.authority, settings.certificate, settings.key].map(
    (path) => path && readFileSync(path, 'utf8'),
  );
  if (decodePem(authority).length === 0) throw new Error('authority holds no certificate (expected PEM)');
  try {
    createSecureContext({
      ca: authority,
      ...(certificate !== undefined && key !== undefined && { cert: certificate, key }),
    });
  } catch (cause) {
    throw new Error(`cannot be used: ${(cause as Error).message}`, { cause });
  }
  return { ...settings, authority, certificate, key };
};

/** The same with absolute paths. */
export const absoluteExport = (
  settings: Exports[number],
  absolute: (path: string) => string,
): Exports[number] => {
  if (settings.kind === 'file') return { ...settings, path: absolute(settings.path) };
  const { authority, certificate, key } = settings;
  return {
    ...settings,
    authority: absolute(authority),
    ...(certificate !== undefined && { certificate: absolute(certificate) }),
    ...(key !== undefined && { key: absolute(key) }),
  };
};
