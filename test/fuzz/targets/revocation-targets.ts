import type { Certificate } from '../../../src/certificate/certificate.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { DerError } from '../../../src/certificate/der.ts';
import { CrlError } from '../../../src/revocation/crl-error.ts';
import { openCrlBytes } from '../../../src/revocation/crl-source.ts';
import { checkCrls } from '../../../src/revocation/check-crls.ts';
import { loadCrl } from '../../../src/revocation/load-crl.ts';
import { answerFromOcsp } from '../../../src/revocation/ocsp-answer.ts';
import { parseOcspResponse } from '../../../src/revocation/ocsp-response.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';
import { createCrlView } from '../../../src/revocation/snapshot.ts';
import { verifyOcspResponse } from '../../../src/revocation/verify-ocsp.ts';
import { octetString, oid, sequence, tagged, element } from '../../conformance/chains/der-writer.ts';
import { NOW } from '../../conformance/chains/make-certificate.ts';
import { makeCrl, REASON } from '../../conformance/chains/make-crl.ts';
import { elementsOf } from '../elements.ts';
import { citySeed, readSeeds } from '../seeds.ts';
import { issuing, leaf } from './path-targets.ts';
import { fixedKey, signAgain } from './sign-again.ts';
import { documented, must, outline, type Target } from './target.ts';

const policy = revocationPolicySchema.parse({});
const issuers = [
  issuing.parsed,
  ...readSeeds().certificates.flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch {
      return [];
    }
  }),
].filter(({ basicConstraints }) => basicConstraints?.ca === true);
const isCrlError = (error: Error): boolean => error instanceof CrlError && error.code !== 'loader-failed';

const crl: Target = {
  name: 'crl',
  weight: 10,
  seeds: ({ crls }) => crls,
  run: (bytes) => {
    const loaded = documented(() => loadCrl(openCrlBytes(bytes), { issuers }), isCrlError);
    return 'refused' in loaded ? loaded.refused : `loaded ${loaded.value.signatureName}`;
  },
};

const CRL = makeCrl({
  issuer: issuing,
  entries: [
    { of: Uint8Array.of(9), reason: REASON.keyCompromise },
    { of: Uint8Array.of(0x7f, 1, 2, 3, 4, 5, 6, 7, 8), reason: REASON.certificateHold },
    { of: Uint8Array.of(10) },
  ],
});

/** Changed and signed again: the index is built of it, and asked. */
const signedCrl: Target = {
  name: 'crl-signed',
  weight: 8,
  seeds: ({ crls }) => [CRL, CRL, CRL, ...crls],
  run: (bytes) => {
    const again = signAgain(bytes, fixedIssuing);
    const loaded = documented(() => loadCrl(openCrlBytes(again), { issuers: sameKey }), isCrlError);
    if ('refused' in loaded) return loaded.refused;
    const { value } = loaded;
    const { records, directory, entries } = value.index;
    must(entries * 20 <= again.length, 'more entries than the CRL has room for');
    must(records.byteLength + directory.byteLength <= 4096 + again.length * 4, 'an index out of proportion');
    const question = { certificate: leaf.parsed, issuer: issuing.parsed, authority: 'test', policy, at: NOW };
    const answer = checkCrls(question, createCrlView({ epoch: 1, crls: [value] }));
    return `${answer.status} ${outline(answer.steps.at(-1)?.en ?? '')}`.slice(0, 80);
  },
};
const fixedIssuing = fixedKey(2);
/** Every issuer of the seeds, as if they all had the test's key. */
const sameKey = issuers.map(
  (certificate) =>
    Object.create(certificate, {
      publicKey: { value: issuing.parsed.publicKey },
      keyUsage: { value: undefined },
    }) as Certificate,
);

/** Responses of the demo's responders as they are, and what is in them signed again by the test's authority. */
const wrapResponse = (basic: Uint8Array): Uint8Array =>
  sequence(
    element(0x0a, Uint8Array.of(0)),
    tagged(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))),
  );
/** The BasicOCSPResponse in a response; the bytes themselves where there is none. */
const basicOf = (response: Uint8Array): Uint8Array => {
  const octets = elementsOf(response).find(({ tag }) => tag === 0x04);
  return octets === undefined ? response : response.subarray(octets.content, octets.end);
};

const cityIssuer = parseCertificate(citySeed('zhujiang-issuing.crt'));
const cityLeaf = parseCertificate(citySeed('zhujiang-li-wei.crt'));
const cityBasic = basicOf(citySeed('zhujiang-li-wei.ocsp'));
const parsedCity = parseOcspResponse(citySeed('zhujiang-li-wei.ocsp'));
if (parsedCity.status !== 'successful') throw new Error('the seed is no answer');
const AT = parsedCity.basic.producedAt + 60_000;

const ocsp: Target = {
  name: 'ocsp',
  weight: 10,
  seeds: ({ ocspResponses }) => ocspResponses,
  run: async (bytes) => {
    const parsed = documented(
      () => parseOcspResponse(bytes),
      (error) => error instanceof DerError,
    );
    if ('refused' in parsed) return parsed.refused;
    if (parsed.value.status !== 'successful') return parsed.value.status;
    const verified = await verifyOcspResponse(bytes, { issuer: cityIssuer, at: AT });
    if (!verified.ok) return `${verified.problem} ${outline(verified.steps.at(-1)?.en ?? '')}`;
    const answer = answerFromOcsp(verified.response, cityLeaf, { at: AT, maximumAge: 600_000 });
    return `${answer.status} ${answer.steps.length}`;
  },
};

const signedOcsp: Target = {
  name: 'ocsp-signed',
  weight: 5,
  seeds: ({ ocspResponses }) => [cityBasic, ...ocspResponses.map(basicOf)],
  run: async (bytes) => {
    const response = wrapResponse(signAgain(bytes, fixedIssuing));
    const issuer = Object.create(issuing.parsed, { subject: { value: cityIssuer.subject } }) as Certificate;
    const verified = await verifyOcspResponse(response, { issuer, at: AT });
    if (!verified.ok) return `${verified.problem} ${outline(verified.steps.at(-1)?.en ?? '')}`;
    const answer = answerFromOcsp(verified.response, cityLeaf, { at: AT, maximumAge: 600_000 });
    return `${answer.status} ${outline(answer.steps.at(-1)?.en ?? '')}`;
  },
};

export const REVOCATION_TARGETS: readonly Target[] = [crl, signedCrl, ocsp, signedOcsp];
