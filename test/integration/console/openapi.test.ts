import { Validator } from '@seriousme/openapi-schema-validator';
import type { z } from 'zod';
import { openApiDocument } from '../../../src/admin/openapi.ts';
import { SECTIONS } from '../../../src/admin/sections.ts';

const URLS = { browser: 'https://portal.example.gov.cn', certificateSignIn: 'https://api.example.gov.cn' };
const OPERATIONS = SECTIONS.flatMap(({ operations = [] }) => operations);

describe('the OpenAPI document', () => {
  const document = openApiDocument(SECTIONS, URLS);

  it('is right by the schema of OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(document['openapi']).toBe('3.1.0');
  });

  it('fails that check where it is broken', async () => {
    const { paths: _paths, ...broken } = document;
    const result = await new Validator().validate({
      ...structuredClone(broken),
      paths: { '/x': { get: 1 } },
    });
    expect(result.valid).toBe(false);
  });

  it('names every operation once', () => {
    const ids = OPERATIONS.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
    const written = Object.values(
      document['paths'] as Record<string, Record<string, { operationId: string }>>,
    )
      .flatMap((path) => Object.values(path))
      .map(({ operationId }) => operationId);
    expect(written.sort()).toEqual([...ids].sort());
  });

  it.each(OPERATIONS)(
    'has examples of $id that its own schemas take',
    ({ path, parameters, query, body, answer, example }) => {
      const fits = (schema: z.ZodType | undefined, value: unknown): unknown =>
        schema === undefined ? [] : (schema.safeParse(value).error?.issues ?? []);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(example.parameters ?? {})).toEqual(named);
      expect(fits(parameters, example.parameters)).toEqual([]);
      expect(fits(query, example.query ?? {})).toEqual([]);
      expect(fits(body, example.body)).toEqual([]);
      expect(fits(answer, example.answer)).toEqual([]);
    },
  );
});
