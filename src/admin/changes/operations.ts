import { z } from 'zod';
import { EVERY_ROLE, type Access } from '../access.ts';
import { operation, type AnyOperation } from '../operation.ts';
import { departmentOfDocument } from './kinds.ts';
import { visibleProposals } from './queue-page.ts';
import {
  documentName,
  dryRunSchema,
  filesSchema,
  kind,
  proposalSchema,
  proposalWithFilesSchema,
  readFiles,
  versionSchema,
  versionWithFilesSchema,
  writeProposal,
  writeVersion,
} from './schemas.ts';
import { DOCUMENT_KINDS } from '../../changes/document.ts';

const document = z.object({ kind, name: documentName });
const page = { limit: z.coerce.number().int().min(1).max(200).default(50) };
const note = z.string().max(2_000).default('');

const ofDocument = (roles: Access['roles']): Access => ({
  roles,
  departmentOf: ({ kind: written = '', name = '' }) => {
    const known = DOCUMENT_KINDS.find((each) => each === written);
    return known === undefined ? undefined : departmentOfDocument({ kind: known, name });
  },
});
const ofProposal = (roles: Access['roles'], fresh = false): Access => ({
  roles,
  departmentOf: async ({ proposal = '' }, { changes }) => (await changes.store.proposal(proposal)).department,
  fresh,
});

const exampleFile = { path: 'roles.yaml', content: 'roles: []\n', encoding: 'utf8' as const };
const exampleVersion = {
  kind: 'roles' as const,
  name: 'city',
  version: 3,
  sequence: 41,
  digest: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  origin: 'console' as const,
  proposedBy: 'u_3f6c0b',
  approvedBy: 'u_91ac22',
  note: 'A new officer of the tax bureau',
  at: '2026-03-02T01:30:00.000Z',
};
const exampleProposal = {
  id: 'q83vEjRWeJq83vEjRWeJqg',
  kind: 'roles' as const,
  name: 'city',
  base: 2,
  state: 'submitted' as const,
  origin: 'api' as const,
  proposedBy: 'u_3f6c0b',
  note: 'A new officer of the tax bureau',
  proposedAt: '2026-03-02T01:20:00.000Z',
};
const proposalParameters = z.object({ proposal: z.string().max(64) });
const exampleParameters = { proposal: exampleProposal.id };
const documentParameters = { kind: 'roles', name: 'city' };

const decision = (
  step: 'submit' | 'withdraw' | 'reject',
  access: Access,
  summary: { readonly zh: string; readonly en: string },
): AnyOperation =>
  operation({
    id: `${step}Proposal`,
    method: 'post',
    path: `/proposals/{proposal}/${step}`,
    summary,
    access,
    parameters: proposalParameters,
    body: z.strictObject({ note }),
    answer: proposalWithFilesSchema,
    refusals: ['ONECERT_CHANGE_UNKNOWN', 'ONECERT_CHANGE_SETTLED', 'ONECERT_CHANGE_INVALID'],
    example: {
      parameters: exampleParameters,
      body: { note: '' },
      answer: { ...exampleProposal, files: [exampleFile] },
    },
    handle: async ({ parts: { changes }, caller: { actor }, parameters, body }) => ({
      body: writeProposal(
        step === 'submit'
          ? await changes.submit(actor, parameters.proposal)
          : await changes[step](actor, parameters.proposal, body.note),
      ),
    }),
  });

