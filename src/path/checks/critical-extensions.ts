import { EXTENSION } from '../../certificate/extensions/oids.ts';
import { codeFor, type PathCheck } from './check.ts';

/** Extensions that the checks here, revocation or identity process, or that constrain nothing about a path. */
const PROCESSED: ReadonlySet<string> = new Set([
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.keyUsage,
  EXTENSION.certificatePolicies,
  EXTENSION.policyMappings,
  EXTENSION.subjectAltName,
  EXTENSION.issuerAltName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  EXTENSION.policyConstraints,
  EXTENSION.extendedKeyUsage,
  EXTENSION.crlDistributionPoints,
  EXTENSION.inhibitAnyPolicy,
]);

export const criticalExtensions: PathCheck = {
  name: 'critical-extensions',
  clause: 'RFC 5280 6.1.4 (o), 6.1.5 (f)',
  passed: { zh: '没有不能识别的关键扩展', en: 'No critical extension is unknown' },
  run: (link) => {
    const { certificatePolicies, extensions } = link.certificate;
    for (const { oid, critical } of extensions.values()) {
      if (critical && !PROCESSED.has(oid)) {
        return {
          code: codeFor(link, 'ONECERT_CERTIFICATE_EXTENSION_UNKNOWN'),
          zh: `关键扩展 ${oid} 不能识别`,
          en: `The extension ${oid} has to be processed and is not known here`,
        };
      }
    }
    // RFC 5280 section 4.2.1.4: critical, it has to be understood with its qualifiers.
    if (
      certificatePolicies?.qualifiersKnown === false &&
      extensions.get(EXTENSION.certificatePolicies)?.critical === true
    ) {
      return {
        code: codeFor(link, 'ONECERT_CERTIFICATE_EXTENSION_UNKNOWN'),
        zh: '关键的证书策略扩展含有不能识别的限定符',
        en: 'The critical certificatePolicies have a qualifier that is not known here',
      };
    }
    return undefined;
  },
};
