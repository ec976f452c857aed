import { z } from 'zod';
import { duration } from '../configuration/units.ts';

const port = z.number().int().min(0).max(65_535);
const file = z.string().min(1);

/** config/gateway.yaml: the machine's side of things. Paths are relative to this file. */
export const gatewaySettingsSchema = z.strictObject({
  issuer: z
    .url({ protocol: /^https$/, error: 'expected an https:// URL' })
    .meta({ description: 'Public URL of the gateway; "iss" of its assertions' }),
  listen: z.strictObject({ host: z.string().default('::'), port }),
  admin: z.strictObject({ host: z.string().default('127.0.0.1'), port }).meta({
    description: 'Health, readiness, metrics and JWKS over plain HTTP; keep it off public networks',
  }),
  tls: z.strictObject({
    certificate: file.meta({ description: 'PEM: server certificate, then its chain' }),
    key: file,
    minimumVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  }),
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
