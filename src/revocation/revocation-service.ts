import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { answerInOrder } from './answer-question.ts';
import { checkCrls, type FindCrlIssuers } from './check-crls.ts';
import { createCrlLoader } from './crl-loader.ts';
import { createHttpFetcher } from './http-fetch.ts';
import { createCrlsInForce } from './in-force.ts';
import { openKeptCrls } from './kept-crls.ts';
import { createOcspClient, type OcspQuestion } from './ocsp-client.ts';
import { watchPublications, type AuthorityPublications, type RevocationSource } from './publications.ts';
import type { PackedRevocationQuestion } from './question.ts';
import { authorityStatus, createFreshnessWatch, type RevocationStatus } from './revocation-status.ts';
import type { RevocationNews } from './revocation-news.ts';
import type { RevocationLog } from './service-log.ts';
import { signerKeyOf } from './signer-key.ts';
import { createCrlView, type RevocationSnapshot } from './snapshot.ts';
import type { RevocationAnswer, RevocationQuestion } from './types.ts';

export type { RevocationSource } from './publications.ts';

export interface RevocationServiceOptions {
  /** Where verified CRLs are kept, so that a restart serves at once. */
  readonly folder: string;
  readonly sources: readonly RevocationSource[];
  readonly log: RevocationLog;
  /** Called with every change, before anything that rests on it is answered. */
  readonly onChange: (snapshot: RevocationSnapshot) => void;
  /** Told of what other gateways should look for as well. */
  readonly onNews?: (news: RevocationNews) => void;
  readonly metrics?: RevocationMetrics;
  readonly clock?: () => number;
  /** Certificates of CRL issuers other than the certificate's own issuer (indirect CRLs). Default: none. */
  readonly findCrlIssuers?: FindCrlIssuers;
  /** How long OCSP questions are gathered into one request, ms. Default 0: not at all. */
  readonly ocspBatchWindowMs?: number;
  /** How long a question waits for a CRL that is not at hand, ms; the look goes on. Default 10 s. */
  readonly patienceMs?: number;
}

/** Told of everything that crosses the network. `outcome` is from a small, fixed set. */
export interface RevocationMetrics {
  /** "taken", "unchanged", or why not: a FetchProblem, a CrlErrorCode or "unreadable". */
  readonly crl?: (look: { authority: string; address: string; outcome: string; ms: number }) => void;
  /** "answered", or why not: a FetchProblem or an OcspProblem. */
  readonly ocsp?: (exchange: { url: string; outcome: string; ms: number }) => void;
}

export interface RevocationService {
  readonly epoch: number;
  snapshot(): RevocationSnapshot;
  /** Answers with everything the network can give, in the order of the policy. Rejects only for defects. */
  resolve(question: RevocationQuestion | PackedRevocationQuestion): Promise<RevocationAnswer>;
  /**
   * Before a new trust list is in force: looks after what it adds, so that the first calls under it find CRLs, and goes on
   * with all that there is. Waits for the network no longer than a second; then calls wait themselves (`resolve`).
   */
  lookAfter(sources: readonly RevocationSource[]): Promise<void>;
  /** A new trust list is in force. CRLs of keys that are not in it any more go out of force. */
  use(sources: readonly RevocationSource[]): Promise<void>;
  /** Looks for new CRLs now; of one authority, or of all. */
  refreshNow(authority?: string): Promise<void>;
  /** Another gateway has news: looks for itself, where it does not know already. */
  hear(news: RevocationNews): Promise<void>;
  status(): RevocationStatus;
  close(): Promise<void>;
}

const FRESHNESS_MS = 1_000;
/** How long a new trust list waits for the CRLs of what it adds, ms. */
const ADDED_PATIENCE_MS = 1_000;

/**
 * The control thread's half of revocation: fetches and keeps CRLs, asks OCSP responders, and numbers every change.
 * Resolves when what an earlier process kept is in force again; looking for newer CRLs has begun then, not ended.
 */
