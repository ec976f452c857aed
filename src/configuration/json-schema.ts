import { z } from 'zod';

/** The JSON Schema (2020-12) of what an operator writes, for editors. */
export const jsonSchema = (schema: z.ZodType, title: string): string =>
  `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) }, null, 2)}\n`;
