import { EXTENSION } from '../../certificate/extensions/oids.ts';
import { codeFor, type PathCheck } from './check.ts';

/** Extensions that the checks here, revocation or identity process, or that constrain nothing about a path. */
const PROCESSED: ReadonlySet<string> = new Set([
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.issuerAltName,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.crlDistributionPoints,
  EXTENSION.authorityInfoAccess,
  // No policy is demanded (initial-explicit-policy is not set), so a path cannot fail by its policies alone.
  EXTENSION.certificatePolicies,
]);

/** Must be processed wherever they stand; not processed here yet, so a path with one is refused. */
const MUST_PROCESS: ReadonlySet<string> = new Set([EXTENSION.nameConstraints, EXTENSION.policyConstraints]);

export const criticalExtensions: PathCheck = {
  name: 'critical-extensions',
  clause: 'RFC 5280 6.1.4 (o), 6.1.5 (f)',
  passed: { zh: '没有不能识别的关键扩展', en: 'No critical extension is unknown' },
  run: (link) => {
    for (const { oid, critical } of link.certificate.extensions.values()) {
      if (MUST_PROCESS.has(oid) || (critical && !PROCESSED.has(oid))) {
        return {
          code: codeFor(link, 'ONECERT_CERTIFICATE_EXTENSION_UNKNOWN'),
          zh: `关键扩展 ${oid} 不能识别`,
          en: `The extension ${oid} has to be processed and is not known here`,
        };
      }
    }
    return undefined;
  },
};
