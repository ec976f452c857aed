import type { Certificate } from '../../certificate/certificate.ts';
import { formatName } from '../../certificate/name.ts';
import { parseCertificate } from '../../certificate/parse.ts';
import { decodePem } from '../../certificate/pem.ts';
import { verifySignature } from '../../certificate/verify-signature.ts';
import { ConfigurationError, type ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { identifierOf, nameOf, type AuthorityDraft } from './authority-draft.ts';

/** Certificates one bundle may hold. The largest public root programmes have a few hundred. */
const CERTIFICATES = 2_000;
const BEGIN = '-----BEGIN CERTIFICATE-----';

interface Located {
  readonly certificate: Certificate;
  readonly line: number;
}

/**
 * Splits a bundle (PEM, or one certificate in DER) into anchors, which are self-signed, and intermediates, which hang
 * from one of them; one draft for each anchor's organisation, or one for all under the identifier `authority`.
 *
 * @param file what errors name
 * @throws ConfigurationError naming every certificate that cannot be read, is no authority's, or hangs from no anchor
 */
export const importPem = (bytes: Buffer, file: string, authority?: string): readonly AuthorityDraft[] => {
  const { located, issues } = readBundle(bytes, file);
  const refuse = ({ certificate, line }: Located, message: string): void => {
    issues.push(issueAt(file, line, `${formatName(certificate.subject)}: ${message}`));
  };
  const authorities = located.filter((each) => {
    // RFC 5280 section 4.2.1.9: a certificate without cA must not verify others.
    const isAuthority = each.certificate.basicConstraints?.ca === true;
    if (!isAuthority) refuse(each, 'not a certificate of an authority (basicConstraints cA is not set)');
    return isAuthority;
  });
  const anchors = authorities.filter(({ certificate }) => isIssuedBy(certificate, certificate));
  const rootOf = new Map<Certificate, Certificate>(
    anchors.map(({ certificate }) => [certificate, certificate]),
  );
  hangIntermediates(
    authorities.map(({ certificate }) => certificate),
    rootOf,
  );
  for (const each of authorities) {
    if (!rootOf.has(each.certificate)) {
      refuse(each, `no anchor for it in this bundle (its issuer is ${formatName(each.certificate.issuer)})`);
    }
  }
  if (located.length === 0 && issues.length === 0) issues.push(issueAt(file, 1, 'holds no certificate'));
  if (issues.length > 0) throw new ConfigurationError(issues);
  return draftsOf(
    authorities.map(({ certificate }) => certificate),
    rootOf,
    file,
    authority,
  );
};

const readBundle = (bytes: Buffer, file: string): { located: Located[]; issues: ConfigurationIssue[] } => {
  const issues: ConfigurationIssue[] = [];
  const located = new Map<string, Located>();
  const add = (der: Uint8Array, line: number): void => {
    try {
      const certificate = parseCertificate(der);
      if (!located.has(certificate.fingerprint)) located.set(certificate.fingerprint, { certificate, line });
    } catch (error) {
      issues.push(issueAt(file, line, (error as Error).message));
    }
  };
  if (bytes[0] === 0x30) add(bytes, 1);
  else {
    let line = 1;
    const [before = '', ...blocks] = bytes.toString('latin1').split(BEGIN);
    line += countLines(before);
    if (blocks.length > CERTIFICATES) {
      return { located: [], issues: [issueAt(file, 1, `more than ${CERTIFICATES} certificates`)] };
    }
    for (const block of blocks) {
      const [der] = decodePem(BEGIN + block, 'CERTIFICATE');
      if (der === undefined) issues.push(issueAt(file, line, 'a PEM block that is not whole or not Base64'));
      else add(der, line);
      line += countLines(block);
    }
  }
  return { located: [...located.values()], issues };
};

const countLines = (text: string): number => text.split('\n').length - 1;

/** Finds for each authority the anchor it hangs from, over as many intermediates as it takes. */
const hangIntermediates = (
  authorities: readonly Certificate[],
  rootOf: Map<Certificate, Certificate>,
): void => {
  const bySubject = Map.groupBy(authorities, ({ subject }) => subject.key);
  let found = true;
  while (found) {
    found = false;
    for (const certificate of authorities) {
      if (rootOf.has(certificate)) continue;
      const issuer = (bySubject.get(certificate.issuer.key) ?? []).find(
        (each) => rootOf.has(each) && isIssuedBy(certificate, each),
      );
      if (issuer === undefined) continue;
      rootOf.set(certificate, rootOf.get(issuer) as Certificate);
      found = true;
    }
  }
};

const isIssuedBy = (certificate: Certificate, issuer: Certificate): boolean =>
  certificate.issuer.key === issuer.subject.key &&
  verifySignature(certificate.signatureAlgorithm, issuer.publicKey, certificate.tbs, certificate.signature);

const draftsOf = (
  authorities: readonly Certificate[],
  rootOf: ReadonlyMap<Certificate, Certificate>,
  file: string,
  authority: string | undefined,
): AuthorityDraft[] => {
  const anchorOf = (certificate: Certificate): Certificate => rootOf.get(certificate) as Certificate;
  const identifierFor = (anchor: Certificate): string => authority ?? identifierOf(nameOf(anchor), anchor);
  const groups = Map.groupBy(authorities, (certificate) => identifierFor(anchorOf(certificate)));
  return [...groups].map(([identifier, group]) => {
    const isAnchor = (certificate: Certificate): boolean => anchorOf(certificate) === certificate;
    const anchors = group.filter(isAnchor);
    const name = nameOf(anchors[0] as Certificate);
    return {
      authority: identifier,
      name: { zh: name, en: name },
      status: 'draft',
      remarks: [`Imported from ${file}.`],
      anchors,
      intermediates: group.filter((certificate) => !isAnchor(certificate)),
    };
  });
};

const issueAt = (file: string, line: number, message: string): ConfigurationIssue => ({
  file,
  line,
  column: 1,
  path: '',
  message,
});
