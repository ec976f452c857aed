import { rm } from 'node:fs/promises';
import type { AllowedHosts } from './allowed-hosts.ts';
import { CrlError } from './crl-error.ts';
import { FetchError, type HttpFetch } from './http-fetch.ts';
import type { KeptCrls, Place } from './kept-crls.ts';
import { fileVersionOf, getBody, isUrl, type PublishedBody } from './published-body.ts';
import { nextRefresh } from './refresh-schedule.ts';
import type { RevocationPolicy } from './revocation-policy.ts';
import type { RevocationLog } from './service-log.ts';
import type { SharedCrl } from './shared-crl.ts';

/** How one place is doing, for metrics, readiness and operators. Times are ms since the epoch. */
export interface PublicationStatus {
  readonly address: string;
  readonly lastAttempt: number | undefined;
  /** When its CRL was last got or found unchanged. */
  readonly lastSuccess: number | undefined;
  /** Why the last attempt failed; undefined after a success. */
  readonly lastError: string | undefined;
  readonly failures: number;
}

/** One place where an authority publishes a CRL, looked at again and again. */
export interface Publication {
  readonly place: Place;
  /** The CRL last got from there (it need not be in force: another place may have a newer one). */
  readonly crl: SharedCrl | undefined;
  /** Takes up what was kept of it by an earlier process. */
  restore(): Promise<void>;
  /** Looks now; together with whoever else is looking. Never rejects: see status. */
  refresh(): Promise<void>;
  /** Whether somebody who needs its CRL should wait for a look: it has none, or one past its time. */
  wanting(): boolean;
  status(): PublicationStatus;
  close(): void;
}

export interface PublicationParts {
  readonly fetch: HttpFetch;
  readonly kept: KeptCrls;
  readonly log: RevocationLog;
  readonly clock: () => number;
  readonly random: () => number;
  /** The policy and hosts of its authority as they are now. */
  readonly policy: () => RevocationPolicy['crl'];
  readonly allowed: () => AllowedHosts;
  /** Reads and verifies a file, DER or PEM. @throws CrlError */
  readonly load: (file: string) => Promise<SharedCrl>;
  /** Puts a verified CRL in force, unless it is older than the one that is. */
  readonly offer: (crl: SharedCrl) => 'taken' | 'same' | 'older';
  readonly onAttempt: (attempt: { address: string; outcome: string; ms: number }) => void;
}

