import type { Name } from '@peculiar/asn1-x509';
import { join } from 'node:path';
import type { RevocationReason } from '../revocation/types.ts';
import { nameOf } from './asn1.ts';
import type { AuthorityPlan } from './authority-plans.ts';
import { issueCrl } from './crl.ts';
import { DAY_MS, ensureCertificate } from './ensure-certificate.ts';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoint,
  extendedKeyUsage,
  keyUsage,
  ocspNoCheck,
  subjectKeyIdentifier,
} from './extensions.ts';
import { openLedger, type Ledger } from './ledger.ts';
import { answerOcsp, type Responder } from './ocsp.ts';
import { openPrivateFolder, writePrivateFile } from './private-file.ts';
import { ensureKey, type SigningKey } from './signing-key.ts';

/** A name, the key behind it, and the certificate (DER) that binds the two. */
export interface Issuer {
  readonly name: Name;
  readonly key: SigningKey;
  readonly certificate: Uint8Array;
}

/** One authority of the demo city at work: root, issuing authority, CRLs, OCSP. */
export interface DemoAuthority {
  readonly plan: AuthorityPlan;
  readonly folder: string;
  /** http://127.0.0.1:<port>/<authority>: where everything it publishes is found. */
  readonly url: string;
  readonly root: Issuer;
  readonly issuing: Issuer;
  readonly ledger: Ledger;
  /** What it publishes now, by file name: CRLs and certificates, DER. */
  published(): ReadonlyMap<string, Buffer>;
  /** When it last issued its CRLs, ms since the epoch. */
  publishedAt(): number;
  /** Issues both CRLs anew. */
  publish(): Promise<void>;
  /**
   * Revokes (or puts on hold) and publishes at once. `serial` is lower-case hex.
   * @throws AuthorityError when it has issued no such certificate, or has revoked it for good already
   */
  revoke(serial: string, reason: RevocationReason): Promise<void>;
  /**
   * Takes a certificate off hold and publishes at once.
   * @throws AuthorityError when it is not on hold
   */
  release(serial: string): Promise<void>;
  /** Answers a DER OCSP request with a DER response (RFC 6960). */
  answerOcsp(request: Uint8Array): Buffer;
}

export class AuthorityError extends Error {
  override readonly name = 'AuthorityError';
}

/** Until the CRL's nextUpdate. */
const CRL_MS = DAY_MS;

/** Opens an authority in `folder`, making what is not there yet, with new CRLs. */
export const openAuthority = async (
  folder: string,
  plan: AuthorityPlan,
  cityUrl: string,
): Promise<DemoAuthority> => {
  await openPrivateFolder(folder);
  const url = `${cityUrl}/${plan.authority}`;
  const keyOf = (name: string): Promise<SigningKey> => ensureKey(join(folder, `${name}.key`), plan.keys);
  const [ledger, rootKey, issuingKey, ocspKey] = await Promise.all([
    openLedger(folder),
    keyOf('root'),
    keyOf('issuing'),
    plan.ocspSigner === 'delegated' ? keyOf('ocsp') : undefined,
  ]);
  const root = await openRoot(folder, plan, rootKey);
  const issuing = await openIssuing(folder, plan, issuingKey, root, url);
  const signer =
    ocspKey === undefined ? { key: issuingKey } : await openSigner(folder, plan, ocspKey, issuing);
  const responder: Responder = {
    issuer: { name: issuing.name, spki: issuing.key.spki },
    signer,
    statusOf: (serial) => ledger.statusOf(serial),
  };
  let published: ReadonlyMap<string, Buffer> = new Map();
  let publishedAt = 0;
  let publishing: Promise<void> = Promise.resolve();
  // One after the other: what is published always has the highest CRL number.
  const publish = (): Promise<void> => {
    const next = publishing.then(async () => {
      published = await issueAll(folder, root, issuing, ledger);
      publishedAt = Date.now();
    });
    publishing = next.catch(() => undefined);
    return next;
  };
  await publish();
  return {
    plan,
    folder,
    url,
    root,
    issuing,
    ledger,
    published: () => published,
    publishedAt: () => publishedAt,
    publish,
    async revoke(serial, reason) {
      const status = ledger.statusOf(serial);
      if (status === 'unknown')
        throw new AuthorityError(`${plan.authority} has issued no certificate ${serial}`);
      if (status !== 'good' && status.reason !== 'certificateHold') {
        throw new AuthorityError(`${serial} is revoked already (${status.reason})`);
      }
      await ledger.recordRevoked({ serial, reason, at: Date.now() });
      await publish();
    },
    async release(serial) {
      const status = ledger.statusOf(serial);
      if (status === 'good' || status === 'unknown') throw new AuthorityError(`${serial} is not on hold`);
      if (status.reason !== 'certificateHold') {
        throw new AuthorityError(
          `${serial} is revoked for good (${status.reason}): only a hold can be lifted`,
        );
      }
      await ledger.recordReleased(serial);
      await publish();
    },
    answerOcsp: (request) => answerOcsp(request, responder),
  };
};

