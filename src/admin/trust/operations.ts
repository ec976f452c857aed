import { z } from 'zod';
import { formatName } from '../../certificate/name.ts';
import type { AuthorityRevocationStatus } from '../../revocation/revocation-status.ts';
import type { Authority } from '../../trust/trust-list.ts';
import { operation, type AnyOperation } from '../operation.ts';
import { InputInvalid } from '../input-invalid.ts';
import { authorityOf } from './authority-page.ts';
import { lookUp, readSerial } from './look-up.ts';
import { useOperation } from './use-operation.ts';

const moment = z.iso.datetime();
const iso = (at: number): string => new Date(at).toISOString();
const access = { roles: ['operator', 'auditor'] as const };

const authoritySchema = z.object({
  authority: z.string(),
  name: z.object({ zh: z.string(), en: z.string() }),
  status: z.enum(['active', 'winding-down', 'withdrawn', 'draft']),
  acceptIssuedBefore: z.string().optional(),
  certificates: z.array(
    z.object({
      kind: z.enum(['anchor', 'intermediate']),
      subject: z.string(),
      sha256: z.string(),
      notAfter: moment,
    }),
  ),
  crls: z.array(
    z.object({
      issuer: z.string(),
      number: z.string().optional().meta({ description: 'crlNumber, decimal' }),
      delta: z.boolean(),
      thisUpdate: moment,
      nextUpdate: moment.optional(),
      entries: z.int(),
      bytes: z.int(),
      freshness: z.enum(['fresh', 'overdue', 'stale']),
    }),
  ),
});

const writeAuthority = (
  { settings, anchors, intermediates }: Authority,
  revocation: readonly AuthorityRevocationStatus[],
): z.input<typeof authoritySchema> => {
  const { authority, name, status, acceptIssuedBefore } = settings;
  const certificates = (list: Authority['anchors'], kind: 'anchor' | 'intermediate') =>
    list.map(({ subject, fingerprint, notAfter }) => ({
      kind,
      subject: formatName(subject),
      sha256: fingerprint,
      notAfter: iso(notAfter),
    }));
  return {
    authority,
    name,
    status,
    ...(acceptIssuedBefore !== undefined && { acceptIssuedBefore }),
    certificates: [...certificates(anchors, 'anchor'), ...certificates(intermediates, 'intermediate')],
    crls: (revocation.find((each) => each.authority === authority)?.crls ?? []).map(
      ({ number, thisUpdate, nextUpdate, ...crl }) => ({
        ...crl,
        ...(number !== undefined && { number }),
        thisUpdate: iso(thisUpdate),
        ...(nextUpdate !== undefined && { nextUpdate: iso(nextUpdate) }),
      }),
    ),
  };
};

const exampleAuthority: z.input<typeof authoritySchema> = {
  authority: 'yuean',
  name: { zh: '粤安电子认证', en: 'Yuean Certification' },
  status: 'active',
  certificates: [
    { kind: 'anchor', subject: 'CN=Yuean Root', sha256: '5f…', notAfter: '2036-01-01T00:00:00.000Z' },
  ],
  crls: [
    {
      issuer: 'CN=Yuean Issuing',
      number: '1041',
      delta: false,
      thisUpdate: '2026-03-02T01:30:00.000Z',
      nextUpdate: '2026-03-02T13:30:00.000Z',
      entries: 1_210_044,
      bytes: 41_210_044,
      freshness: 'fresh',
    },
  ],
};

const parameters = z.object({ authority: z.string().max(64) });

export const TRUST_OPERATIONS: readonly AnyOperation[] = [
  operation({
    id: 'listAuthorities',
    method: 'get',
    path: '/authorities',
    summary: { zh: '信任列表中的机构', en: 'Authorities of the trust list in force' },
    access,
    answer: z.array(authoritySchema),
    example: { answer: [exampleAuthority] },
    handle: ({ parts }) => {
      const { authorities } = parts.revocation.status();
      return {
        body: [...parts.trust().authorities.values()].map((each) => writeAuthority(each, authorities)),
      };
    },
  }),
  operation({
    id: 'getAuthority',
    method: 'get',
    path: '/authorities/{authority}',
    summary: { zh: '一家机构', en: 'One authority' },
    access,
    parameters,
    answer: authoritySchema,
    refusals: ['ONECERT_CHANGE_UNKNOWN'],
    example: { parameters: { authority: 'yuean' }, answer: exampleAuthority },
    handle: ({ parts, parameters: wanted }) => ({
      body: writeAuthority(authorityOf(parts, wanted), parts.revocation.status().authorities),
    }),
  }),
  useOperation,
  operation({
    id: 'lookUpSerial',
    method: 'get',
    path: '/authorities/{authority}/crl-entries/{serial}',
    summary: {
      zh: '在该机构生效的 CRL 中查序列号',
      en: 'What the CRLs in force say of a serial number (hexadecimal)',
    },
    access,
    parameters: parameters.extend({ serial: z.string().max(100) }),
    answer: z.array(
      z.object({
        issuer: z.string(),
        number: z.string().optional(),
        delta: z.boolean(),
        thisUpdate: moment,
        entry: z
          .object({ reason: z.string(), revokedAt: moment, invalidSince: moment.optional() })
          .optional()
          .meta({ description: 'Not there: the serial number is not on this CRL' }),
      }),
    ),
    refusals: ['ONECERT_CHANGE_UNKNOWN'],
    example: {
      parameters: { authority: 'yuean', serial: '0a1b2c' },
      answer: [
        {
          issuer: 'CN=Yuean Issuing',
          number: '1041',
          delta: false,
          thisUpdate: '2026-03-02T01:30:00.000Z',
          entry: { reason: 'keyCompromise', revokedAt: '2026-02-11T07:00:00.000Z' },
        },
      ],
    },
    handle: ({ parts, parameters: { serial: written, ...wanted } }) => {
      const serial = readSerial(written, 'hex');
      if (serial === undefined) {
        const message = 'expected a hexadecimal serial number of at most 20 octets';
        throw new InputInvalid([{ file: 'path', line: 1, column: 1, path: 'serial', message }]);
      }
      return {
        body: lookUp(authorityOf(parts, wanted), parts.revocation.snapshot(), serial).map(
          ({ number, thisUpdate, entry, ...found }) => ({
            ...found,
            ...(number !== undefined && { number }),
            thisUpdate: iso(thisUpdate),
            ...(entry !== undefined && {
              entry: {
                reason: entry.reason,
                revokedAt: iso(entry.revokedAt),
                ...(entry.invalidSince !== undefined && { invalidSince: iso(entry.invalidSince) }),
              },
            }),
          }),
        ),
      };
    },
  }),
];
