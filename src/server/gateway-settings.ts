import { z } from 'zod';
import { COSIGNATURE, parseVerifierKey } from '../audit/checkpoint/note.ts';
import { duration, slug } from '../configuration/units.ts';
import { tracingSchema } from '../tracing/settings.ts';
import { readRedisUrl } from '../storage/redis-url.ts';

const port = z.number().int().min(0).max(65_535);
const file = z.string().min(1);
const listen = z.strictObject({ host: z.string().default('::'), port });

/** A field of its own: what is handed on must not displace what HTTP or the gateway gives another meaning. */
const terminatorHeader = z
  .string()
  .regex(/^(?:x|ssl|client)-[a-z0-9-]+$/i, 'expected a name such as X-Client-Certificate')
  .refine((name) => !/^x-(?:forwarded|original|real)-/i.test(name), 'means something else already');

const redisUrl = z
  .string()
  .regex(/^rediss?(?:-sentinel|-cluster)?:\/\//, {
    error: 'expected a redis://, redis-sentinel:// or redis-cluster:// URL (or rediss…, with TLS)',
    abort: true,
  })
  .superRefine((text, context) => {
    try {
      readRedisUrl(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/** How a terminator in front hands certificates on (docs/terminators.md). */
const terminatorFormat = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rfc9440') }),
  z.strictObject({ kind: z.literal('envoy-xfcc') }),
  z.strictObject({ kind: z.literal('nginx'), header: terminatorHeader }),
  z.strictObject({
    kind: z.literal('haproxy'),
    header: terminatorHeader,
    chainHeader: terminatorHeader.optional(),
  }),
]);

/** Clear text only where nothing leaves the machine. */
const auditWitness = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected an https:// URL' })
    .refine((url) => /^https:|^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)[:/]/.test(url), {
      error: 'expected an https:// URL',
    })
    .meta({ description: 'Submission prefix: checkpoints are posted to URL/add-checkpoint' }),
  key: z
    .string()
    .refine((text) => parseVerifierKey(text)?.type === COSIGNATURE, {
      error: 'expected the public key of a witness, as C2SP signed-note writes it: name+id+base64',
    })
    .meta({ description: "The witness's public key (vkey) for cosignature/v1" }),
});

/** Where entries of the audit log are sent as well (docs/audit-log.md). */
const auditExport = z.discriminatedUnion('kind', [
  z
    .strictObject({
      name: slug,
      kind: z.literal('syslog'),
      host: z.string().min(1),
      port: port.default(6514),
      authority: file.meta({ description: "PEM: the authority of the receiver's certificate" }),
      certificate: file.optional().meta({ description: 'PEM: what the gateway presents, with its chain' }),
      key: file.optional(),
      servername: z.string().min(1).optional().meta({
        description: "Name in the receiver's certificate; not given: host",
      }),
      opened: z.boolean().default(false).meta({
        description: 'Personal data in the clear; otherwise entries go out sealed, as they stand in the log',
      }),
    })
    .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
      error: 'expected certificate and key together',
    }),
  z.strictObject({
    name: slug,
    kind: z.literal('file'),
    path: file,
    opened: z.boolean().default(false),
  }),
]);

