import { z } from 'zod';
import { DOCUMENT_KINDS } from '../../changes/document.ts';
import { InputInvalid, issuesOfInput } from '../input-invalid.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { baseOf, proposeDraft } from './draft.ts';
import { withEdits } from './files.ts';

const editsSchema = z.array(z.tuple([z.string().min(1).max(512), z.base64().nullable()])).max(2_000);

const schema = z.object({
  kind: z.enum(DOCUMENT_KINDS),
  name: z.string().min(1).max(200),
  note: z.string().max(2_000),
  edits: z.preprocess((text) => {
    try {
      return JSON.parse(String(text)) as unknown;
    } catch {
      return undefined;
    }
  }, editsSchema),
});

/** POST /console/changes/again : a change that met another one, made on top of it (stalePage). */
export const makeAgain = async (call: PageCall): Promise<PageAnswer> => {
  const parsed = schema.safeParse(Object.fromEntries(call.form));
  if (!parsed.success) throw new InputInvalid(issuesOfInput('form', parsed.error));
  const { kind, name, note, edits } = parsed.data;
  const base = baseOf(call);
  const { store } = call.parts.changes;
  const before = base === 0 ? [] : (await store.version({ kind, name }, base)).files;
  const files = withEdits(
    before,
    new Map(
      edits.map(([path, content]) => [path, content === null ? undefined : Buffer.from(content, 'base64')]),
    ),
  );
  return proposeDraft(call, { kind, name, base, files, note });
};
