import type { Certificate } from '../certificate/certificate.ts';
import { allowedHosts, createHostWarning, isAllowed } from './allowed-hosts.ts';
import { watchPublication, type Publication, type PublicationParts } from './publication.ts';
import { isUrl } from './published-body.ts';
import type { RevocationPolicy } from './revocation-policy.ts';
import type { SharedCrl } from './shared-crl.ts';
import { signerKeyOf } from './signer-key.ts';

/** One authority of the trust list, as far as revocation needs it. */
export interface RevocationSource {
  /** Identifier of the authority in the trust list. */
  readonly authority: string;
  /** Certificates whose keys may sign its CRLs: anchors and intermediates. */
  readonly issuers: readonly Certificate[];
  /** `crl.files` are absolute paths. */
  readonly policy: RevocationPolicy;
}

/** All places where one authority publishes CRLs. */
export interface AuthorityPublications {
  readonly source: RevocationSource;
  /** Certificates whose keys may sign its CRLs, those learnt from verified paths included. */
  issuers(): readonly Certificate[];
  use(source: RevocationSource): void;
  /**
   * Makes the CRLs ready that a certificate of a verified path needs: learns where it says they are, looks at those
   * places and the configured ones that have nothing to show, and waits for them.
   */
  prepare(certificate: Certificate, issuer: Certificate): Promise<void>;
  /** An address kept from an earlier run; passed over where the policy does not allow it any more. */
  restore(addresses: readonly string[]): Promise<void>;
  refresh(): Promise<void>;
  /** After a change of keys or policy: what was passed over may be right now. */
  reconsider(): void;
  all(): readonly Publication[];
  close(): void;
}

/** Places and issuers learnt from certificates; an authority has a handful, or one for each partition of its CRLs. */
const LEARNT_LIMIT = 1_024;

type Parts = Omit<PublicationParts, 'policy' | 'allowed' | 'load' | 'offer' | 'onAttempt'> & {
  /** @throws CrlError */
  readonly load: (
    file: string,
    issuers: readonly Certificate[],
    policy: RevocationPolicy['crl'],
  ) => Promise<SharedCrl>;
  readonly offer: (authority: string, crl: SharedCrl) => 'taken' | 'same' | 'older';
  readonly onAttempt: (attempt: { authority: string; address: string; outcome: string; ms: number }) => void;
};

export const watchPublications = (first: RevocationSource, parts: Parts): AuthorityPublications => {
  let source = first;
  let allowed = allowedHosts(first.policy);
  const { authority } = first;
  const publications = new Map<string, Publication>();
  /** By fingerprint. */
  const learntIssuers = new Map<string, Certificate>();
  const issuers = (): readonly Certificate[] => [...source.issuers, ...learntIssuers.values()];

  const warnOfHosts = createHostWarning('CRL', parts.log);

  const configured = (): readonly string[] => [...source.policy.crl.urls, ...source.policy.crl.files];

  const add = (address: string): Publication | undefined => {
    if (publications.has(address)) return undefined;
    const publication = watchPublication(
      { authority, address },
      {
        ...parts,
        policy: () => source.policy.crl,
        allowed: () => allowed,
        load: (file) => parts.load(file, issuers(), source.policy.crl),
        offer: (crl) => {
          const outcome = parts.offer(authority, crl);
          if (outcome === 'taken') void begin(learnPlaces(crl.freshestUris));
          return outcome;
        },
        onAttempt: (attempt) => parts.onAttempt({ authority, ...attempt }),
      },
    );
    publications.set(address, publication);
    return publication;
  };

  const learnPlaces = (addresses: readonly string[]): readonly Publication[] =>
    addresses
      .filter((address) => isUrl(address) && isAllowed(address, allowed) && publications.size < LEARNT_LIMIT)
      .flatMap((address) => add(address) ?? []);

  const begin = async (added: readonly Publication[]): Promise<void> => {
    await Promise.all(added.map((publication) => publication.restore()));
    for (const publication of added) void publication.refresh();
  };

  return {
    get source() {
      return source;
    },
    issuers,
    use: (next) => {
      source = next;
      allowed = allowedHosts(next.policy);
      const wanted = new Set(configured());
      for (const [address, publication] of publications) {
        if (wanted.has(address) || (isUrl(address) && isAllowed(address, allowed))) continue;
        publication.close();
        publications.delete(address);
      }
      void begin([...wanted].flatMap((address) => add(address) ?? []));
    },
    prepare: async (certificate, issuer) => {
      if (!source.issuers.some(({ fingerprint }) => fingerprint === issuer.fingerprint)) {
        if (learntIssuers.size < LEARNT_LIMIT) learntIssuers.set(issuer.fingerprint, issuer);
      }
      const named = addressesIn(certificate);
      await begin(learnPlaces(named));
      if (configured().length === 0) warnOfHosts(authority, named, allowed);
      const needed = [...configured(), ...named].flatMap((address) => publications.get(address) ?? []);
      const wanting = needed.filter((publication) => publication.wanting());
      await Promise.all(wanting.map((publication) => publication.refresh()));
    },
    restore: async (addresses) => {
      const added = [...configured().flatMap((address) => add(address) ?? []), ...learnPlaces(addresses)];
      await Promise.all(added.map((publication) => publication.restore()));
    },
    refresh: async () => {
      await Promise.all([...publications.values()].map((publication) => publication.refresh()));
    },
    reconsider: () => {
      const keys = new Set(issuers().map(({ publicKey }) => signerKeyOf(publicKey)));
      for (const publication of publications.values()) {
        const { crl } = publication;
        if (crl !== undefined && keys.has(crl.signerKey)) parts.offer(authority, crl);
        void publication.refresh();
      }
    },
    all: () => [...publications.values()],
    close: () => publications.forEach((publication) => publication.close()),
  };
};

/** Where a certificate says that CRLs and delta CRLs about it are (RFC 5280 sections 4.2.1.13 and 4.2.1.15). */
const addressesIn = ({ crlDistributionPoints, freshestCrl }: Certificate): readonly string[] =>
  [...crlDistributionPoints, ...freshestCrl].flatMap(({ uris }) => uris);