/** config/gateway.yaml: the machine's side of things. Paths are relative to this file. */
export const gatewaySettingsSchema = z.strictObject({
  issuer: z
    .url({ protocol: /^https$/, error: 'expected an https:// URL' })
    .meta({ description: 'Public URL of the gateway; "iss" of its assertions' }),
  listen: listen.meta({ description: 'Mutual TLS: programs with a certificate, and sign-in by certificate' }),
  browser: z
    .strictObject({
      url: z
        .url({ protocol: /^https$/, error: 'expected an https:// URL' })
        .meta({ description: 'Where people open the portal and services' }),
      listen,
    })
    .optional()
    .meta({ description: 'TLS that asks for no certificate: the portal, and services by session' }),
  terminator: z
    .strictObject({
      listen,
      authority: file.meta({
        description: "PEM: the operators' own authority whose certificates terminators connect with",
      }),
      format: terminatorFormat,
      forwardAuth: z.boolean().default(false).meta({
        description:
          'Answer /auth/verify on this listener: proxies ask whether a call may go on to a department',
      }),
    })
    .optional()
    .meta({ description: 'For terminators in front that hand certificates on; nobody else gets in' }),
  console: z
    .strictObject({
      enabled: z.boolean().default(true),
      networks: z
        .array(z.union([z.cidrv4(), z.cidrv6()], { error: 'expected a range such as 10.1.0.0/16' }))
        .default([])
        .meta({ description: 'Who is answered, by address (CIDR); none given: everybody who has a role' }),
    })
    .prefault({})
    .meta({ description: 'The console at /console and the admin API at /api/admin, where `browser` is set' }),
  sessions: z
    .strictObject({
      idle: duration.prefault('30m').meta({ description: 'A session without a request for so long is over' }),
      absolute: duration.prefault('8h').meta({ description: 'Every session is over so long after it began' }),
      redis: redisUrl
        .optional()
        .meta({ description: 'Where sessions and challenges are kept; not given: in this process' }),
    })
    .prefault({}),
  stores: z
    .strictObject({
      postgres: z
        .url({ protocol: /^postgres(?:ql)?$/, error: 'expected a postgres:// URL' })
        .optional()
        .meta({
          description: 'What lasts is kept here, for all replicas; not given: in files of the data folder',
        }),
      schema: z
        .string()
        .regex(/^[a-z][a-z0-9_]{0,62}$/, 'expected lower-case letters, digits and _')
        .default('onecert')
        .meta({ description: 'Schema in PostgreSQL: one for each city' }),
      redis: redisUrl.optional().meta({ description: 'What sessions.redis is where it is not given' }),
    })
    .prefault({})
    .meta({ description: 'Where replicas keep what they share (docs/operations.md)' }),
  admin: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port,
      names: z.array(z.string().min(1)).default([]).meta({
        description:
          'Names with a dot by which it is asked for; addresses, and names without one, are answered anyway',
      }),
    })
    .meta({
      description: 'Health, readiness, metrics and JWKS over plain HTTP; keep it off public networks',
    }),
  tls: z.strictObject({
    certificate: file.meta({ description: 'PEM: server certificate, then its chain' }),
    key: file,
    minimumVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  }),
  upstreamTls: z
    .record(
      slug,
      z
        .strictObject({
          authority: file.optional().meta({
            description: 'PEM: the authorities whose certificates back ends have, instead of the public ones',
          }),
          certificate: file
            .optional()
            .meta({ description: 'PEM: what the gateway presents, with its chain' }),
          key: file.optional(),
        })
        .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
          error: 'expected certificate and key together',
        })
        .refine(({ authority, certificate }) => authority !== undefined || certificate !== undefined, {
          error: 'expected authority, or certificate and key',
        }),
    )
    .default({})
    .meta({ description: 'TLS to back ends, by the names that enrolments use (backends[].tls.use)' }),
  documents: z
    .strictObject({
      environment: z
        .array(z.string().regex(/^[A-Z][A-Z0-9_]*$/, { error: 'expected a name such as ONECERT_TAX_PORT' }))
        .max(200)
        .default([])
        .meta({
          description:
            'Environment variables that documents from the console, the API and imports may read as ${NAME}, besides those that their own file or version in force reads. Never the password of a store',
        }),
    })
    .prefault({}),
  audit: z
    .strictObject({
      replica: slug.optional().meta({
        description:
          "Names this gateway's log among those of its replicas, for good; takes a restart. Not given: main, or with shared stores the name in the file replica of the data folder",
      }),
      checkpointEvery: duration.prefault('1s').meta({
        description: 'At most one signed checkpoint in so long; takes a restart',
      }),
      witnesses: z
        .array(auditWitness)
        .default([])
        .meta({ description: 'Who cosigns checkpoints (C2SP tlog-witness); takes a restart' }),
      export: z
        .array(auditExport)
        .default([])
        .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
          error: 'expected a name of its own for each',
        })
        .meta({ description: 'Where entries of the audit log are sent as well; takes a restart' }),
    })
    .prefault({}),
  tracing: tracingSchema
    .optional()
    .meta({ description: 'Traces of calls to a collector, by OTLP/HTTP; not given: none. Takes a restart' }),
  data: file.meta({ description: 'Folder of keys, register, audit log and cached CRLs' }),
  trust: file.default('../ca-trust').meta({ description: 'Folder of the trust list' }),
  trustKey: file.optional().meta({
    description:
      "PEM of the operators' public key: the trust list must be signed with it (onecert trust sign)",
  }),
  departments: file.default('departments').meta({ description: 'Folder of the departments' }),
  threads: z
    .union([z.literal('auto'), z.number().int().min(1).max(256)])
    .default('auto')
    .meta({ description: 'Data-plane threads; auto: one for each processor' }),
  drain: duration.prefault('30s').meta({ description: 'How long calls in flight may take after SIGTERM' }),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});
export type GatewaySettings = z.output<typeof gatewaySettingsSchema>;
