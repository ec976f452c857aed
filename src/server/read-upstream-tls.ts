import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { decodePem } from '../certificate/pem.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import type { ReadDocument } from '../configuration/read-yaml.ts';
import type { UpstreamTls, UpstreamTlsMaterial } from '../proxy/upstream-tls.ts';
import type { Department } from '../services/enrolment.ts';
import type { GatewaySettings } from './gateway-settings.ts';

type Files = GatewaySettings['upstreamTls'];

/**
 * Reads what stands under upstreamTls of gateway.yaml.
 *
 * @throws ConfigurationError with everything wrong in it
 */
export const readUpstreamTls = (document: ReadDocument<GatewaySettings>, files: Files): UpstreamTls => {
  const issues: ConfigurationIssue[] = [];
  const read = Object.entries(files).map(([name, paths]): [string, UpstreamTlsMaterial] => {
    try {
      return [name, readMaterial(paths)];
    } catch (error) {
      issues.push(document.issue(['upstreamTls', name], (error as Error).message));
      return [name, {}];
    }
  });
  if (issues.length > 0) throw new ConfigurationError(issues);
  return Object.fromEntries(read);
};

const readMaterial = (paths: Files[string]): UpstreamTlsMaterial => {
  const [authority, certificate, key] = [paths.authority, paths.certificate, paths.key].map(
    (path) => path && readFileSync(path, 'utf8'),
  );
  if (authority !== undefined && decodePem(authority).length === 0) {
    throw new Error('authority holds no certificate (expected PEM)');
  }
  try {
    createSecureContext({
      ...(authority !== undefined && { ca: authority }),
      ...(certificate !== undefined && key !== undefined && { cert: certificate, key }),
    });
  } catch (cause) {
    throw new Error(`cannot be used: ${(cause as Error).message}`, { cause });
  }
  return {
    ...(authority !== undefined && { authority }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
  };
};

/** Every file named under upstreamTls. */
export const upstreamTlsFiles = (files: Files): readonly string[] =>
  Object.values(files).flatMap((paths) =>
    [paths.authority, paths.certificate, paths.key].filter((path) => path !== undefined),
  );

/** An enrolment that names material nobody has set down could reach none of its back ends. */
export const findUnknownUpstreamTls = (
  folder: string,
  departments: readonly Department[],
  known: UpstreamTls,
): ConfigurationIssue[] =>
  departments.flatMap(({ department, services }) =>
    services.flatMap(({ service, backends }) =>
      backends
        .map(({ tls }) => tls?.use)
        .filter((name) => name !== undefined && !Object.hasOwn(known, name))
        .map((name) => ({
          file: folder,
          line: 1,
          column: 1,
          path: `${department}.${service}.backends`,
          message: `"${name}" is not under upstreamTls in gateway.yaml`,
        })),
    ),
  );
