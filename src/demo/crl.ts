import {
  CertificateList,
  RevokedCertificate,
  TBSCertList,
  Time,
  Version,
  type Name,
} from '@peculiar/asn1-x509';
import type { RevocationReason } from '../revocation/types.ts';
import { der, octets, signatureAlgorithmOf, wholeSeconds } from './asn1.ts';
import { authorityKeyIdentifier, crlNumber, reasonCode } from './extensions.ts';
import type { SigningKey } from './signing-key.ts';

/** RFC 5280 section 5.3.1. */
export const REASON_CODE: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

export interface Revocation {
  /** Lower-case hex. */
  readonly serial: string;
  readonly reason: RevocationReason;
  /** ms since the epoch. */
  readonly at: number;
}

/** Makes and signs a complete CRL (RFC 5280 section 5); DER. */
export const issueCrl = (content: {
  readonly issuer: { readonly name: Name; readonly key: SigningKey };
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revocations: readonly Revocation[];
}): Buffer => {
  const { issuer, revocations } = content;
  const signatureAlgorithm = signatureAlgorithmOf(issuer.key);
  const tbsCertList = new TBSCertList({
    version: Version.v2,
    signature: signatureAlgorithm,
    issuer: issuer.name,
    thisUpdate: new Time(wholeSeconds(content.thisUpdate)),
    nextUpdate: new Time(wholeSeconds(content.nextUpdate)),
    // Section 5.1.2.6: absent, not empty, while nothing is revoked.
    ...(revocations.length > 0 && { revokedCertificates: revocations.map(revokedCertificate) }),
    crlExtensions: [authorityKeyIdentifier(issuer.key.spki), crlNumber(content.number)],
  });
  const signature = octets(issuer.key.sign(der(tbsCertList)));
  return der(new CertificateList({ tbsCertList, signatureAlgorithm, signature }));
};

const revokedCertificate = ({ serial, reason, at }: Revocation): RevokedCertificate =>
  new RevokedCertificate({
    userCertificate: octets(Buffer.from(serial, 'hex')),
    revocationDate: new Time(wholeSeconds(at)),
    // Section 5.3.1: "unspecified" is said by leaving the extension out.
    ...(reason !== 'unspecified' && { crlEntryExtensions: [reasonCode(REASON_CODE[reason])] }),
  });