const authorityName = ({ name }: AuthorityPlan, suffix: string): Name =>
  nameOf({ C: 'CN', O: `${name.zh}（演示）`, CN: `${name.en} ${suffix}` });

const openRoot = async (folder: string, plan: AuthorityPlan, key: SigningKey): Promise<Issuer> => {
  const name = authorityName(plan, 'Root');
  const { der } = await ensureCertificate(join(folder, 'root.crt'), {
    subject: name,
    spki: key.spki,
    issuer: { name, key },
    days: { from: -5 * 365, to: 15 * 365 },
    extensions: [
      basicConstraints({ ca: true }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectKeyIdentifier(key.spki),
      authorityKeyIdentifier(key.spki),
    ],
  });
  return { name, key, certificate: der };
};

const openIssuing = async (
  folder: string,
  plan: AuthorityPlan,
  key: SigningKey,
  root: Issuer,
  url: string,
): Promise<Issuer> => {
  const name = authorityName(plan, 'Issuing Authority');
  const { der } = await ensureCertificate(join(folder, 'issuing.crt'), {
    subject: name,
    spki: key.spki,
    issuer: root,
    days: { from: -4 * 365, to: 8 * 365 },
    extensions: [
      basicConstraints({ ca: true, pathLength: 0 }),
      keyUsage(
        'keyCertSign',
        'cRLSign',
        ...(plan.ocspSigner === 'issuer' ? ['digitalSignature' as const] : []),
      ),
      subjectKeyIdentifier(key.spki),
      authorityKeyIdentifier(root.key.spki),
      certificatePolicies(plan.policy),
      // A root answers no OCSP questions: its key is meant to lie in a safe.
      crlDistributionPoint(`${url}/root.crl`),
      authorityInfoAccess({ issuer: `${url}/root.crt` }),
    ],
  });
  return { name, key, certificate: der };
};

/** The delegated OCSP responder (RFC 6960 section 4.2.2.2): signs status, is not asked about itself. */
const openSigner = async (
  folder: string,
  plan: AuthorityPlan,
  key: SigningKey,
  issuing: Issuer,
): Promise<Responder['signer']> => {
  const { der } = await ensureCertificate(join(folder, 'ocsp.crt'), {
    subject: authorityName(plan, 'OCSP Responder'),
    spki: key.spki,
    issuer: issuing,
    days: { from: -1, to: 180 },
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage('digitalSignature'),
      extendedKeyUsage('ocspSigning'),
      subjectKeyIdentifier(key.spki),
      authorityKeyIdentifier(issuing.key.spki),
      ocspNoCheck(),
    ],
  });
  return { key, certificate: der };
};

/** Both CRLs, new, and both certificates; written to the folder too, for whoever reads files. */
const issueAll = async (
  folder: string,
  root: Issuer,
  issuing: Issuer,
  ledger: Ledger,
): Promise<ReadonlyMap<string, Buffer>> => {
  const number = await ledger.nextCrlNumber();
  const thisUpdate = Date.now();
  const times = { number, thisUpdate, nextUpdate: thisUpdate + CRL_MS };
  const crls = {
    'root.crl': issueCrl({ ...times, issuer: root, revocations: [] }),
    'issuing.crl': issueCrl({ ...times, issuer: issuing, revocations: ledger.revocations }),
  };
  await Promise.all(Object.entries(crls).map(([name, crl]) => writePrivateFile(join(folder, name), crl)));
  return new Map([
    ...Object.entries(crls),
    ['root.crt', Buffer.from(root.certificate)],
    ['issuing.crt', Buffer.from(issuing.certificate)],
  ]);
};
