import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { ExportSettings } from '../audit/export/export-target.ts';
import { decodePem } from '../certificate/pem.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { readYaml, type ReadDocument } from '../configuration/read-yaml.ts';
import type { UpstreamTls } from '../proxy/upstream-tls.ts';
import type { Department } from '../services/enrolment.ts';
import { parseDepartments, readDepartmentFiles } from '../services/load-departments.ts';
import { readLastSeen } from '../trust/last-seen.ts';
import { loadTrustList } from '../trust/load-trust-list.ts';
import { readOperatorKey } from '../trust/operator-key.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { rolesDocument } from './file-documents.ts';
import { ownAddressProblem } from './own-addresses.ts';
import { absoluteExport, readAuditExports } from './read-audit-exports.ts';
import {
  departmentSources,
  readOthers,
  trustFolderIn,
  type GovernedDocument,
  type OtherDocuments,
} from './read-documents.ts';
import { findUnknownUpstreamTls, readUpstreamTls, upstreamTlsFiles } from './read-upstream-tls.ts';
import { isKeyOf } from './server-certificate.ts';
import { gatewaySettingsSchema, type GatewaySettings } from './gateway-settings.ts';

/** Everything an operator writes, read and checked together. */
export interface Configuration extends OtherDocuments {
  /** Paths made absolute. */
  readonly settings: GatewaySettings;
  readonly tls: { readonly certificate: string; readonly key: string };
  /** PEM; undefined where no terminator is expected. */
  readonly terminatorAuthority: string | undefined;
  /** PEM; undefined where the collector's certificate is of a public authority, or nothing is traced. */
  readonly collectorAuthority: string | undefined;
  /** What back ends are told from others by, and the gateway is by them. */
  readonly upstreamTls: UpstreamTls;
  /** With the PEM that files hold. */
  readonly exports: readonly ExportSettings[];
  readonly departments: readonly Department[];
  readonly trust: TrustList;
  /** Folders and files whose content decides; watched for changes. */
  readonly places: readonly string[];
}

/** Reads gateway.yaml in `folder` and nothing else. @throws ConfigurationError */
export const loadSettings = (folder: string): GatewaySettings =>
  withAbsolutePaths(readYaml(join(folder, 'gateway.yaml'), gatewaySettingsSchema));

/**
 * Reads gateway.yaml in `folder`, the departments and the trust list it names, and who has which role.
 *
 * @param trustEpoch the epoch the trust list gets
 * @param documents taken instead of the files of departments, trust list and roles: all that is to be in force
 * @throws ConfigurationError with everything wrong in all of them at once
 */
export const loadConfiguration = (
  folder: string,
  trustEpoch: number,
  documents?: readonly GovernedDocument[],
): Configuration => {
  const document = readYaml(join(folder, 'gateway.yaml'), gatewaySettingsSchema);
  const settings = withAbsolutePaths(document);
  const issues: ConfigurationIssue[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      issues.push(...error.issues);
      return undefined;
    }
  };
  const tls = attempt(() => readTls(document, settings));
  const terminatorAuthority = attempt(() =>
    readAuthority(document, ['terminator', 'authority'], settings.terminator?.authority),
  );
  const collectorAuthority = attempt(() =>
    readAuthority(document, ['tracing', 'authority'], settings.tracing?.authority),
  );
  const exports = attempt(() => readAuditExports(document, settings.audit.export));
  const upstreamTls = attempt(() => readUpstreamTls(document, settings.upstreamTls));
  const departments = attempt(() =>
    parseDepartments(
      documents === undefined
        ? readDepartmentFiles(settings.departments)
        : departmentSources(documents, settings),
      { backEndProblem: ownAddressProblem(settings) },
    ),
  );
  const others = attempt(() => readOthers(documents ?? rolesDocument(folder)));
  const trust = attempt(() =>
    loadTrustList(documents === undefined ? settings.trust : trustFolderIn(documents, settings), trustEpoch, {
      operatorKey: readTrustKey(document, settings),
      lastSeen: settings.trustKey === undefined ? undefined : readLastSeen(lastSeenFile(settings)),
    }),
  );
  if (
    issues.length > 0 ||
    tls === undefined ||
    upstreamTls === undefined ||
    exports === undefined ||
    departments === undefined ||
    others === undefined ||
    trust === undefined
  ) {
    throw new ConfigurationError(issues);
  }
  const unknown = [
    ...findUnknownAuthorities(settings.departments, departments, trust),
    ...findUnknownUpstreamTls(settings.departments, departments, upstreamTls),
  ];
  if (unknown.length > 0) throw new ConfigurationError(unknown);
  const { certificate, key } = settings.tls;
  const files = settings.trustKey === undefined ? [certificate, key] : [certificate, key, settings.trustKey];
  const places = [
    folder,
    settings.departments,
    settings.trust,
    ...files,
    ...upstreamTlsFiles(settings.upstreamTls),
  ];
  return {
    settings,
    tls,
    terminatorAuthority,
    collectorAuthority,
    upstreamTls,
    exports,
    departments,
    trust,
    ...others,
    places: [...new Set(places)],
  };
};

