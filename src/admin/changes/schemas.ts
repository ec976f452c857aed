import { z } from 'zod';
import {
  DOCUMENT_KINDS,
  type DocumentFile,
  type DocumentVersion,
  type Proposal,
} from '../../changes/document.ts';

/** What the admin API takes and gives of documents and proposals. */
export const kind = z.enum(DOCUMENT_KINDS);
export const documentName = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: '"city", a department, a year, a unified id, the number of a conflict' });

export const fileSchema = z.strictObject({
  path: z
    .string()
    .regex(/^(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$/, 'expected a relative path')
    .max(512),
  content: z.string().max(1_000_000),
  encoding: z.enum(['utf8', 'base64']).default('utf8'),
});
export const filesSchema = z.array(fileSchema).max(500);

const moment = z.iso.datetime();

export const versionSchema = z.object({
  kind,
  name: documentName,
  version: z.int(),
  sequence: z.int(),
  digest: z.string(),
  origin: z.enum(['console', 'api', 'files', 'import', 'command']),
  proposedBy: z.string(),
  approvedBy: z.string().optional(),
  note: z.string(),
  at: moment,
});
export const versionWithFilesSchema = versionSchema.extend({ files: filesSchema });

export const proposalSchema = z.object({
  id: z.string(),
  kind,
  name: documentName,
  base: z.int(),
  state: z.enum(['draft', 'submitted', 'approved', 'rejected', 'withdrawn']),
  origin: versionSchema.shape.origin,
  proposedBy: z.string(),
  department: z.string().optional(),
  note: z.string(),
  proposedAt: moment,
  decidedBy: z.string().optional(),
  decidedAt: moment.optional(),
  decisionNote: z.string().optional(),
  version: z.int().optional(),
});
export const proposalWithFilesSchema = proposalSchema.extend({ files: filesSchema });

export const dryRunSchema = z.object({
  issues: z.array(z.object({ file: z.string(), line: z.int(), path: z.string(), message: z.string() })),
  consequences: z.array(z.object({ zh: z.string(), en: z.string() })),
});

const iso = (at: number): string => new Date(at).toISOString();

export const writeVersion = ({ at, approvedBy, ...version }: DocumentVersion) => ({
  ...version,
  files: writeFiles(version.files),
  at: iso(at),
  ...(approvedBy !== undefined && { approvedBy }),
});

export const writeProposal = (proposal: Proposal) => {
  const { decidedAt, decidedBy, decisionNote, department, version, proposedAt, files, ...rest } = proposal;
  return {
    ...rest,
    files: writeFiles(files),
    proposedAt: iso(proposedAt),
    ...(decidedAt !== undefined && { decidedAt: iso(decidedAt) }),
    ...(decidedBy !== undefined && { decidedBy }),
    ...(decisionNote !== undefined && { decisionNote }),
    ...(department !== undefined && { department }),
    ...(version !== undefined && { version }),
  };
};

/** Text as text where it is UTF-8 (RFC 3629), Base64 otherwise. */
export const writeFiles = (files: readonly DocumentFile[]) =>
  files.map(({ path, content }) => {
    const text = content.toString('utf8');
    return Buffer.from(text).equals(content)
      ? { path, content: text, encoding: 'utf8' as const }
      : { path, content: content.toString('base64'), encoding: 'base64' as const };
  });

export const readFiles = (files: z.output<typeof filesSchema>): readonly DocumentFile[] =>
  files.map(({ path, content, encoding }) => ({ path, content: Buffer.from(content, encoding) }));
