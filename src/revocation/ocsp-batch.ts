import type { Certificate } from '../certificate/certificate.ts';
import type { OcspExchange, OcspExchangeResult } from './ocsp-exchange.ts';
import type { RevocationAnswer } from './types.ts';

export type OcspSend = (exchange: OcspExchange) => Promise<OcspExchangeResult>;

export type OneResult =
  { readonly answer: RevocationAnswer } | Extract<OcspExchangeResult, { fault: boolean }>;

/** What is asked of one responder about one certificate. */
export type OcspSingle = Omit<OcspExchange, 'certificates'> & { readonly certificate: Certificate };

/** Certificates in one request. Responders limit it; nonces and signatures are saved from two on. */
const BATCH_LIMIT = 16;

interface Waiting {
  readonly single: OcspSingle;
  readonly resolve: (result: OneResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Gathers questions to one responder about certificates of one issuer for `windowMs` into one request. Certificates
 * that a responder leaves out of its response, or that it will not answer together (RFC 5019 responders take one at a
 * time), are asked about one by one. With a window of 0 each goes at once.
 */
export const createOcspBatcher = (
  send: OcspSend,
  windowMs: number,
): ((single: OcspSingle) => Promise<OneResult>) => {
  const gathering = new Map<string, Waiting[]>();

  const sendOne = async ({ certificate, ...single }: OcspSingle): Promise<OneResult> => {
    const result = await send({ ...single, certificates: [certificate] });
    return 'fault' in result ? result : { answer: result.answers[0] as RevocationAnswer };
  };

  const sendBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length === 1) {
      first.resolve(await sendOne(first.single));
      return;
    }
    const certificates = batch.map(({ single }) => single.certificate);
    const result = await send({ ...first.single, certificates });
    await Promise.all(
      batch.map(async ({ single, resolve }, index) => {
        if ('fault' in result) {
          resolve(result.fault ? result : await sendOne(single));
        } else {
          const left = result.unanswered.has(single.certificate);
          resolve(left ? await sendOne(single) : { answer: result.answers[index] as RevocationAnswer });
        }
      }),
    );
  };

  return (single) => {
    if (windowMs === 0) return sendOne(single);
    return new Promise((resolve, reject) => {
      const key = `${single.url} ${single.issuer.fingerprint} ${JSON.stringify(single.policy)}`;
      const batch = gathering.get(key);
      if (batch !== undefined && batch.length < BATCH_LIMIT) {
        batch.push({ single, resolve, reject });
        return;
      }
      const begun: Waiting[] = [{ single, resolve, reject }];
      gathering.set(key, begun);
      setTimeout(() => {
        if (gathering.get(key) === begun) gathering.delete(key);
        sendBatch(begun).catch((error: unknown) => begun.forEach((each) => each.reject(error as Error)));
      }, windowMs);
    });
  };
};
