import { hash } from 'node:crypto';
import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { trustEndOf } from '../path/authority-standing.ts';
import { validatePath } from '../path/validate.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Step } from '../refusal/step.ts';
import type { RevocationChecker } from '../revocation/types.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { checkRevocation } from './check-revocation.ts';
import { createIntermediatesFinder } from './presented-certificates.ts';
import { newVerdictId } from './verdict-id.ts';
import type { Verdict } from './verdict.ts';

/** How long a verdict is kept at most, whatever its certificate and revocation data allow. */
const GOOD_FOR_MS = 10 * 60_000;
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

    const path = validatePath({
      leaf,
      intermediates: findIntermediates(list, chain),
      anchors: list.anchors,
      at,
    });
    if (!path.ok) return refused(path.code, [step, ...path.steps], leaf);

    const { certificates, anchor } = path.path;
    const policy = list.authorities.get(anchor.authority)?.settings.revocation;
    if (policy === undefined) throw new Error(`anchor of unknown authority ${anchor.authority}`);
    const revoked = await checkRevocation(path.path, policy, revocation, at);
    const steps = [step, ...path.steps, ...revoked.steps];
    if (!revoked.ok) return refused(revoked.code, steps, leaf, anchor.authority);

    return {
      ...base,
      outcome: 'good',
      code: undefined,
      certificate: leaf,
      authority: anchor.authority,
      steps,
      validUntil: Math.min(
        at + GOOD_FOR_MS,
        revoked.validUntil,
        trustEndOf(path.path),
        ...certificates.map(({ notAfter }) => notAfter),
      ),
    };
  };
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