/** How often files are looked at, ms. */
const FILE_POLL_MS = 1_000;
/** How often somebody who waits may cause a look, ms. */
const PAUSE_MS = 5_000;
/** setTimeout takes no more than this. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

export const watchPublication = (place: Place, parts: PublicationParts): Publication => {
  const { fetch, kept, log, clock, random, policy, load, offer, onAttempt } = parts;
  const { address, authority } = place;
  let crl: SharedCrl | undefined;
  /** Of the body last read: what conditional requests and comparisons go by. */
  let body: PublishedBody | undefined;
  /** Set when that body was refused as older: it is not got and read again, and stays refused. */
  let refused: CrlError | undefined;
  /** Of the file last looked at. */
  let fileVersion: string | undefined;
  let lastAttempt: number | undefined;
  let lastSuccess: number | undefined;
  let lastError: string | undefined;
  let failures = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  /** Gets, verifies, puts in force and keeps; the old one stays in force until all but the last is done. */
  const look = async (): Promise<'taken' | 'unchanged'> => {
    const part = kept.partOf(place);
    try {
      const got = await getBody({
        fetch,
        address,
        part,
        allowed: parts.allowed(),
        sizeLimit: policy().sizeLimit,
        known: body,
      });
      if (got === 'unchanged') {
        if (refused !== undefined) throw refused;
        return 'unchanged';
      }
      const next = await load(part);
      if (closed) return 'unchanged';
      const outcome = offer(next);
      body = got;
      refused = undefined;
      if (outcome === 'older') {
        throw (refused = new CrlError(
          'not-newer',
          `number ${next.number ?? '-'} of ${new Date(next.thisUpdate).toISOString()}`,
        ));
      }
      crl = next;
      await keep(got, next);
      return outcome === 'taken' ? 'taken' : 'unchanged';
    } finally {
      await rm(part, { force: true });
    }
  };

  const keep = async (
    { sha256, etag, lastModified }: PublishedBody,
    { fingerprint }: SharedCrl,
  ): Promise<void> => {
    try {
      await kept.keep({ ...place, sha256, fingerprint, etag, lastModified, fetchedAt: clock() });
    } catch (error) {
      // It is in force; only a restart would have to fetch it again.
      log.warn(
        { authority, crl: address, reason: (error as Error).message },
        'A new CRL is in force but could not be kept on disk: check space and permissions of the data folder',
      );
    }
  };

  const attempt = async (): Promise<void> => {
    const started = clock();
    lastAttempt = started;
    let outcome: string;
    try {
      outcome = await look();
      if (failures > 0) log.info({ authority, crl: address }, 'CRL can be read again');
      lastSuccess = clock();
      lastError = undefined;
      failures = 0;
    } catch (error) {
      // The gateway is ending and took the connection away: nothing is wrong with what is published.
      if (closed) return;
      outcome =
        error instanceof CrlError ? error.code : error instanceof FetchError ? error.problem : 'unreadable';
      const reason = (error as Error).message;
      if (lastError === undefined) {
        log.warn({ authority, crl: address, problem: outcome, reason }, warningFor(outcome));
      }
      lastError = reason;
      failures++;
    }
    onAttempt({ address, outcome, ms: clock() - started });
  };

  const schedule = (ms: number): void => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void publication.refresh(), Math.min(ms, TIMER_LIMIT_MS));
    timer.unref();
  };

  const pollFile = async (): Promise<void> => {
    const version = await fileVersionOf(address);
    if (closed || version === fileVersion || looking !== undefined) return;
    fileVersion = version;
    await publication.refresh();
  };

  const publication: Publication = {
    place,
    get crl() {
      return crl;
    },
    restore: async () => {
      const file = await kept.fileOf(place);
      if (file === undefined) return;
      try {
        const restored = await load(file);
        if (offer(restored) === 'older') return;
        crl = restored;
        const note = await kept.noteOf(place);
        if (note?.fingerprint === restored.fingerprint)
          body = { sha256: note.sha256, etag: note.etag, lastModified: note.lastModified };
      } catch (error) {
        // A damaged file, or an issuer that is not trusted any more: what is published decides.
        log.warn(
          { authority, crl: address, reason: (error as Error).message },
          'The CRL kept from the last run is not used; it is fetched anew',
        );
      }
    },
    refresh: () => {
      if (closed) return Promise.resolve();
      looking ??= attempt().finally(() => {
        looking = undefined;
        if (isUrl(address)) {
          schedule(nextRefresh({ now: clock(), refresh: policy().refresh, crl, failures, random: random() }));
        }
      });
      return looking;
    },
    wanting: () => {
      const now = clock();
      const due = crl === undefined || (crl.nextUpdate !== undefined && now > crl.nextUpdate);
      if (!due || looking !== undefined) return due;
      // While it fails or has nothing newer, those who need it do not each ask again: the schedule does.
      return lastError === undefined && (lastAttempt === undefined || now - lastAttempt >= PAUSE_MS);
    },
    status: () => ({ address, lastAttempt, lastSuccess, lastError, failures }),
    close: () => {
      closed = true;
      clearTimeout(timer);
      clearInterval(timer);
    },
  };
  if (!isUrl(address)) {
    timer = setInterval(() => void pollFile(), FILE_POLL_MS);
    timer.unref();
  }
  return publication;
};

const warningFor = (outcome: string): string => {
  switch (outcome) {
    case 'not-newer':
      return 'The published CRL is older than the one in force and is not used: the authority, or whoever is in between, has rolled it back';
    case 'bad-signature':
    case 'wrong-issuer':
      return 'The published CRL is not signed by the authority and is not used; the last good one stays in force. Check the address, and the certificates in the trust list';
    case 'host-not-allowed':
      return 'A CRL is published on a host the policy does not allow; add it to revocation.hosts if it is right';
    default:
      return 'A new CRL cannot be got or used; the last good one stays in force until its time is over';
  }
};
