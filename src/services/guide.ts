import { z } from 'zod';
import { bilingual, slug } from '../configuration/units.ts';
import { LIFE_STAGES, type LifeStage, type Service } from './enrolment.ts';

const text = z.strictObject({ zh: z.string().max(4_000).default(''), en: z.string().max(4_000).default('') });
const order = z.array(slug).max(1_000).default([]);

/**
 * guide.yaml: what the yearly guide to the city's online services says besides what departments have enrolled. Services
 * stand under the stages of life their enrolments name; the guide introduces a stage, and puts them in order.
 */
export const guideSchema = z.strictObject({
  year: z.number().int().min(2000).max(2999),
  title: bilingual,
  preface: text.prefault({}),
  stages: z
    .array(
      z.strictObject({
        stage: z.enum(LIFE_STAGES),
        introduction: text.prefault({}),
        order: order.meta({ description: 'Services to stand first, in this order; the others follow' }),
      }),
    )
    .default([])
    .refine((stages) => new Set(stages.map(({ stage }) => stage)).size === stages.length, {
      error: 'a stage of life stands here twice',
    }),
  channels: z
    .array(z.strictObject({ name: bilingual, services: z.array(slug).min(1).max(1_000) }))
    .max(20)
    .default([])
    .meta({ description: 'Quick channels: the services that a group of people asks for most' }),
  contact: text.prefault({}).meta({ description: 'Whom to ask: telephone numbers, counters, hours' }),
});
export type Guide = z.output<typeof guideSchema>;

/** A guide of nothing but the directory, before anybody has written one. */
export const plainGuide = (year: number): Guide =>
  guideSchema.parse({
    year,
    title: { zh: '网上办事指南', en: 'Guide to online services' },
  });

export interface GuideChapter {
  readonly stage: LifeStage;
  readonly introduction: Guide['preface'];
  readonly services: readonly Service[];
}

/** Stages of life that have services, each with its services in the guide's order. Closed services are left out. */
export const chaptersOf = (guide: Guide, services: readonly Service[]): readonly GuideChapter[] =>
  LIFE_STAGES.map((stage) => {
    const said = guide.stages.find((each) => each.stage === stage);
    const here = services.filter(({ enabled, stages }) => enabled && stages?.includes(stage) === true);
    const first = (said?.order ?? []).flatMap((name) => here.filter(({ service }) => service === name));
    return {
      stage,
      introduction: said?.introduction ?? { zh: '', en: '' },
      services: [...first, ...here.filter((service) => !first.includes(service))],
    };
  }).filter((chapter) => chapter.services.length > 0);

/** Services the guide names and no department has enrolled. */
export const unknownServices = (guide: Guide, services: readonly Service[]): readonly string[] => {
  const known = new Set(services.map(({ service }) => service));
  const named = [
    ...guide.stages.flatMap((stage) => stage.order),
    ...guide.channels.flatMap((channel) => channel.services),
  ];
  return [...new Set(named)].filter((service) => !known.has(service));
};
