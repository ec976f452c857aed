import { z } from 'zod';
import { Refusal } from '../../refusal/refusal.ts';
import { createDirectory } from '../../services/directory.ts';
import type { Service } from '../../services/enrolment.ts';
import { ChangeInvalidError } from '../../changes/change-invalid-error.ts';
import { EVERY_ROLE, type Access } from '../access.ts';
import { proposalSchema, writeProposal } from '../changes/schemas.ts';
import { InputInvalid } from '../input-invalid.ts';
import { operation, type AnyOperation } from '../operation.ts';
import { checkDepartment } from './check-department.ts';
import { readCsvImport } from './csv-import.ts';
import {
  departmentIn,
  fileOf,
  keyOf,
  readInForce,
  serviceInForce,
  visibleDepartments,
} from './department-document.ts';
import { checkImport, proposeImport, readYamlImport } from './import-departments.ts';
import { matches, stateOf } from './list-page.ts';
import { runTrial } from './run-trial.ts';
import { TRIAL_KINDS } from './trial.ts';
import { servicesToTry } from './try-page.ts';

const ofDepartment = (roles: Access['roles']): Access => ({ roles, departmentOf: departmentIn });
const note = z.string().max(2_000).default('');
const bilingual = z.object({ zh: z.string(), en: z.string() });

const serviceSchema = z.object({
  department: z.string(),
  service: z.string(),
  name: bilingual,
  state: z.enum(['open', 'disabled', 'maintenance', 'closed']),
  path: z.string(),
  subjects: z.array(z.enum(['citizen', 'enterprise'])),
  claims: z.array(z.string()),
  backends: z.array(z.string()),
});
const headers = z.array(z.tuple([z.string(), z.string()]));
const trialSchema = z.object({
  request: z.object({ method: z.string(), url: z.string(), headers }),
  claims: z.record(z.string(), z.unknown()).meta({ description: 'What the assertion said' }),
  tookMs: z.int(),
  outcome: z.union([
    z.object({ status: z.int(), headers, body: z.string(), isCut: z.boolean() }),
    z.object({ code: z.string(), problem: z.string() }),
  ]),
});

const write = (service: Service, at: number): z.input<typeof serviceSchema> => ({
  department: service.department.department,
  service: service.service,
  name: service.name,
  state: stateOf(service, at),
  path: service.path,
  subjects: service.subjects,
  claims: service.claims.map(({ claim }) => claim),
  backends: service.backends.map(({ url }) => url),
});

const example: z.input<typeof serviceSchema> = {
  department: 'tax',
  service: 'joint-tax-registration',
  name: { zh: '联合办税登记', en: 'Joint Tax Registration' },
  state: 'open',
  path: '/joint-tax',
  subjects: ['enterprise'],
  claims: ['name', 'identifiers'],
  backends: ['https://10.1.2.3:8443'],
};
const exampleProposal = {
  id: 'q83vEjRWeJq83vEjRWeJqg',
  kind: 'department' as const,
  name: 'tax',
  base: 2,
  state: 'submitted' as const,
  origin: 'api' as const,
  proposedBy: 'u_3f6c0b',
  note: '',
  proposedAt: '2026-03-02T01:20:00.000Z',
};
const TEXT = 'department: tax\nname: { zh: 税务局, en: Tax Bureau }\nservices: []\n';
const one = z.object({ department: z.string().max(63), service: z.string().max(63) });

