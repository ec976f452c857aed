import { LIFE_STAGES } from '../../services/enrolment.ts';
import { guideSchema, unknownServices, type Guide } from '../../services/guide.ts';
import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import type { AdminParts } from '../admin-parts.ts';
import { issuesOfInput } from '../input-invalid.ts';
import { enrolledServices } from './read-guide.ts';

/** Rows for quick channels in the form. */
export const CHANNELS = 7;

export type ReadForm =
  | { readonly guide: Guide; readonly issues?: undefined }
  | { readonly guide?: undefined; readonly issues: readonly ConfigurationIssue[] };

/** A guide from the fields of the form, or everything wrong with them. */
export const readForm = (form: URLSearchParams, parts: Pick<AdminParts, 'departments'>): ReadForm => {
  const text = (name: string): string => (form.get(name) ?? '').replaceAll('\r\n', '\n').trim();
  const both = (name: string): { zh: string; en: string } => ({
    zh: text(`${name}-zh`),
    en: text(`${name}-en`),
  });
  const list = (name: string): string[] =>
    text(name)
      .split(/[\s,，、]+/)
      .filter(Boolean);
  const stages = LIFE_STAGES.map((stage) => ({
    stage,
    introduction: both(`stage-${stage}`),
    order: list(`stage-${stage}-order`),
  })).filter(({ introduction: { zh, en }, order }) => zh !== '' || en !== '' || order.length > 0);
  const channels = Array.from({ length: CHANNELS }, (_none, index) => ({
    name: both(`channel-${index}`),
    services: list(`channel-${index}-services`),
  })).filter(({ name: { zh, en }, services }) => zh !== '' || en !== '' || services.length > 0);
  const read = guideSchema.safeParse({
    year: Number(text('year')),
    title: both('title'),
    preface: both('preface'),
    stages,
    channels,
    contact: both('contact'),
  });
  if (!read.success) return { issues: issuesOfInput('guide.yaml', read.error) };
  const unknown = unknownServices(read.data, enrolledServices(parts));
  return unknown.length === 0
    ? { guide: read.data }
    : {
        issues: unknown.map((service) => ({
          file: 'guide.yaml',
          line: 1,
          column: 1,
          path: service,
          message: 'no department has enrolled a service of this name',
        })),
      };
};