export const startRevocationService = async ({
  folder,
  sources,
  log,
  onChange,
  onNews = () => undefined,
  metrics = {},
  clock = Date.now,
  findCrlIssuers = () => [],
  ocspBatchWindowMs = 0,
  patienceMs = 10_000,
}: RevocationServiceOptions): Promise<RevocationService> => {
  const kept = await openKeptCrls(folder);
  const fetcher = createHttpFetcher();
  const loader = createCrlLoader();
  const inForce = createCrlsInForce();
  const authorities = new Map<string, AuthorityPublications>();
  let snapshot: RevocationSnapshot = { epoch: 1, crls: [] };
  let view = createCrlView(snapshot);
  let started = false;

  const change = (): void => {
    if (!started) return;
    snapshot = { epoch: snapshot.epoch + 1, crls: inForce.all().map(({ crl }) => crl) };
    view = createCrlView(snapshot);
    onChange(snapshot);
  };

  const watch = (source: RevocationSource): AuthorityPublications => {
    const publications = watchPublications(source, {
      fetch: fetcher.fetch,
      kept,
      log,
      clock,
      random: Math.random,
      load: (file, issuers, { sizeLimit }) => loader.load({ source: { file }, issuers, sizeLimit }),
      offer: (authority, crl) => {
        const outcome = inForce.offer(authority, crl);
        if (outcome === 'taken') {
          change();
          if (started) onNews({ kind: 'crl', authority, fingerprint: crl.fingerprint });
        }
        return outcome;
      },
      onAttempt: (look) => metrics.crl?.(look),
    });
    authorities.set(source.authority, publications);
    return publications;
  };

  const begin = async (added: readonly AuthorityPublications[]): Promise<void> => {
    if (added.length === 0) return;
    // A folder that is away keeps no trust list from coming into force: what cannot be read is fetched.
    const notes = await kept.list().catch((error: unknown) => {
      log.warn({ folder, reason: String(error) }, 'kept CRLs cannot be read; they are fetched anew');
      return [];
    });
    await Promise.all(
      added.map((publications) => {
        const { authority } = publications.source;
        return publications.restore(
          notes.filter((note) => note.authority === authority).map(({ address }) => address),
        );
      }),
    );
  };

  const askCrls = async (question: RevocationQuestion): Promise<RevocationAnswer> => {
    const { certificate, issuer, authority } = question;
    await within(patienceMs, authorities.get(authority)?.prepare(certificate, issuer));
    return checkCrls(question, view, findCrlIssuers);
  };

  const delegateStatus = async (
    certificate: Certificate,
    question: OcspQuestion,
  ): Promise<'good' | 'revoked' | 'unknown'> => {
    const { status } = await askCrls({ ...question, certificate, at: clock() });
    return status === 'on-hold' ? 'revoked' : status;
  };
  const ocsp = createOcspClient({
    fetch: fetcher.fetch,
    log,
    clock,
    delegateStatus,
    onRevoked: ({ wasGood, ...subject }) => {
      if (wasGood) change();
      onNews({ kind: 'ocsp', ...subject });
    },
    onExchange: (exchange) => metrics.ocsp?.(exchange),
    batchWindowMs: ocspBatchWindowMs,
  });

  /** Where the CRLs at hand say otherwise than the responder did, it is asked again: one of the two is out of date. */
  const askOcsp = (question: RevocationQuestion): Promise<RevocationAnswer> =>
    ocsp.ask(question, ({ status }) => {
      const { status: listed } = checkCrls(question, view, findCrlIssuers);
      return listed !== 'unknown' && listed !== status;
    });

  const watchFreshness = createFreshnessWatch(log);
  const freshness = setInterval(() => {
    for (const { authority, crl } of inForce.all()) {
      const policy = authorities.get(authority)?.source.policy;
      if (policy?.order.includes('crl') === true) watchFreshness(authority, crl, policy.crl, clock());
    }
  }, FRESHNESS_MS);
  freshness.unref();

  const hear = async (news: RevocationNews): Promise<void> => {
    if (news.kind === 'ocsp') {
      if (ocsp.doubt(news)) change();
      return;
    }
    const { authority, fingerprint } = news;
    const isKnown = (): boolean => inForce.of(authority).some((crl) => crl.fingerprint === fingerprint);
    // The first may join a look that had begun before it was published.
    for (let look = 0; look < 2 && !isKnown(); look++) await authorities.get(authority)?.refresh();
  };

  await begin(sources.map(watch));
  started = true;
  snapshot = { epoch: 1, crls: inForce.all().map(({ crl }) => crl) };
  view = createCrlView(snapshot);
  for (const publications of authorities.values()) void publications.refresh();

  return {
    get epoch() {
      return snapshot.epoch;
    },
    snapshot: () => snapshot,
    resolve: (packed) => {
      const question = unpack(packed);
      return answerInOrder(question, { crl: () => askCrls(question), ocsp: () => askOcsp(question) });
    },
    lookAfter: async (next) => {
      const added = next.filter(({ authority }) => !authorities.has(authority)).map(watch);
      const grown = next.flatMap((source) => {
        const publications = authorities.get(source.authority);
        if (publications === undefined || !addsTo(source, publications.source)) return [];
        const issuers = [...publications.source.issuers, ...source.issuers];
        publications.use({ ...source, issuers });
        publications.reconsider();
        return publications;
      });
      await begin(added);
      const looks = [...added, ...grown].map((publications) => publications.refresh());
      await within(ADDED_PATIENCE_MS, Promise.all(looks));
    },
    use: async (next) => {
      const names = new Set(next.map(({ authority }) => authority));
      for (const [authority, publications] of authorities) {
        if (names.has(authority)) continue;
        publications.close();
        authorities.delete(authority);
      }
      ocsp.forget();
      const added: AuthorityPublications[] = [];
      for (const source of next) {
        const publications = authorities.get(source.authority);
        if (publications === undefined) added.push(watch(source));
        else publications.use(source);
      }
      const keys = new Map(
        [...authorities].map(([authority, publications]) => [
          authority,
          new Set(publications.issuers().map(({ publicKey }) => signerKeyOf(publicKey))),
        ]),
      );
      if (inForce.retain((authority, { signerKey }) => keys.get(authority)?.has(signerKey) === true))
        change();
      await begin(added);
      for (const publications of authorities.values()) publications.reconsider();
    },
    refreshNow: async (authority) => {
      const chosen = [...authorities.values()].filter(
        ({ source }) => authority === undefined || source.authority === authority,
      );
      await Promise.all(chosen.map((publications) => publications.refresh()));
    },
    hear,
    status: () => ({
      epoch: snapshot.epoch,
      authorities: [...authorities.values()].map((publications) =>
        authorityStatus(publications, inForce, clock()),
      ),
      responders: ocsp.status(),
    }),
    close: async () => {
      clearInterval(freshness);
      authorities.forEach((publications) => publications.close());
      await fetcher.close();
      await loader.close();
    },
  };
};

const unpack = (question: RevocationQuestion | PackedRevocationQuestion): RevocationQuestion => {
  const { certificate, issuer } = question;
  return {
    ...question,
    certificate: certificate instanceof Uint8Array ? parseCertificate(certificate) : certificate,
    issuer: issuer instanceof Uint8Array ? parseCertificate(issuer) : issuer,
  };
};

/** Whether it names keys, or places of CRLs, that are not known yet. */
const addsTo = (next: RevocationSource, known: RevocationSource): boolean => {
  const keys = new Set(known.issuers.map(({ fingerprint }) => fingerprint));
  const { urls, files } = known.policy.crl;
  const places = new Set([...urls, ...files]);
  return (
    next.issuers.some(({ fingerprint }) => !keys.has(fingerprint)) ||
    [...next.policy.crl.urls, ...next.policy.crl.files].some((place) => !places.has(place))
  );
};

/** Waits for something that never rejects, but not for ever. */
const within = async (ms: number, something: Promise<unknown> | undefined): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([something, enough]);
  clearTimeout(timer);
};