export const SERVICE_OPERATIONS: readonly AnyOperation[] = [
  operation({
    id: 'listServices',
    method: 'get',
    path: '/services',
    summary: { zh: '服务', en: 'Services that one may see' },
    access: { roles: EVERY_ROLE },
    query: z.object({ q: z.string().max(200).default('') }),
    answer: z.array(serviceSchema),
    example: { query: { q: 'tax' }, answer: [example] },
    handle: ({ parts, caller, query: { q }, at }) => ({
      body: createDirectory(visibleDepartments(caller, parts))
        .services.filter((service) => matches(service, q))
        .map((service) => write(service, at)),
    }),
  }),
  operation({
    id: 'getService',
    method: 'get',
    path: '/departments/{department}/services/{service}',
    summary: { zh: '一项服务的登记', en: 'One service, with its enrolment' },
    description: {
      zh: 'ETag 是部门文件的版本。',
      en: 'The ETag is the version of the department’s file.',
    },
    access: ofDepartment(EVERY_ROLE),
    parameters: one,
    answer: serviceSchema.extend({
      enrolment: z
        .record(z.string(), z.unknown())
        .meta({ description: 'As it is in force, with its defaults; durations in ms' }),
    }),
    refusals: ['ONECERT_SERVICE_NOT_FOUND'],
    example: {
      parameters: { department: 'tax', service: example.service },
      answer: { ...example, enrolment: { path: '/joint-tax' } },
    },
    handle: async ({ parts, parameters, at }) => {
      const found = serviceInForce(parts, parameters);
      const { base } = await readInForce(parts, found.department.department);
      const { department, ...enrolment } = found;
      void department;
      return { body: { ...write(found, at), enrolment }, version: base };
    },
  }),
  operation({
    id: 'proposeDepartment',
    method: 'put',
    path: '/departments/{department}',
    summary: { zh: '提出部门文件的变更', en: 'Propose another file of a department' },
    access: ofDepartment(['operator', 'officer']),
    ifMatch: true,
    parameters: one.pick({ department: true }),
    body: z.strictObject({
      yaml: z.string().max(200_000).meta({ description: 'The whole department.yaml' }),
      note,
      state: z.enum(['draft', 'submitted']).default('submitted'),
    }),
    answer: proposalSchema,
    refusals: ['ONECERT_CHANGE_INVALID', 'ONECERT_CHANGE_STALE'],
    example: {
      parameters: { department: 'tax' },
      body: { yaml: TEXT, note: '', state: 'submitted' },
      answer: exampleProposal,
    },
    handle: async ({ parts, caller, parameters, body, ifMatch = 0 }) => {
      const department = departmentIn(parameters);
      const { base } = await readInForce(parts, department);
      const { issues } = await checkDepartment(parts, department, body.yaml);
      // A file made from an old version is stale before it is anything else.
      if (issues !== undefined && base === ifMatch) throw new ChangeInvalidError(issues);
      const wanted = { ...keyOf(department), base: ifMatch, files: fileOf(body.yaml), note: body.note };
      const proposal = await parts.changes.propose(caller.actor, { ...wanted, origin: 'api' }, body.state);
      return { body: writeProposal(proposal), location: `/proposals/${proposal.id}` };
    },
  }),
  operation({
    id: 'importServices',
    method: 'post',
    path: '/services/import',
    summary: { zh: '导入', en: 'Import departments, all or none' },
    description: {
      zh: 'YAML：一个或多个部门文件，用 --- 隔开；CSV：每行一项新服务。每个部门成为一份草稿。',
      en: 'YAML: files of departments, parted by ---. CSV: a row for each new service. Each department becomes a draft.',
    },
    access: { roles: ['operator', 'officer'] },
    body: z.strictObject({ format: z.enum(['yaml', 'csv']), text: z.string().max(200_000), note }),
    answer: z.array(proposalSchema),
    refusals: ['ONECERT_INPUT_INVALID'],
    example: {
      body: { format: 'yaml', text: TEXT, note: '' },
      answer: [{ ...exampleProposal, state: 'draft', origin: 'import' }],
    },
    handle: async ({ parts, caller, body }) => {
      const read = body.format === 'yaml' ? readYamlImport(body.text) : await readCsvImport(parts, body.text);
      const { imported, issues = await checkImport({ parts, caller }, imported ?? []) } = read;
      if (issues.length > 0 || imported === undefined) throw new InputInvalid(issues);
      return { body: (await proposeImport({ parts, caller }, imported, body.note)).map(writeProposal) };
    },
  }),
  operation({
    id: 'tryService',
    method: 'post',
    path: '/departments/{department}/services/{service}/try',
    summary: { zh: '试调', en: 'Call its back end as a test identity' },
    access: ofDepartment(['operator', 'officer']),
    parameters: one,
    body: z.strictObject({
      draft: z
        .string()
        .max(64)
        .optional()
        .meta({ description: 'A proposal for the department; what is in force where absent' }),
      kind: z.enum(TRIAL_KINDS),
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
      target: z
        .string()
        .max(2_000)
        .meta({ description: 'As people would send it: begins with the path of the service' }),
      body: z.string().max(65_536).optional(),
      contentType: z
        .string()
        .regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/)
        .max(200)
        .optional(),
    }),
    answer: trialSchema,
    refusals: ['ONECERT_SERVICE_NOT_FOUND', 'ONECERT_CHANGE_UNKNOWN'],
    example: {
      parameters: { department: 'tax', service: example.service },
      body: { kind: 'enterprise', method: 'GET', target: '/joint-tax/mine' },
      answer: {
        request: { method: 'GET', url: 'https://10.1.2.3:8443/joint-tax/mine', headers: [['Accept', '*/*']] },
        claims: { test: true, aud: example.service },
        tookMs: 12,
        outcome: { status: 200, headers: [['content-type', 'application/json']], body: '{}', isCut: false },
      },
    },
    handle: async ({ parts, caller, parameters, body: { draft, body, contentType, ...asked } }) => {
      const { services } = await servicesToTry({ parts }, departmentIn(parameters), draft ?? '');
      const service = services.find((each) => each.service === parameters.service);
      if (service === undefined)
        throw new Refusal('ONECERT_SERVICE_NOT_FOUND', 'nothing of that name to try');
      const trial = {
        service,
        ...asked,
        ...(body !== undefined && { body }),
        ...(contentType !== undefined && { contentType }),
      };
      const { request, claims, tookMs, outcome } = await runTrial({ parts, caller }, draft, trial);
      const list = (pairs: readonly (readonly [string, string])[]) =>
        pairs.map(([name, value]): [string, string] => [name, value]);
      return {
        body: {
          request: { ...request, headers: list(request.headers) },
          claims,
          tookMs,
          outcome: 'status' in outcome ? { ...outcome, headers: list(outcome.headers) } : outcome,
        },
      };
    },
  }),
];
