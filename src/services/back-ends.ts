import { z } from 'zod';
import { duration, slug } from '../configuration/units.ts';

/** Credentials, query and fragment would be passed over without a word. */
const isBare = (url: string): boolean => {
  const { username, password, search, hash } = new URL(url);
  return username === '' && password === '' && search === '' && hash === '';
};

/** Addresses no department has: unspecified, and link-local, where clouds answer with the machine's own credentials. */
export const isLinkLocal = (url: string): boolean =>
  /^(?:0\.0\.0\.0|169\.254\.\d+\.\d+|\[(?:::|fe[89ab][0-9a-f]:.*|::ffff:a9fe:.*)\])$/.test(
    new URL(url).hostname,
  );

const backendUrl = z
  .url({ protocol: /^https?$/, abort: true, error: 'expected an http:// or https:// URL' })
  .refine(isBare, { error: 'expected scheme, host, port and path only' })
  .refine((url) => !isLinkLocal(url), { error: 'a link-local address is no back end' });

const DAY_MS = 86_400_000;
/** 0 would be no limit at all to the connections' pool, and timers end at 24 days. */
export const timeout = duration.refine((ms) => ms >= 1 && ms <= DAY_MS, {
  error: 'expected between 1ms and 1d',
});

/** How the gateway tells one back end from whoever sits at its address, and is told from others itself. */
const backendTls = z
  .strictObject({
    use: slug.optional().meta({
      description:
        'A name under upstreamTls of gateway.yaml: the authority that back ends are of, the certificate the gateway presents',
    }),
    pin: z
      .array(z.string().regex(/^[A-Za-z0-9+/]{43}=$/, { error: 'expected SHA-256 in base64, 44 characters' }))
      .min(1)
      .optional()
      .meta({
        description:
          'SHA-256 of SubjectPublicKeyInfo, base64 (RFC 7469 section 2.4); one of them must fit. Without an authority under `use` the key alone decides',
      }),
    serverName: z
      .string()
      .regex(/^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i, { error: 'expected a host name' })
      .optional()
      .meta({ description: 'The name its certificate must be for, where it is not that of the URL' }),
  })
  .refine(({ use, pin, serverName }) => use !== undefined || pin !== undefined || serverName !== undefined, {
    error: 'expected use, pin or serverName',
  });
export type BackendTls = z.output<typeof backendTls>;

const backendEntry = z
  .strictObject({
    url: backendUrl,
    weight: z.number().int().min(1).max(1_000).default(1).meta({
      description: 'Its share of the calls, against the weights of the others',
    }),
    tls: backendTls.optional(),
  })
  .refine(({ url, tls }) => tls === undefined || /^https:/i.test(url), {
    error: 'only for https:// back ends',
    path: ['tls'],
  });
export type BackendEntry = z.output<typeof backendEntry>;

/** Where calls of a service go: URLs, or objects where there is more to say. Parsed: objects only. */
export const backendsSchema = z
  .array(
    z
      .union([backendUrl, backendEntry], {
        error: 'expected an http:// or https:// URL, or { url, weight, tls }',
      })
      .transform((entry): BackendEntry => (typeof entry === 'string' ? { url: entry, weight: 1 } : entry)),
  )
  .min(1);

/** How often to ask every back end whether it is well. */
export const healthSchema = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/[\x21\x24-\x7e]*$/, { error: 'expected a path such as /healthz' })
      .meta({ description: 'GET of this path on each back end; the path of its URL is not put before it' }),
    interval: timeout.prefault('10s').refine((ms) => ms >= 100, { error: 'expected at least 100ms' }),
    timeout: timeout.prefault('2s'),
    healthyAfter: z.number().int().min(1).max(100).default(2).meta({ description: 'Good answers in a row' }),
    unhealthyAfter: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(3)
      .meta({ description: 'Bad answers, or none, in a row' }),
    status: z
      .array(z.number().int().min(200).max(599))
      .min(1)
      .optional()
      .meta({ description: 'What counts as a good answer; where absent, 200 to 299' }),
  })
  .refine(({ interval, timeout: limit }) => limit <= interval, {
    error: 'expected no longer than the interval',
    path: ['timeout'],
  });
export type HealthSettings = z.output<typeof healthSchema>;

/** Names one back end of one service, in what the control thread tells data-plane threads of their health. */
export const backendKey = (service: string, url: string): string => `${service} ${url}`;