export const CHANGE_OPERATIONS: readonly AnyOperation[] = [
  operation({
    id: 'getDocument',
    method: 'get',
    path: '/documents/{kind}/{name}',
    summary: { zh: '读取现行版本', en: 'The version in force' },
    description: {
      zh: '答复的 ETag 是版本号，修改时在 If-Match 中带回。',
      en: 'The ETag of the answer is the version; send it back in If-Match with a change.',
    },
    access: ofDocument(EVERY_ROLE),
    parameters: document,
    answer: versionWithFilesSchema,
    refusals: ['ONECERT_CHANGE_UNKNOWN'],
    example: { parameters: documentParameters, answer: { ...exampleVersion, files: [exampleFile] } },
    handle: async ({ parts: { changes }, parameters }) => {
      const current = await changes.store.current(parameters);
      const version = current ?? (await changes.store.version(parameters, 1));
      return { body: writeVersion(version), version: version.version };
    },
  }),
  operation({
    id: 'listVersions',
    method: 'get',
    path: '/documents/{kind}/{name}/versions',
    summary: { zh: '版本历史', en: 'Versions of a document, the latest first' },
    access: ofDocument(EVERY_ROLE),
    parameters: document,
    query: z.object({ ...page, before: z.coerce.number().int().min(1).optional() }),
    answer: z.array(versionSchema),
    example: { parameters: documentParameters, query: { limit: '10' }, answer: [exampleVersion] },
    handle: async ({ parts: { changes }, parameters, query: { limit, before } }) => {
      const versions = await changes.store.history(parameters, {
        limit,
        ...(before !== undefined && { before }),
      });
      return { body: versions.map(writeVersion) };
    },
  }),
  operation({
    id: 'getVersion',
    method: 'get',
    path: '/documents/{kind}/{name}/versions/{version}',
    summary: { zh: '读取一个版本', en: 'One version' },
    access: ofDocument(EVERY_ROLE),
    parameters: document.extend({ version: z.coerce.number().int().min(1) }),
    answer: versionWithFilesSchema,
    refusals: ['ONECERT_CHANGE_UNKNOWN'],
    example: {
      parameters: { ...documentParameters, version: '3' },
      answer: { ...exampleVersion, files: [exampleFile] },
    },
    handle: async ({ parts: { changes }, parameters: { version, ...key } }) => ({
      body: writeVersion(await changes.store.version(key, version)),
    }),
  }),
  operation({
    id: 'dryRun',
    method: 'post',
    path: '/documents/{kind}/{name}/dry-run',
    summary: { zh: '预演一次修改', en: 'What a change would do; nothing is kept' },
    access: ofDocument(['operator', 'officer']),
    parameters: document,
    body: z.strictObject({ files: filesSchema }),
    answer: dryRunSchema,
    example: {
      parameters: documentParameters,
      body: { files: [exampleFile] },
      answer: { issues: [], consequences: [{ zh: '312 个会话将结束', en: '312 sessions end' }] },
    },
    handle: async ({ parts: { changes }, parameters, body }) => {
      const { issues, consequences } = await changes.dryRun({ ...parameters, files: readFiles(body.files) });
      return { body: { issues: [...issues], consequences: [...consequences] } };
    },
  }),
  operation({
    id: 'proposeChange',
    method: 'post',
    path: '/documents/{kind}/{name}/proposals',
    summary: { zh: '提出变更', en: 'Propose a change' },
    description: {
      zh: 'files 是修改后文档的全部文件。',
      en: '`files` are all files of the document as they shall be.',
    },
    access: ofDocument(['operator', 'officer']),
    parameters: document,
    body: z.strictObject({
      files: filesSchema,
      note,
      state: z.enum(['draft', 'submitted']).default('submitted'),
    }),
    answer: proposalWithFilesSchema,
    status: 201,
    ifMatch: true,
    refusals: ['ONECERT_CHANGE_INVALID'],
    example: {
      parameters: documentParameters,
      body: { files: [exampleFile], note: exampleProposal.note, state: 'submitted' },
      answer: { ...exampleProposal, files: [exampleFile] },
    },
    handle: async ({ parts: { changes }, caller: { actor }, parameters, body, ifMatch = 0 }) => {
      const { files, note: said, state } = body;
      const wanted = { ...parameters, base: ifMatch, files: readFiles(files), note: said };
      const proposal = await changes.propose(actor, { ...wanted, origin: 'api' }, state);
      return { body: writeProposal(proposal), location: `/proposals/${proposal.id}` };
    },
  }),
  operation({
    id: 'listProposals',
    method: 'get',
    path: '/proposals',
    summary: { zh: '变更申请', en: 'Proposals, the latest first' },
    access: { roles: EVERY_ROLE },
    query: z.object({
      ...page,
      state: proposalSchema.shape.state.optional(),
      kind: kind.optional(),
      before: z.iso.datetime().optional(),
    }),
    answer: z.array(proposalSchema),
    example: { query: { state: 'submitted' }, answer: [exampleProposal] },
    handle: async ({ parts, caller, query }) => {
      const proposals = await visibleProposals(caller, parts, {
        limit: query.limit,
        ...(query.state !== undefined && { states: [query.state] }),
        ...(query.kind !== undefined && { kind: query.kind }),
        ...(query.before !== undefined && { before: Date.parse(query.before) }),
      });
      return { body: proposals.map(writeProposal) };
    },
  }),
  operation({
    id: 'getProposal',
    method: 'get',
    path: '/proposals/{proposal}',
    summary: { zh: '读取变更申请', en: 'One proposal' },
    access: ofProposal(EVERY_ROLE),
    parameters: proposalParameters,
    answer: proposalWithFilesSchema,
    refusals: ['ONECERT_CHANGE_UNKNOWN'],
    example: { parameters: exampleParameters, answer: { ...exampleProposal, files: [exampleFile] } },
    handle: async ({ parts: { changes }, parameters }) => ({
      body: writeProposal(await changes.store.proposal(parameters.proposal)),
    }),
  }),
  decision('submit', ofProposal(['operator', 'officer']), { zh: '提交草稿', en: 'Submit a draft' }),
  decision('withdraw', ofProposal(['operator', 'officer']), { zh: '撤回', en: 'Withdraw one’s own' }),
  decision('reject', ofProposal(['operator'], true), { zh: '退回', en: 'Reject' }),
  operation({
    id: 'approveProposal',
    method: 'post',
    path: '/proposals/{proposal}/approve',
    summary: { zh: '批准', en: 'Approve; answered when it is in force' },
    access: ofProposal(['operator'], true),
    parameters: proposalParameters,
    body: z.strictObject({ note }),
    answer: versionWithFilesSchema,
    refusals: [
      'ONECERT_CHANGE_UNKNOWN',
      'ONECERT_CHANGE_SETTLED',
      'ONECERT_CHANGE_STALE',
      'ONECERT_CHANGE_INVALID',
      'ONECERT_CHANGE_OWN',
    ],
    example: {
      parameters: exampleParameters,
      body: { note: 'Looked at together' },
      answer: { ...exampleVersion, files: [exampleFile] },
    },
    handle: async ({ parts: { changes }, caller: { actor }, parameters, body }) => {
      const version = await changes.approve(actor, parameters.proposal, body.note);
      return { body: writeVersion(version), version: version.version };
    },
  }),
];
