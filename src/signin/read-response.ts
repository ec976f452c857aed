import { z } from 'zod';
import { Refusal } from '../refusal/refusal.ts';
import { SIGNED_DATA_SIZE_LIMIT } from './cms/verify-signed-data.ts';
import { RAW_ALGORITHMS } from './raw-signature.ts';
import type { SignedResponse } from './verify-response.ts';

/** Characters of Base64 that SIGNED_DATA_SIZE_LIMIT octets make, with line breaks. */
const TEXT_LIMIT = Math.ceil((SIGNED_DATA_SIZE_LIMIT / 3) * 4 * 1.05);
const CERTIFICATE_TEXT_LIMIT = 16_384;

/** Base64, in lines or not, PEM or not: middlewares give all of these. */
const base64 = (limit: number) =>
  z
    .string()
    .max(limit)
    .transform((text, issue) => {
      const body = text.replace(/-----(BEGIN|END) [A-Z0-9 #]{1,40}-----/g, '').replace(/[\r\n\t ]+/g, '');
      if (/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return Buffer.from(body, 'base64');
      issue.addIssue({ code: 'custom', message: 'not Base64' });
      return z.NEVER;
    });

const certificate = base64(CERTIFICATE_TEXT_LIMIT);

const cms = z.object({
  challenge: z.string().max(64),
  form: z.literal('cms'),
  signedData: base64(TEXT_LIMIT),
});
const raw = z.object({
  challenge: z.string().max(64),
  form: z.literal('raw'),
  algorithm: z.enum(RAW_ALGORITHMS),
  encoding: z.enum(['der', 'fixed']).default('der'),
  signature: base64(4096),
  certificate,
  chain: z.array(certificate).max(9).default([]),
});
const body = z.discriminatedUnion('form', [cms, raw]);

/** What arrives at /signin/response: which challenge is answered, and with what. */
export interface AnsweredChallenge {
  readonly challenge: string;
  readonly response: SignedResponse;
}

/**
 * Reads the body of a response, as JSON or a form gave it (docs/key-middleware.md, "What the page sends"). Never throws.
 */
export const readResponse = (fields: unknown): AnsweredChallenge | Refusal => {
  const read = body.safeParse(fields);
  if (!read.success) {
    const tooLarge = read.error.issues.some(({ code }) => code === 'too_big');
    const where = read.error.issues.map(({ path }) => path.join('.')).join(', ');
    return new Refusal(
      tooLarge ? 'ONECERT_SIGNED_RESPONSE_TOO_LARGE' : 'ONECERT_SIGNED_RESPONSE_MALFORMED',
      `the response is not as documented: ${where}`,
    );
  }
  const { data } = read;
  if (data.form === 'cms')
    return { challenge: data.challenge, response: { form: 'cms', signedData: data.signedData } };
  const { algorithm, encoding, signature, chain } = data;
  return {
    challenge: data.challenge,
    response: { form: 'raw', algorithm, encoding, signature, chain: [data.certificate, ...chain] },
  };
};
