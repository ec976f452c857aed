import { z } from 'zod';
import { slug } from '../../configuration/units.ts';
import { INDICATORS, targetsSchema, type Targets } from '../../services/targets.ts';
import { EVERY_ROLE } from '../access.ts';
import { InputInvalid } from '../input-invalid.ts';
import { operation, type AnyOperation } from '../operation.ts';
import { viewOf } from './access.ts';
import { findPatterns } from './patterns.ts';
import { readFigures } from './read-figures.ts';
import { readScores } from './read-scores.ts';
import { readTargets, targetsFiles, targetsKey } from './read-targets.ts';
import { FIRST_YEAR, LAST_YEAR } from './scores-page.ts';
import { spanOf, spanQuery, yearOf } from './span.ts';
import { checkTargets } from './targets-form.ts';
import { rounded } from './write-figures.ts';

const moment = z.iso.datetime();
const written = (at: number): string => new Date(at).toISOString();
const number = z.number().optional();

const measures = z.object({
  calls: z.int(),
  refusals: z.int(),
  upstreamFailures: z.int().meta({ description: 'Not answered by the back end' }),
  broken: z.int(),
  answered: z.int().meta({ description: 'By the back end, or in its place' }),
  serverErrors: z.int().meta({ description: 'Of answered: status 500 and more' }),
  availability: number.meta({ description: 'Percent; absent where no call reached a back end' }),
  p50: number.meta({ description: 'ms, an estimate by bucket; 10000: so long or longer' }),
  p95: number,
  p99: number,
});

const year = z.coerce.number().int().min(FIRST_YEAR).max(LAST_YEAR);
const yearQuery = z.object({ year: year.optional().meta({ description: 'This one where none is given' }) });

const exampleMeasures = {
  calls: 1_000,
  refusals: 12,
  upstreamFailures: 1,
  broken: 0,
  answered: 1_000,
  serverErrors: 2,
  availability: 99.8,
  p50: 18,
  p95: 140,
  p99: 480,
};
const exampleService = { department: 'tax', service: 'joint-tax-registration' };
const exampleTargets: Targets = targetsSchema.parse({
  default: { availability: 99.9, p95: 800, ownRefusals: 0.5, online: 100, calls: 100_000 },
});

