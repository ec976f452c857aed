import type { Certificate, DistributionPoint } from '../certificate/certificate.ts';
import { ALL_REASONS } from '../certificate/extensions/distribution-points.ts';
import { directoryNameKey, generalNameKey } from '../certificate/general-name.ts';
import { relativeNameKey } from '../certificate/name.ts';
import type { SharedCrl } from './shared-crl.ts';

/** A place a certificate says its revocation is published, ready to be compared with CRLs. */
export interface PublicationPoint {
  /** generalNameKey of each name. */
  readonly names: readonly string[];
  /** DistinguishedName.key of each possible CRL issuer. */
  readonly issuers: readonly string[];
  /** Whether the point names its CRL issuer: then the CRL has to be an indirect one. */
  readonly namesIssuer: boolean;
  /** Bits of REASON_FLAG. */
  readonly reasons: number;
}

/**
 * The distribution points of a certificate, and last the one every certificate has: its issuer's name (RFC 5280
 * section 6.3.3, the paragraph after (l)).
 */
export const publicationPoints = (certificate: Certificate): PublicationPoint[] => {
  const issuer = certificate.issuer.key;
  return [
    ...certificate.crlDistributionPoints.map((point) => resolvePoint(point, issuer)),
    { names: [directoryNameKey(issuer)], issuers: [issuer], namesIssuer: false, reasons: ALL_REASONS },
  ];
};

const resolvePoint = ({ name, reasons, crlIssuer }: DistributionPoint, issuer: string): PublicationPoint => {
  const named = crlIssuer.flatMap((each) => (each.type === 'directoryName' ? [each.name.key] : []));
  const namesIssuer = crlIssuer.length > 0;
  const issuers = namesIssuer ? named : [issuer];
  return {
    names: pointNames(name, crlIssuer, issuers),
    issuers,
    namesIssuer,
    reasons: (reasons ?? ALL_REASONS) & ALL_REASONS,
  };
};

const pointNames = (
  name: DistributionPoint['name'],
  crlIssuer: DistributionPoint['crlIssuer'],
  issuers: readonly string[],
): string[] => {
  // Section 6.3.3 (b)(2)(i): without a name, the CRL issuer's takes its place.
  if (name === undefined) return crlIssuer.map(generalNameKey);
  if ('fullName' in name) return name.fullName.map(generalNameKey);
  // Section 4.2.1.13: a relative name must not be used with several issuers; then it matches nothing.
  const [first, ...others] = issuers;
  if (first === undefined || others.length > 0) return [];
  return [directoryNameKey(relativeNameKey(first, name.relativeToIssuer))];
};

/**
 * The reasons a complete CRL tells of for a certificate at one of its points, as bits of REASON_FLAG; 0 where the CRL
 * is not about it (RFC 5280 section 6.3.3 (b) and (d)).
 */
export const coveredReasons = (
  { issuer, scope }: SharedCrl,
  point: PublicationPoint,
  certificate: Certificate,
): number => {
  // (b)(1)
  if (!point.issuers.includes(issuer)) return 0;
  if (point.namesIssuer && scope?.indirect !== true) return 0;
  if (scope === undefined) return point.reasons;
  // (b)(2)(i)
  if (scope.names !== undefined && !scope.names.some((name) => point.names.includes(name))) return 0;
  // (b)(2)(ii) to (iv)
  const isAuthority = certificate.basicConstraints?.ca === true;
  if (scope.onlyContains !== undefined && scope.onlyContains !== (isAuthority ? 'authority' : 'user'))
    return 0;
  // (d)
  return point.reasons & (scope.onlySomeReasons ?? ALL_REASONS);
};
