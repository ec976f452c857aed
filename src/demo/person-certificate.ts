import { join } from 'node:path';
import { encodePem } from '../certificate/pem.ts';
import type { SubjectKind } from '../identity/identity.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { nameOf } from './asn1.ts';
import type { DemoAuthority } from './authority.ts';
import { ensureCertificate } from './ensure-certificate.ts';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoint,
  extendedKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from './extensions.ts';
import type { CertificatePlan, Defect, PersonPlan } from './people.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';
import { ensureKey } from './signing-key.ts';

/** One certificate of a person, with the files that hold it. Paths are absolute where the city's folder is. */
export interface DemoCertificate {
  readonly person: string;
  readonly kind: SubjectKind;
  readonly authority: string;
  /** PEM: the certificate, then its issuing authority's; as curl --cert wants it. */
  readonly certificate: string;
  /** PKCS#8 PEM. */
  readonly key: string;
  /** PEM: issuing authority, root. */
  readonly chain: string;
  /** To import into a browser, where one could use it: there is none for SM2, which browsers' TLS does not have. */
  readonly pkcs12?: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** What the gateway is to answer; absent where the certificate is good. */
  readonly refusal?: RefusalCode;
}

/** Makes a person's certificate from one authority, or what is missing of its files, in `folder`. */
export const ensurePersonCertificate = async (
  folder: string,
  { person, kind, name }: PersonPlan,
  plan: CertificatePlan,
  authority: DemoAuthority,
): Promise<DemoCertificate> => {
  const base = join(folder, `${person}-${plan.authority}`);
  const files = { certificate: `${base}.crt`, key: `${base}.key`, chain: `${base}-chain.pem` };
  const { issuing, root, ledger, url } = authority;
  const { defect } = plan;
  const key = await ensureKey(files.key, defect?.key ?? authority.plan.keys);
  const pkcs12 = key.kind === 'sm2' ? undefined : `${base}.p12`;
  const writePkcs12 = async (certificate: Uint8Array): Promise<void> => {
    if (pkcs12 === undefined) return;
    // Loaded only when something has to be made: it is a large library.
    const { makePkcs12 } = await import('./pkcs12.ts');
    const friendlyName = `${name} ${person} (${authority.plan.name.zh})`;
    const certificates = [certificate, issuing.certificate];
    await writePrivateFile(pkcs12, makePkcs12({ friendlyName, key: key.pem, certificates }));
  };
  const { der, serialHex } = await ensureCertificate(
    files.certificate,
    {
      subject: nameOf(plan.subject),
      spki: key.spki,
      issuer: issuing,
      days: validityDays(defect),
      ...(defect?.hash !== undefined && { hash: defect.hash }),
      extensions: [
        basicConstraints({ ca: false }),
        ...usageExtensions(defect),
        subjectKeyIdentifier(key.spki),
        authorityKeyIdentifier(issuing.key.spki),
        certificatePolicies(authority.plan.policy),
        crlDistributionPoint(`${url}/issuing.crl`),
        authorityInfoAccess({ issuer: `${url}/issuing.crt`, ocsp: `${url}/ocsp` }),
        ...plan.identifiers,
      ],
    },
    [issuing.certificate],
    async (serial, certificate) => {
      await ledger.recordIssued(serial);
      await writePkcs12(certificate);
    },
  );
  if (pkcs12 !== undefined && (await readIfThere(pkcs12)) === undefined) await writePkcs12(der);
  const chain = [issuing.certificate, root.certificate]
    .map((each) => encodePem('CERTIFICATE', each))
    .join('');
  if ((await readIfThere(files.chain))?.toString('latin1') !== chain)
    await writePrivateFile(files.chain, chain);
  if (defect?.revoked !== undefined && ledger.statusOf(serialHex) === 'good') {
    await ledger.recordRevoked({ serial: serialHex, reason: defect.revoked, at: Date.now() });
  }
  return {
    person,
    kind,
    authority: plan.authority,
    ...files,
    ...(pkcs12 !== undefined && { pkcs12 }),
    serial: serialHex,
    ...(defect !== undefined && { refusal: defect.refusal }),
  };
};

const validityDays = (defect: Defect | undefined): { from: number; to: number } => {
  switch (defect?.validity) {
    case 'expired':
      return { from: -760, to: -30 };
    case 'not-yet-valid':
      return { from: 365, to: 1095 };
    case undefined:
      return { from: -1, to: 730 };
  }
};

/** The two certificates on one key device: one signs and proves its person, the other only receives secrets. */
const usageExtensions = (defect: Defect | undefined) =>
  defect?.usage === 'encryption'
    ? [keyUsage('keyEncipherment', 'dataEncipherment')]
    : [keyUsage('digitalSignature', 'nonRepudiation'), extendedKeyUsage('clientAuth', 'emailProtection')];
