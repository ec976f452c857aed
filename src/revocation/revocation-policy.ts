import { z } from 'zod';
import { duration } from '../configuration/units.ts';

const url = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });

/** How one authority's certificates are checked for revocation. The defaults are the strict ones. */
export const revocationPolicySchema = z.strictObject({
  order: z
    .array(z.enum(['crl', 'ocsp']))
    .min(1)
    .max(2)
    .default(['crl', 'ocsp'])
    .meta({ description: 'Asked in this order until one gives a definite answer' }),
  failure: z
    .enum(['hard', 'soft'])
    .default('hard')
    .meta({ description: 'hard: refused while the status is unknown; soft: let through, with a warning' }),
  hosts: z
    .array(z.string().regex(/^[a-z0-9.-]+(?::\d{1,5})?$/i, { error: 'expected host or host:port' }))
    .default([])
    .meta({
      description:
        'Hosts that URLs inside certificates (CDP, AIA) may name; others are never asked. Hosts of `crl.urls` and `ocsp.urls` need not be named again',
    }),
  crl: z
    .strictObject({
      urls: z
        .array(url)
        .default([])
        .meta({ description: 'Fetched besides the distribution points that certificates name' }),
      files: z
        .array(z.string().min(1))
        .default([])
        .meta({ description: 'CRL files (DER or PEM), relative to this file; read again when they change' }),
      refresh: duration
        .prefault('10m')
        .meta({ description: 'How often a new CRL is looked for (conditional requests), at the latest' }),
      maximumAge: duration
        .optional()
        .meta({ description: 'A CRL older than this (by thisUpdate) is not used, whatever its nextUpdate' }),
      grace: duration
        .prefault('0s')
        .meta({ description: 'How long past its nextUpdate a CRL is still used' }),
      sizeLimit: z.number().int().positive().default(1_073_741_824).meta({ description: 'Bytes' }),
    })
    .prefault({}),
  ocsp: z
    .strictObject({
      urls: z
        .array(url)
        .default([])
        .meta({ description: 'Asked instead of the responders that certificates name' }),
      timeout: duration.prefault('3s'),
      nonce: z.enum(['required', 'optional', 'off']).default('optional'),
      hash: z.enum(['sha1', 'sha256']).default('sha256').meta({ description: 'Of the CertID' }),
      maximumAge: duration
        .prefault('10m')
        .meta({ description: 'How long an answer is reused at most, whatever its nextUpdate' }),
    })
    .prefault({}),
});
export type RevocationPolicy = z.output<typeof revocationPolicySchema>;
