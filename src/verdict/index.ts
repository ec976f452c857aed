/**
 * `onecert/verify`: the verification engine by itself (docs/verify-library.md). Give it a trust list, revocation data
 * and a presented chain; it answers with a Verdict that explains itself.
 */
export { parseCertificate } from '../certificate/parse.ts';
export type { Certificate } from '../certificate/certificate.ts';
export { decodePem } from '../certificate/pem.ts';
export { validatePath } from '../path/validate.ts';
export type { PathInput, PathResult, TrustAnchor, VerifiedPath } from '../path/types.ts';
export { describe, Refusal } from '../refusal/refusal.ts';
export type { RefusalCode } from '../refusal/catalogue.ts';
export type { Step } from '../refusal/step.ts';
export { createRevocationChecker } from '../revocation/checker.ts';
export { CrlError } from '../revocation/crl-error.ts';
export { createCrlLoader, type CrlLoader, type CrlRequest } from '../revocation/crl-loader.ts';
export { startRevocationService, type RevocationService } from '../revocation/revocation-service.ts';
export type { RevocationChecker } from '../revocation/types.ts';
export { loadTrustList, type LoadOptions } from '../trust/load-trust-list.ts';
export type { TrustList } from '../trust/trust-list.ts';
export { createCrlIssuerFinder } from './crl-issuers.ts';
export { createJudge, thumbprintOf, type Judge, type JudgeParts } from './judge.ts';
export { revocationSources } from './revocation-sources.ts';
export { cacheVerdicts, isVerdictCurrent, type VerdictEpochs } from './verdict-cache.ts';
export type { Verdict } from './verdict.ts';
export { openVerifier, type Verifier, type VerifierOptions } from './verifier.ts';
