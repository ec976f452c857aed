import { z } from 'zod';
import { duration } from '../configuration/units.ts';

const endpoint = z
  .url({ protocol: /^https?$/, error: 'expected an https:// URL' })
  .refine((url) => new URL(url).username === '', { error: 'expected no credentials: see headers' });

/** RFC 9110 section 5: a field's name, and a value that cannot end it early. */
const headers = z.record(
  z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'expected the name of a header field' }),
  z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, { error: 'expected printable ASCII' }),
);

const isLocal = (url: string): boolean => /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)[:/]/.test(url);

/** Traces of calls, exported by OTLP/HTTP (docs/operations.md). */
export const tracingSchema = z
  .strictObject({
    endpoint: endpoint.meta({
      description: 'Where spans are posted to, with its path: https://collector.city.example:4318/v1/traces',
    }),
    headers: headers.default({}).meta({ description: 'Sent with every post: credentials, by ${NAME}' }),
    authority: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "PEM: the authorities of the collector's certificate, instead of public ones" }),
    service: z.string().min(1).max(255).default('onecert').meta({ description: 'service.name' }),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .meta({ description: 'How many of the calls whose trace begins here are traced: 0 none, 1 all' }),
    callers: z.enum(['follow', 'ignore']).default('follow').meta({
      description:
        'Whether a call is traced because its traceparent says "sampled", and not where it says otherwise; ignore: by ratio alone',
    }),
    timeout: duration
      .prefault('10s')
      .meta({ description: 'How long a post may take, with its repetitions; after that its spans are lost' }),
  })
  .refine(
    ({ endpoint: url, headers: sent }) =>
      url.startsWith('https:') || isLocal(url) || Object.keys(sent).length === 0,
    { path: ['endpoint'], error: 'expected an https:// URL where headers are sent' },
  );
export type TracingSettings = z.output<typeof tracingSchema>;
