import type { z } from 'zod';
import type { Bilingual } from '../portal/portal-parts.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Access, PathParameters } from './access.ts';
import type { AdminCaller } from './admin-caller.ts';
import type { AdminParts } from './admin-parts.ts';

type Shape = z.ZodType;
type Read<S extends Shape | undefined> = S extends Shape ? z.output<S> : undefined;

/** One request to the API: checked against the declaration, by somebody who may make it. */
export interface OperationCall<Parameters, Query, Body> {
  readonly parts: AdminParts;
  readonly caller: AdminCaller;
  readonly parameters: Parameters;
  readonly query: Query;
  readonly body: Body;
  /** Version in If-Match; undefined where the request has none, which only operations without `ifMatch` are sent. */
  readonly ifMatch: number | undefined;
  /** ms since the epoch. */
  readonly at: number;
}

export interface OperationAnswer<Answer> {
  readonly body: Answer;
  /** Version of the document that was answered, for the ETag field. */
  readonly version?: number | undefined;
  /** Where what was made is to be had: a path below /api/admin/v1. */
  readonly location?: string;
}

/**
 * One operation of the admin API. From this come the check of what is sent and answered, the OpenAPI document, the page
 * about the API and the tests of who may use it.
 */
export interface Operation<
  Parameters extends Shape | undefined,
  Query extends Shape | undefined,
  Body extends Shape | undefined,
  Answer extends Shape,
> {
  /** operationId; lower camel case. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below /api/admin/v1, with parameters as OpenAPI writes them: "/documents/{kind}/{name}". */
  readonly path: string;
  readonly summary: Bilingual;
  readonly description?: Bilingual;
  readonly access: Access;
  /** Objects whose fields are strings, as paths and queries have them. */
  readonly parameters?: Parameters;
  readonly query?: Query;
  /** JSON. */
  readonly body?: Body;
  readonly answer: Answer;
  /** Of the answer; default 200. */
  readonly status?: 200 | 201;
  /** Takes If-Match with the version the change was made from (RFC 9110 section 13.1.1). */
  readonly ifMatch?: boolean;
  /** Refusals besides those that every operation may give. */
  readonly refusals?: readonly RefusalCode[];
  readonly example: {
    readonly parameters?: PathParameters;
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: Body extends Shape ? z.input<Body> : never;
    readonly answer: z.input<Answer>;
  };
  handle(
    call: OperationCall<Read<Parameters>, Read<Query>, Read<Body>>,
  ): Promise<OperationAnswer<z.input<Answer>>> | OperationAnswer<z.input<Answer>>;
}

/** Any of them, as the router and the document see it. */
export interface AnyOperation extends Omit<
  Operation<Shape | undefined, Shape | undefined, Shape | undefined, Shape>,
  'handle' | 'example'
> {
  readonly example: {
    readonly parameters?: PathParameters;
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly answer: unknown;
  };
  handle(call: OperationCall<unknown, unknown, unknown>): Promise<OperationAnswer<unknown>>;
}

/** Declares an operation; the types of what `handle` is given come from the schemas. */
export const operation = <
  Answer extends Shape,
  Parameters extends Shape | undefined = undefined,
  Query extends Shape | undefined = undefined,
  Body extends Shape | undefined = undefined,
>(
  declared: Operation<Parameters, Query, Body, Answer>,
): AnyOperation => ({
  ...declared,
  // The router has parsed each with the schema of the same declaration.
  handle: async (call) => declared.handle(call as OperationCall<Read<Parameters>, Read<Query>, Read<Body>>),
});
