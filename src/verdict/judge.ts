import { hash } from 'node:crypto';
import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { trustEndOf } from '../path/authority-standing.ts';
import type { VerifiedPath } from '../path/types.ts';
import { validatePath } from '../path/validate.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Step } from '../refusal/step.ts';
import type { RevocationChecker } from '../revocation/types.ts';
import { assuranceOf } from '../trust/assurance-settings.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { checkRevocation } from './check-revocation.ts';
import { createIntermediatesFinder } from './presented-certificates.ts';
import { newVerdictId } from './verdict-id.ts';
import type { Verdict } from './verdict.ts';

/** How long a verdict is kept at most, whatever its certificate and revocation data allow. */
const GOOD_FOR_MS = 10 * 60_000;
/** Paths whose revocation is looked at, for one verdict. */
const PATHS_TRIED = 4;
/** A refusal is remembered briefly: enough to blunt a flood, short enough not to outlive its cause. */
const REFUSED_FOR_MS = 5_000;

export interface JudgeParts {
  readonly trust: () => TrustList;
  readonly revocation: RevocationChecker;
  readonly revocationEpoch: () => number;
}

/** Judges a presented chain (DER, leaf first) at a moment (ms since the epoch). Never rejects. */
export type Judge = (chain: readonly Uint8Array[], at: number) => Promise<Verdict>;

/** Path and revocation joined into one Verdict with its report. Keeps no verdict: see cacheVerdicts. */
export const createJudge = ({ trust, revocation, revocationEpoch }: JudgeParts): Judge => {
  const findIntermediates = createIntermediatesFinder();
  return async (chain, at) => {
    const list = trust();
    const parsed = parseLeaf(chain[0]);
    const base = {
      id: newVerdictId(),
      thumbprint: 'leaf' in parsed ? asThumbprint(parsed.leaf) : thumbprintOf(chain[0] ?? new Uint8Array()),
      judgedAt: at,
      // Read before judging: data that arrives meanwhile makes this verdict out of date, never the reverse.
      trustEpoch: list.epoch,
      revocationEpoch: revocationEpoch(),
    };
    const refused = (
      code: RefusalCode,
      steps: readonly Step[],
      certificate?: Certificate,
      authority?: string,
    ): Verdict => ({
      ...base,
      outcome: 'refused',
      code,
      certificate,
      authority,
      steps,
      validUntil: at + REFUSED_FOR_MS,
    });

    if ('code' in parsed) return refused(parsed.code, [parsed.step]);
    const { leaf, step } = parsed;

    const found = await findPathInForce(leaf, findIntermediates(list, chain), list, revocation, at);
    const steps = [step, ...found.steps];
    if (!found.ok) return refused(found.code, steps, leaf, found.authority);
    const { path } = found;
    const settings = list.authorities.get(path.anchor.authority)?.settings;

    return {
      ...base,
      outcome: 'good',
      code: undefined,
      certificate: leaf,
      authority: path.anchor.authority,
      ...(settings !== undefined && { assurance: assuranceOf(settings.assurance, path.policies) }),
      steps,
      validUntil: Math.min(
        at + GOOD_FOR_MS,
        found.validUntil,
        trustEndOf(path),
        ...path.certificates.map(({ notAfter }) => notAfter),
      ),
    };
  };
};

type Found =
  | {
      readonly ok: true;
      readonly path: VerifiedPath;
      readonly validUntil: number;
      readonly steps: readonly Step[];
    }
  | {
      readonly ok: false;
      readonly code: RefusalCode;
      readonly authority: string | undefined;
      readonly steps: readonly Step[];
    };

/**
 * The first path all of whose certificates are in force. A certificate above the leaf that is revoked, or of unknown
 * status, does not end the search: an authority's other certificate may do without it; unless its key is compromised,
 * which no cross-certificate mends. When there is no such path the first one's reasons are given.
 */
const findPathInForce = async (
  leaf: Certificate,
  intermediates: readonly Certificate[],
  list: TrustList,
  revocation: RevocationChecker,
  at: number,
): Promise<Found> => {
  const distrusted = new Set<string>();
  let first: Found | undefined;
  for (let attempt = 0; attempt < PATHS_TRIED; attempt++) {
    const result = validatePath({ leaf, intermediates, anchors: list.anchors, at, distrusted });
    if (!result.ok) return first ?? { ...result, authority: undefined };
    const { path } = result;
    const { authority } = path.anchor;
    const policy = list.authorities.get(authority)?.settings.revocation;
    if (policy === undefined) throw new Error(`anchor of unknown authority ${authority}`);
    const revoked = await checkRevocation(path, policy, revocation, at);
    const steps = [...result.steps, ...revoked.steps];
    if (revoked.ok) return { ok: true, path, validUntil: revoked.validUntil, steps };
    first ??= { ok: false, code: revoked.code, authority, steps };
    if (revoked.certificate === leaf || revoked.compromised) return first;
    distrusted.add(revoked.certificate.fingerprint);
  }
  return first as Found;
};

/** SHA-256 of DER, base64url (RFC 8705 section 3.1). */
export const thumbprintOf = (der: Uint8Array): string => hash('sha256', der, 'base64url');

const asThumbprint = ({ fingerprint }: Certificate): string =>
  Buffer.from(fingerprint, 'hex').toString('base64url');

type ParsedLeaf = { leaf: Certificate; step: Step } | { code: RefusalCode; step: Step };

const CHECK = { check: 'encoding', clause: 'RFC 5280 4.1; X.690 10' } as const;
const WELL_FORMED: Step = {
  ...CHECK,
  outcome: 'passed',
  zh: '证书格式正确',
  en: 'The certificate is well formed',
};

const parseLeaf = (der: Uint8Array | undefined): ParsedLeaf => {
  try {
    return { leaf: parseCertificate(der ?? new Uint8Array()), step: WELL_FORMED };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      code: error.code,
      step: {
        ...CHECK,
        outcome: 'failed',
        code: error.code,
        zh: `证书格式不正确（${error.detail}）`,
        en: `The certificate is not well formed: ${error.detail}`,
      },
    };
  }
};