export const supervisionOperations: readonly AnyOperation[] = [
  operation({
    id: 'getFigures',
    method: 'get',
    path: '/supervision/figures',
    summary: { zh: '运行数据', en: 'Figures of departments and services' },
    description: {
      zh: '部门经办人只得到本部门的数据。',
      en: 'An officer gets those of the own department only.',
    },
    access: { roles: EVERY_ROLE },
    query: spanQuery.extend({ department: slug.optional(), service: slug.optional() }),
    answer: z.object({
      from: moment,
      to: moment,
      total: measures,
      departments: z.array(measures.extend({ department: z.string() })),
      services: z.array(
        measures.extend({
          department: z.string().meta({ description: '"": none was named' }),
          service: z.string(),
          certificates: z.int().meta({ description: 'Different ones; standard error 6.5 %' }),
        }),
      ),
      refusals: z.array(
        z.object({ department: z.string(), service: z.string(), code: z.string(), count: z.int() }),
      ),
      steps: z.array(measures.extend({ at: moment })),
    }),
    refusals: ['ONECERT_OTHER_DEPARTMENT', 'ONECERT_INPUT_INVALID'],
    example: {
      query: { range: 'dates', from: '2026-03-01', to: '2026-03-31' },
      answer: {
        from: '2026-02-28T16:00:00.000Z',
        to: '2026-03-31T16:00:00.000Z',
        total: exampleMeasures,
        departments: [{ department: 'tax', ...exampleMeasures }],
        services: [{ ...exampleService, ...exampleMeasures, certificates: 310 }],
        refusals: [{ ...exampleService, code: 'ONECERT_CERT_REVOKED', count: 12 }],
        steps: [{ at: '2026-02-28T16:00:00.000Z', ...exampleMeasures }],
      },
    },
    handle: async ({ parts, caller, query, at }) => {
      const view = viewOf(parts, caller.actor, query);
      const { span, issues } = spanOf(query, at);
      if (span === undefined) throw new InputInvalid(issues);
      const { steps, ...figures } = await readFigures(parts.auditIndex, view, span, at);
      return {
        body: {
          from: written(span.from),
          to: written(span.to),
          ...figures,
          departments: [...figures.departments],
          services: [...figures.services],
          refusals: [...figures.refusals],
          steps: steps.map((step) => ({ ...step, at: written(step.at) })),
        },
      };
    },
  }),
  operation({
    id: 'getPatterns',
    method: 'get',
    path: '/supervision/patterns',
    summary: { zh: '异常情形', en: 'Unusual patterns of the last 24 hours' },
    description: {
      zh: '规则与界限见控制台该页。部门经办人得不到证书一项。',
      en: 'By the rules that the console’s page states. An officer gets none of certificates.',
    },
    access: { roles: EVERY_ROLE },
    answer: z.object({
      from: moment,
      to: moment,
      certificates: z
        .array(
          z.object({
            certificate: z.string().meta({ description: 'Keyed hash: leads back to no certificate' }),
            lastSeq: z.int().meta({ description: 'Number of an audit entry in which it was used' }),
            calls: z.int(),
            refusals: z.int(),
            addresses: z.number(),
            hours: z.int(),
          }),
        )
        .optional(),
      bursts: z.array(
        z.object({
          at: moment,
          department: z.string(),
          service: z.string(),
          code: z.string(),
          count: z.int(),
          usual: z.number().meta({ description: 'In an hour, over the 7 days before' }),
        }),
      ),
      failures: z.array(
        z.object({
          department: z.string(),
          service: z.string(),
          failures: z.int(),
          reached: z.int(),
          share: z.number().meta({ description: 'Percent' }),
          usual: number,
        }),
      ),
    }),
    example: {
      answer: {
        from: '2026-03-01T02:00:00.000Z',
        to: '2026-03-02T02:00:00.000Z',
        certificates: [
          { certificate: '9f86d081…', lastSeq: 4_812, calls: 320, refusals: 4, addresses: 41, hours: 6 },
        ],
        bursts: [
          {
            at: '2026-03-01T09:00:00.000Z',
            ...exampleService,
            code: 'ONECERT_CERT_REVOKED',
            count: 180,
            usual: 2.5,
          },
        ],
        failures: [{ ...exampleService, failures: 61, reached: 400, share: 15.25, usual: 0.2 }],
      },
    },
    handle: async ({ parts, caller, at }) => {
      const found = await findPatterns(parts.auditIndex, viewOf(parts, caller.actor), at);
      return {
        body: {
          from: written(found.from),
          to: written(found.to),
          ...(found.certificates !== undefined && { certificates: [...found.certificates] }),
          bursts: found.bursts.map((each) => ({ ...each, at: written(each.at) })),
          failures: [...found.failures],
        },
      };
    },
  }),
  operation({
    id: 'getScores',
    method: 'get',
    path: '/supervision/scores',
    summary: { zh: '年度评分', en: 'Score cards of a year to date' },
    access: { roles: EVERY_ROLE },
    query: yearQuery,
    answer: z.object({
      year: z.int(),
      until: moment.meta({ description: 'Figures count up to here' }),
      ranked: z.int().meta({ description: 'Departments that have a rank' }),
      cards: z.array(
        z.object({
          department: z.string(),
          total: number.meta({ description: 'Of 100; absent where nothing is known' }),
          rank: z.int().optional(),
          unknown: z.number().meta({ description: 'Points not given for want of figures' }),
          lines: z.array(
            z.object({
              indicator: z.enum(INDICATORS),
              target: z.number(),
              actual: number,
              points: number,
              of: z.number(),
            }),
          ),
        }),
      ),
    }),
    example: {
      query: { year: '2026' },
      answer: {
        year: 2026,
        until: '2026-03-02T02:00:00.000Z',
        ranked: 8,
        cards: [
          {
            department: 'tax',
            total: 91.5,
            rank: 2,
            unknown: 0,
            lines: [{ indicator: 'availability', target: 99.9, actual: 99.95, points: 30, of: 30 }],
          },
        ],
      },
    },
    handle: async ({ parts, caller, query, at }) => {
      const scores = await readScores(parts, caller.actor, query.year ?? yearOf(at), at);
      return {
        body: {
          year: scores.year,
          until: written(scores.until),
          ranked: scores.ranked,
          cards: scores.cards.map((card) => ({
            ...card,
            total: rounded(card.total, 1),
            lines: card.lines.map((line) => ({
              ...line,
              actual: rounded(line.actual, 4),
              points: rounded(line.points, 1),
              of: rounded(line.of, 1) as number,
            })),
          })),
        },
      };
    },
  }),
  operation({
    id: 'getTargets',
    method: 'get',
    path: '/supervision/targets',
    summary: { zh: '年度指标', en: 'Targets of a year' },
    access: { roles: ['operator', 'auditor'] },
    query: yearQuery,
    answer: z.object({ year: z.int(), targets: targetsSchema.optional() }),
    example: { query: { year: '2026' }, answer: { year: 2026, targets: exampleTargets } },
    handle: async ({ parts, query, at }) => {
      const asked = query.year ?? yearOf(at);
      const { targets, version } = await readTargets(parts, asked);
      return { body: { year: asked, targets }, version };
    },
  }),
  operation({
    id: 'putTargets',
    method: 'put',
    path: '/supervision/targets',
    summary: { zh: '设定年度指标', en: 'Set the targets of a year' },
    access: { roles: ['operator'] },
    ifMatch: true,
    body: z.strictObject({
      year,
      targets: targetsSchema,
      note: z.string().max(2_000).default(''),
    }),
    answer: z.object({ year: z.int(), targets: targetsSchema }),
    refusals: ['ONECERT_CHANGE_STALE'],
    example: {
      body: { year: 2026, targets: exampleTargets, note: '' },
      answer: { year: 2026, targets: exampleTargets },
    },
    handle: async ({ parts, caller, body, ifMatch = 0 }) => {
      const { targets, issues } = checkTargets(body.targets, parts);
      if (targets === undefined) throw new InputInvalid(issues);
      const { version } = await parts.changes.put(caller.actor, {
        ...targetsKey(body.year),
        base: ifMatch,
        files: targetsFiles(targets),
        note: body.note,
        origin: 'api',
      });
      return { body: { year: body.year, targets }, version };
    },
  }),
];
