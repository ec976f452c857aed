import { z } from 'zod';
import { CATALOGUE, type RefusalCode } from '../refusal/catalogue.ts';
import type { AnyOperation } from './operation.ts';
import { API, API_TOKEN_HEADER } from './places.ts';
import type { Section } from './section.ts';

/** What every operation may answer instead. */
const EVERYWHERE: readonly RefusalCode[] = [
  'ONECERT_CERTIFICATE_REQUIRED',
  'ONECERT_ROLE_REQUIRED',
  'ONECERT_TOO_MANY_ATTEMPTS',
  'ONECERT_AUDIT_UNAVAILABLE',
  'ONECERT_INTERNAL',
];

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of all operations of all sections; `urls`: origins of the listeners that answer them. */
export const openApiDocument = (
  sections: readonly Section[],
  urls: { readonly browser: string; readonly certificateSignIn: string },
): Json => {
  const offering = sections.filter(({ operations = [] }) => operations.length > 0);
  const paths: Record<string, Record<string, Json>> = {};
  for (const { id, operations = [] } of offering) {
    for (const operation of operations)
      (paths[operation.path] ??= {})[operation.method] = describeOperation(id, operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'OneCert admin API',
      version: '1',
      summary: '一证通网关管理接口',
      description:
        'For operators, department officers and auditors. A call is somebody’s by the session in its cookie or by the certificate of its connection. Refusals are problem documents (RFC 9457) with stable codes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [
      { url: urls.browser + API, description: 'By session' },
      { url: urls.certificateSignIn + API, description: 'By client certificate' },
    ],
    tags: offering.map(({ id, title }) => ({ name: id, description: `${title.zh} · ${title.en}` })),
    security: [{ session: [], formToken: [] }, { certificate: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-onecert-session' },
        formToken: {
          type: 'apiKey',
          in: 'header',
          name: API_TOKEN_HEADER,
          description: 'With a session, for whatever changes something; every answer to a session has one.',
        },
        certificate: { type: 'mutualTLS' },
      },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
  };
};

export const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().meta({ description: 'Stable; what programs go by' }),
  clause: z.string(),
  reference: z.string().meta({ description: 'Finds the entry in the audit log' }),
  at: z.iso.datetime(),
  zh: z.object({ title: z.string(), next: z.string() }),
  en: z.object({ title: z.string(), next: z.string() }),
  issues: z
    .array(z.object({ file: z.string(), line: z.int(), path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'Everything that is wrong, each with its place' }),
});

const describeOperation = (tag: string, operation: AnyOperation): Json => {
  const { id, summary, description, access, body, answer, status = 200, example, ifMatch } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary: `${summary.zh} · ${summary.en}`,
    description: [
      ...(description === undefined ? [] : [description.zh, description.en]),
      `Roles: ${access.roles.join(', ')}.${access.fresh === true ? ' Takes a sign-in of the last 15 minutes.' : ''}`,
    ].join('\n\n'),
    'x-roles': access.roles,
    parameters: [
      ...inPath(operation),
      ...inQuery(operation),
      ...(ifMatch === true
        ? [
            {
              name: 'If-Match',
              in: 'header',
              required: true,
              description: 'ETag of the version the change was made from; "0" where there was none',
              schema: { type: 'string', pattern: '^"\\d+"$' },
            },
          ]
        : []),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body, 'input'), example: example.body } },
      },
    }),
    responses: {
      [status]: {
        description: 'Done',
        content: { 'application/json': { schema: schemaOf(answer, 'output'), example: example.answer } },
      },
      ...refusalsOf(operation),
    },
  };
};

const inPath = ({ path, parameters, example }: AnyOperation): Json[] => {
  const properties = propertiesOf(parameters);
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
    example: example.parameters?.[name],
  }));
};

const inQuery = ({ query, example }: AnyOperation): Json[] => {
  if (query === undefined) return [];
  const { required = [] } = schemaOf(query, 'input') as { required?: readonly string[] };
  return Object.entries(propertiesOf(query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
    ...(example.query?.[name] !== undefined && { example: example.query[name] }),
  }));
};

const propertiesOf = (schema: z.ZodType | undefined): Readonly<Record<string, Json>> =>
  schema === undefined ? {} : ((schemaOf(schema, 'input')['properties'] ?? {}) as Record<string, Json>);

/** Every refusal an operation may give, by status. */
export const refusalCodesOf = (operation: AnyOperation): readonly RefusalCode[] => [
  ...new Set<RefusalCode>([
    ...EVERYWHERE,
    ...(operation.access.fresh === true ? ['ONECERT_SIGN_IN_AGAIN' as const] : []),
    ...(operation.access.departmentOf === undefined ? [] : ['ONECERT_OTHER_DEPARTMENT' as const]),
    ...(operation.ifMatch === true
      ? ['ONECERT_PRECONDITION_REQUIRED' as const, 'ONECERT_CHANGE_STALE' as const]
      : []),
    ...((operation.body ?? operation.query ?? operation.parameters)
      ? ['ONECERT_INPUT_INVALID' as const]
      : []),
    ...(operation.refusals ?? []),
  ]),
];

const refusalsOf = (operation: AnyOperation): Json => {
  const byStatus = Object.groupBy(refusalCodesOf(operation), (code) => CATALOGUE[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      {
        description: codes.map((code) => `${code}: ${CATALOGUE[code].en.title}`).join('\n\n'),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
};
