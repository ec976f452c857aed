import { z } from 'zod';
import { assuranceLevel, bilingual, byteSize, slug } from '../configuration/units.ts';
import { actingRole } from './acting-role.ts';
import { backendsSchema, healthSchema, isLinkLocal, timeout } from './back-ends.ts';
import { callLimitsSchema } from './call-limits.ts';
import { claimsSchema } from './claims.ts';
import { hoursSchema, maintenanceSchema, openSchema } from './opening.ts';

/** When in the life of a person or an enterprise a service is needed; the directory is read by these, in this order. */
export const LIFE_STAGES = [
  'birth',
  'school',
  'work',
  'family',
  'housing',
  'health',
  'retirement',
  'founding',
  'operating',
  'closing',
] as const;
export type LifeStage = (typeof LIFE_STAGES)[number];

const method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** An absolute path without dot segments, query or trailing slash; matched on whole segments. */
const pathPrefix = z
  .string()
  .regex(/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/, { error: 'expected a path such as /joint-tax' })
  // Departments fetch the keys of the gateway there (RFC 8615), without a certificate.
  .refine((path) => !/^\/\.well-known(?:\/|$)/i.test(path), {
    error: 'below /.well-known is the gateway itself',
  });

const operationPath = z
  .string()
  .regex(/^\/(?:(?:(?:\*|[A-Za-z0-9._~-]+)\/)*(?:\*\*|\*|[A-Za-z0-9._~-]+))?$/, {
    error:
      'expected a path below the service, such as /, /applications/* or /files/**; * and ** are whole segments',
  });

/** Where a browser is sent back to, or a client told something: on this machine in clear text too, for development. */
const clientUrl = z
  .url({ protocol: /^https?$/, abort: true, error: 'expected an https:// URL' })
  .refine(
    (url) => /^https:/i.test(url) || /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url).hostname),
    {
      error: 'expected https://, except on this machine',
    },
  )
  .refine((url) => !url.includes('#') && new URL(url).username === '', {
    error: 'expected no fragment and no credentials',
  })
  .refine((url) => !isLinkLocal(url), { error: 'a link-local address is no client' });

/** RFC 7517: public keys only; a private one in a file that many read would be no secret. */
const publicJwk = z
  .looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']) })
  .refine((jwk) => !('d' in jwk), { error: 'expected a public key: it holds "d"' });

const clientAuthentication = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('private_key_jwt'),
    jwks: z.strictObject({ keys: z.array(publicJwk).min(1) }),
  }),
  z.strictObject({
    method: z.enum(['client_secret_basic', 'client_secret_post']),
    secretHash: z
      .string()
      .regex(/^[\w-]{43}$/, { error: 'expected SHA-256 in base64url' })
      .meta({
        description:
          'SHA-256 of a random secret of at least 32 octets, base64url: the secret itself stands nowhere',
      }),
  }),
]);

/** What the gateway's OpenID Provider knows of a service that is a client; its client_id is the service's identifier. */
const oidcClient = z.strictObject({
  redirectUris: z.array(clientUrl).default([]).meta({
    description: 'Compared whole. None: the service signs nobody in, and only exchanges assertions',
  }),
  postLogoutRedirectUris: z.array(clientUrl).default([]),
  backchannelLogoutUri: clientUrl.optional(),
  clientAuthentication,
  requirePushedAuthorizationRequests: z.boolean().default(false).meta({ description: 'RFC 9126' }),
});
export type OidcClient = z.infer<typeof oidcClient>;

/**
 * A department's enrolment of one service: who may call what, with certificates of which authorities, what the
 * department is told of them, and where the calls go.
 */
export const enrolmentSchema = z.strictObject({
  service: slug.meta({ description: 'Identifier of the service; the audience of its assertions' }),
  name: bilingual,
  description: bilingual.optional(),
  stages: z
    .array(z.enum(LIFE_STAGES))
    .min(1)
    .optional()
    .meta({ description: 'When in life it is needed: the directory lists it there' }),
  enabled: z.boolean().default(true),
  path: pathPrefix.meta({
    description: 'Calls whose path starts with this (on whole segments) go to the service',
  }),
  stripPath: z.boolean().default(false).meta({ description: 'Take `path` off before forwarding' }),
  operations: z
    .array(
      z.strictObject({
        methods: z.array(method).min(1),
        path: operationPath.meta({
          description: 'Below `path`; * stands for one segment, a trailing ** for the rest',
        }),
      }),
    )
    .min(1)
    .default([{ methods: ['GET', 'HEAD', 'POST'], path: '/**' }]),
  subjects: z.array(z.enum(['citizen', 'enterprise'])).min(1),
  authorities: z.union([z.literal('all'), z.array(slug).min(1)]).default('all'),
  actingRoles: z.array(actingRole).min(1).optional().meta({
    description:
      'Of enterprises: in which roles their certificates may act here; unknown: the certificate does not say',
  }),
  assurance: assuranceLevel.optional().meta({
    description:
      'The least that certificate and way in have to reach; what they reach stands in the settings of the authority',
  }),
  claims: claimsSchema.meta({
    description: 'What the service is told of its callers beyond the pairwise id, and what for',
  }),
  clientCert: z
    .boolean()
    .default(false)
    .meta({ description: 'Send the certificate in Client-Cert and Client-Cert-Chain (RFC 9440)' }),
  oidc: oidcClient.optional().meta({ description: 'The service is a client of the OpenID Provider' }),
  exchange: z
    .strictObject({ from: z.array(slug).min(1) })
    .optional()
    .meta({ description: 'Services that may call this one for the person who called them (RFC 8693)' }),
  audit: z
    .enum(['written', 'synced'])
    .default('written')
    .meta({ description: 'synced: the entry of each call is fsynced before its answer' }),
  backends: backendsSchema,
  health: healthSchema
    .optional()
    .meta({ description: 'Ask the back ends how they are, and send calls to those that are well only' }),
  limits: callLimitsSchema.optional().meta({ description: 'How many calls the service takes' }),
  maintenance: maintenanceSchema
    .optional()
    .meta({ description: 'The department works on the service: people are told until when' }),
  open: openSchema
    .optional()
    .meta({ description: 'When the service exists; days and times in China Standard Time' }),
  hours: hoursSchema.optional().meta({
    description: 'Opening hours in the city (Asia/Shanghai), by day of the week; where absent: always',
  }),
  timeouts: z
    .strictObject({
      connect: timeout.prefault('2s'),
      response: timeout
        .default(30_000)
        .meta({ description: 'Until the response head, and between body chunks' }),
    })
    .prefault({}),
  bodyLimit: byteSize.prefault('10MiB'),
});
export type Enrolment = z.infer<typeof enrolmentSchema>;

/** One file under config/departments/. */
export const departmentSchema = z.strictObject({
  department: slug,
  name: bilingual,
  services: z.array(enrolmentSchema).default([]),
});
export type Department = z.infer<typeof departmentSchema>;

/** An enrolment together with the department that made it. */
export interface Service extends Enrolment {
  readonly department: Pick<Department, 'department' | 'name'>;
}