const withAbsolutePaths = ({ file, value }: ReadDocument<GatewaySettings>): GatewaySettings => {
  const absolute = (path: string): string => resolve(dirname(file), path);
  return {
    ...value,
    data: absolute(value.data),
    trust: absolute(value.trust),
    trustKey: value.trustKey === undefined ? undefined : absolute(value.trustKey),
    departments: absolute(value.departments),
    audit: { ...value.audit, export: value.audit.export.map((each) => absoluteExport(each, absolute)) },
    upstreamTls: Object.fromEntries(
      Object.entries(value.upstreamTls).map(([name, { authority, certificate, key }]) => [
        name,
        {
          ...(authority !== undefined && { authority: absolute(authority) }),
          ...(certificate !== undefined && { certificate: absolute(certificate) }),
          ...(key !== undefined && { key: absolute(key) }),
        },
      ]),
    ),
    ...(value.terminator && {
      terminator: { ...value.terminator, authority: absolute(value.terminator.authority) },
    }),
    ...(value.tracing?.authority !== undefined && {
      tracing: { ...value.tracing, authority: absolute(value.tracing.authority) },
    }),
    tls: { ...value.tls, certificate: absolute(value.tls.certificate), key: absolute(value.tls.key) },
  };
};

const readTls = (document: ReadDocument<GatewaySettings>, { tls }: GatewaySettings): Configuration['tls'] => {
  const read = (field: 'certificate' | 'key'): string => {
    try {
      return readFileSync(tls[field], 'utf8');
    } catch (cause) {
      const issue = document.issue(['tls', field], `cannot be read: ${(cause as Error).message}`);
      throw new ConfigurationError([issue], { cause });
    }
  };
  const pair = { certificate: read('certificate'), key: read('key') };
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
    // OpenSSL takes a key of another kind than the certificate's for another certificate to come.
    if (!isKeyOf(pair)) throw new Error('the key is that of another certificate');
  } catch (cause) {
    const message = `certificate and key do not work together: ${(cause as Error).message}`;
    throw new ConfigurationError([document.issue(['tls'], message)], { cause });
  }
  return pair;
};

const readAuthority = (
  document: ReadDocument<GatewaySettings>,
  setting: [string, string],
  file: string | undefined,
): string | undefined => {
  if (file === undefined) return undefined;
  try {
    const pem = readFileSync(file, 'utf8');
    createSecureContext({ ca: pem });
    if (decodePem(pem).length === 0) throw new Error('holds no certificate (expected PEM)');
    return pem;
  } catch (cause) {
    const message = `${file}: ${(cause as Error).message}`;
    throw new ConfigurationError([document.issue(setting, message)], { cause });
  }
};

/** Remembers the signed trust list that was in force last, against rollback. */
export const lastSeenFile = ({ data }: GatewaySettings): string => join(data, 'trust-list-seen.json');

const readTrustKey = (
  document: ReadDocument<GatewaySettings>,
  { trustKey }: GatewaySettings,
): KeyObject | undefined => {
  if (trustKey === undefined) return undefined;
  try {
    return readOperatorKey(readFileSync(trustKey, 'utf8'));
  } catch (cause) {
    throw new ConfigurationError([document.issue(['trustKey'], `${trustKey}: ${(cause as Error).message}`)], {
      cause,
    });
  }
};

/** An enrolment that names an authority the trust list does not know would refuse everybody, silently. */
const findUnknownAuthorities = (
  folder: string,
  departments: readonly Department[],
  { authorities }: TrustList,
): ConfigurationIssue[] =>
  departments.flatMap(({ department, services }) =>
    services.flatMap(({ service, authorities: accepted }) =>
      (accepted === 'all' ? [] : accepted)
        .filter((authority) => !authorities.has(authority))
        .map((authority) => ({
          file: folder,
          line: 1,
          column: 1,
          path: `${department}.${service}.authorities`,
          message: `"${authority}" is not in the trust list (there are: ${[...authorities.keys()].join(', ')})`,
        })),
    ),
  );
