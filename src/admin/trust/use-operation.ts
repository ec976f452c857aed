import { z } from 'zod';
import { operation, type AnyOperation } from '../operation.ts';
import { authorityNamed } from './former-authority.ts';
import { readUse, type UseFigures } from './read-use.ts';
import { useQuery, useSpanOf, useStepsOf } from './use-span.ts';

const moment = z.iso.datetime();
const iso = (at: number): string => new Date(at).toISOString();

const counts = z.object({
  signIns: z.int().meta({
    description:
      'At the portal; with mutual TLS the first call of a connection, by forward-auth the first of a certificate',
  }),
  calls: z.int().meta({ description: 'Let through to a department, in a session or with a certificate' }),
  authorizations: z.int().meta({ description: 'Somebody was told to a client of OpenID Connect' }),
  exchanges: z.int().meta({ description: 'Assertions that a service was given for another one' }),
  refusals: z.int().meta({
    description: 'Of certificates with a path in force; others, as of a withdrawn authority, name none',
  }),
  certificates: z.int().meta({ description: 'Different ones that were not refused; standard error 6.5 %' }),
});

const countsOf = (figures: UseFigures): z.input<typeof counts> => {
  const { signIns, calls, authorizations, exchanges, refusals, certificates } = figures;
  return { signIns, calls, authorizations, exchanges, refusals, certificates };
};

const exampleCounts = {
  signIns: 1_204,
  calls: 18_310,
  authorizations: 96,
  exchanges: 12,
  refusals: 31,
  certificates: 1_020,
};

/** Figures of the use of authorities, as their pages have them. */
export const useOperation: AnyOperation = operation({
  id: 'getAuthorityUse',
  method: 'get',
  path: '/authority-use',
  summary: { zh: '各机构的使用情况', en: 'What certificates of each authority are used for, over time' },
  description: {
    zh: '已离开信任列表的机构，在有使用记录期间也列出。',
    en: 'An authority that has left the trust list is among them as long as it has figures.',
  },
  access: { roles: ['operator', 'auditor'] },
  query: useQuery.extend({
    authority: z.string().max(64).optional().meta({ description: 'All where absent' }),
  }),
  answer: z.object({
    from: moment,
    to: moment,
    step: z.enum(['hour', 'day', 'week']),
    since: moment.optional().meta({
      description: 'From when on figures are complete; absent: nothing has been counted',
    }),
    authorities: z.array(
      z.object({
        authority: z.string(),
        inTrustList: z.boolean(),
        total: counts,
        acting: z
          .array(z.object({ acting: z.string(), certificates: z.int() }))
          .meta({ description: 'Certificates of the total by role; "": used in none' }),
        steps: z
          .array(z.object({ at: moment, ...counts.shape }))
          .meta({ description: 'Without those before anything was counted' }),
      }),
    ),
  }),
  refusals: ['ONECERT_CHANGE_UNKNOWN', 'ONECERT_INPUT_INVALID'],
  example: {
    query: { range: 'year', authority: 'yuean' },
    answer: {
      from: '2025-03-02T16:00:00.000Z',
      to: '2026-03-01T16:00:00.000Z',
      step: 'week',
      since: '2026-02-20T01:30:00.000Z',
      authorities: [
        {
          authority: 'yuean',
          inTrustList: true,
          total: exampleCounts,
          acting: [
            { acting: '', certificates: 940 },
            { acting: 'finance', certificates: 80 },
          ],
          steps: [{ at: '2026-02-22T16:00:00.000Z', ...exampleCounts }],
        },
      ],
    },
  },
  handle: async ({ parts, query: { range, authority }, at }) => {
    if (authority !== undefined) await authorityNamed(parts, authority, at);
    const span = useSpanOf(range, at);
    const begins = useStepsOf(span);
    const { since, authorities } = await readUse(parts, span, authority);
    return {
      body: {
        from: iso(span.from),
        to: iso(span.to),
        step: span.step,
        ...(since !== undefined && { since: iso(since) }),
        authorities: authorities.map((each) => ({
          authority: each.authority,
          inTrustList: each.isListed,
          total: countsOf(each.total),
          acting: [...each.total.acting],
          steps: each.steps.flatMap((step, index) =>
            step === undefined ? [] : [{ at: iso(begins[index]?.from ?? span.from), ...countsOf(step) }],
          ),
        })),
      },
    };
  },
});
