import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRevocationService } from '../revocation/revocation-service.ts';
import type { RevocationLog } from '../revocation/service-log.ts';
import type { RevocationChecker } from '../revocation/types.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { createCrlIssuerFinder } from './crl-issuers.ts';
import { createJudge } from './judge.ts';
import { revocationByFiles, type RevocationFiles } from './revocation-by-files.ts';
import { revocationSources } from './revocation-sources.ts';
import { cacheVerdicts } from './verdict-cache.ts';
import type { Verdict } from './verdict.ts';

export interface VerifierOptions {
  /** From loadTrustList. */
  readonly trust: TrustList;
  /** Decide by these CRLs and OCSP responses alone. Not given: by the network, as the authorities' policies say. */
  readonly files?: RevocationFiles;
  /** Folder where fetched CRLs are kept for the next start. Not given: in a temporary one, removed by close(). */
  readonly keepIn?: string;
  /** Told what operators want to know of CRLs and responders. pino's loggers are of this shape. */
  readonly log?: RevocationLog;
}

export interface Verifier {
  /**
   * Judges a presented chain: DER, leaf first; whatever else is there is taken as a hint. Never rejects for what the
   * bytes say.
   *
   * @param at ms since the epoch; now where absent
   */
  verify(chain: readonly Uint8Array[], at?: number): Promise<Verdict>;
  /** Ends its threads and connections. */
  close(): Promise<void>;
}

const SILENT: RevocationLog = { info: () => undefined, warn: () => undefined };

/**
 * The whole engine in one piece: path, revocation, report; verdicts are remembered while trust and revocation data
 * stand still.
 *
 * @throws CrlError for a given CRL that cannot be used
 */
export const openVerifier = async (options: VerifierOptions): Promise<Verifier> => {
  const { trust, files } = options;
  const source = files === undefined ? await byNetwork(options) : await byFiles(trust, files);
  const epochs = { trust: () => trust.epoch, revocation: source.epoch };
  const judge = createJudge({
    trust: () => trust,
    revocation: source.checker,
    revocationEpoch: source.epoch,
  });
  const remembered = cacheVerdicts(judge, epochs);
  return { verify: (chain, at = Date.now()) => remembered(chain, at), close: source.close };
};

interface RevocationInUse {
  readonly checker: RevocationChecker;
  readonly epoch: () => number;
  readonly close: () => Promise<void>;
}

const byFiles = async (trust: TrustList, files: RevocationFiles): Promise<RevocationInUse> => ({
  checker: await revocationByFiles(trust, files),
  epoch: () => 1,
  close: async () => undefined,
});

const byNetwork = async ({ trust, keepIn, log = SILENT }: VerifierOptions): Promise<RevocationInUse> => {
  const folder = keepIn ?? (await mkdtemp(join(tmpdir(), 'onecert-verify-')));
  const service = await startRevocationService({
    folder,
    sources: revocationSources(trust),
    log,
    findCrlIssuers: createCrlIssuerFinder(() => trust),
    onChange: () => undefined,
  });
  return {
    checker: { check: (question) => service.resolve(question) },
    epoch: () => service.epoch,
    close: async () => {
      await service.close();
      if (keepIn === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
};
