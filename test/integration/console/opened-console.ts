import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createAdmin } from '../../../src/admin/admin.ts';
import type { AdminParts } from '../../../src/admin/admin-parts.ts';
import { decodePem } from '../../../src/certificate/pem.ts';
import type { ActorRole, ChangeService, DryRun } from '../../../src/changes/change-service.ts';
import { createChangeService } from '../../../src/changes/create-change-service.ts';
import type { DocumentFile, DocumentKey } from '../../../src/changes/document.ts';
import { openEmbeddedChangeStore } from '../../../src/changes/embedded-change-store.ts';
import { rolesSchema } from '../../../src/changes/schemas.ts';
import { ConfigurationError } from '../../../src/configuration/configuration-error.ts';
import { parseYaml } from '../../../src/configuration/read-yaml.ts';
import type { DemoCertificate } from '../../../src/demo/index.ts';
import type { PortalParts } from '../../../src/portal/portal-parts.ts';
import { parseDepartments } from '../../../src/services/load-departments.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import { pairwiseId } from '../../../src/identity/pairwise.ts';
import { assertionIssuer, makeAssertionKey } from '../../../src/server/assertion-key.ts';
import { createServiceTrials } from '../../../src/server/try-service.ts';
import { doAuditCommand } from '../../../src/audit/audit-commands.ts';
import { identityOwner } from '../../../src/audit/personal-fields.ts';
import type { AuditLogParts } from '../../../src/admin/audit/log-parts.ts';
import type { IndexedLog } from '../../unit/audit/indexed-log.ts';
import { openPortal, type OpenedPortal } from '../portal/opened-portal.ts';
import { formOf, Visitor, type Answer } from '../portal/visitor.ts';

/** Who has which role, by the certificate they sign in with: `<person>-<authority>`. */
export const PEOPLE = {
  operator: ['li-wei-yuean', [{ role: 'operator' }]],
  second: ['chen-fang-yuean', [{ role: 'operator' }]],
  auditor: ['li-wei-zhujiang', [{ role: 'auditor' }]],
  taxOfficer: ['pengwan-tech-yuean', [{ role: 'officer', department: 'tax' }]],
  educationOfficer: ['lianhua-trade-yuean', [{ role: 'officer', department: 'education' }]],
  nobody: ['chen-fang-zhujiang', []],
} as const satisfies Record<string, readonly [string, readonly ActorRole[]]>;
export type Person = keyof typeof PEOPLE;

const PAIRWISE_KEY = Buffer.alloc(32, 7);

export interface OpenedConsole extends OpenedPortal {
  readonly changes: ChangeService;
  /** Text of a document's files. */
  files(key: DocumentKey): Promise<Readonly<Record<string, string>>>;
  certificateOf(person: Person): DemoCertificate;
  /** A browser signed in as this person, with the actor they are. */
  signIn(person: Person): Promise<ConsoleVisitor>;
  /** A form token of the console for this browser, as each of its pages has one. */
  tokenOf(visitor: ConsoleVisitor): string;
  /** Puts a document in force without review, as it is before the test begins. */
  begin(key: DocumentKey, files: Readonly<Record<string, string>>): Promise<void>;
}

/** Console and admin API over the demo city's portal, with change control in SQLite; nothing comes into force in a gateway. */
export const openConsole = async (changed: Partial<AdminParts> = {}): Promise<OpenedConsole> => {
  const made: { changes?: ChangeService; parts?: PortalParts } = {};
  let store: ReturnType<typeof openEmbeddedChangeStore> | undefined;
  const roles = new Map<string, readonly ActorRole[]>();
  const portal = await openPortal({}, (parts, { folder, trust, departments, audit, log, register }) => {
    store = openEmbeddedChangeStore(join(folder, 'changes.sqlite'));
    made.parts = parts;
    made.changes = createChangeService({
      store,
      audit,
      check: checkIn(folder, () => made.changes?.store),
      apply: async () => undefined,
      announce: async () => undefined,
      clock: parts.clock,
    });
    const admin: AdminParts = {
      portal: parts,
      changes: made.changes,
      rolesOf: ({ certificate }) => roles.get(certificate) ?? [],
      differences: async () => [],
      trust: () => trust,
      departments: () => departments,
      revocation: {
        status: () => ({ epoch: 1, authorities: [], responders: [] }),
        snapshot: () => ({ epoch: 1, crls: [] }),
      },
      backends: () => [],
      tryService: createServiceTrials({
        issuer: 'https://onecert.example',
        assertions: assertionIssuer(makeAssertionKey(), 'https://onecert.example'),
        pairwiseId: (name, department) => pairwiseId(PAIRWISE_KEY, name, department),
        upstreamTls: () => ({}),
        backEndProblem: () => undefined,
      }),
      register,
      auditLog: auditLogOf(log),
      auditIndex: log.index,
      trustListSigned: false,
      limiters: { person: parts.limiters.address, address: parts.limiters.address },
      networks: [],
      ...changed,
    };
    return { routers: createAdmin(admin) };
  });
  const { changes, parts } = made;
  if (changes === undefined || parts === undefined || store === undefined)
    throw new Error('the portal mounted nothing');
  const certificateOf = (person: Person): DemoCertificate => {
    const [name] = PEOPLE[person];
    const found = portal.opened.certificates.find((each) => `${each.person}-${each.authority}` === name);
    if (found === undefined) throw new Error(`no certificate ${name}`);
    return found;
  };
  for (const [person, [, held]] of Object.entries(PEOPLE))
    roles.set(thumbprintOf(certificateOf(person as Person)), held);
  const kept = store;
  return {
    ...portal,
    changes,
    certificateOf,
    files: async (key) => textsOf((await changes.store.current(key))?.files ?? []),
    tokenOf: (visitor) =>
      parts.browserSessions.formToken(visitor.cookies.get('__Host-onecert-browser') ?? '', 'console'),
    begin: async (key, files) => {
      const base = (await kept.current(key))?.version ?? 0;
      await kept.put({
        ...key,
        base,
        files: filesOf(files),
        origin: 'files',
        proposedBy: 'system',
        note: '',
        at: portal.clock.now,
      });
    },
    signIn: async (person) => {
      const visitor = new ConsoleVisitor(portal.socket);
      const signedIn = await visitor.signBy(certificateOf(person));
      if (signedIn.status !== 200) throw new Error(`${person} is not let in: ${signedIn.body}`);
      return visitor;
    },
    close: async () => {
      await portal.close();
      await kept.close();
    },
  };
};

export const filesOf = (texts: Readonly<Record<string, string>>): DocumentFile[] =>
  Object.entries(texts).map(([path, text]) => ({ path, content: Buffer.from(text) }));

const textsOf = (files: readonly DocumentFile[]): Readonly<Record<string, string>> =>
  Object.fromEntries(files.map(({ path, content }) => [path, content.toString()]));

const thumbprintOf = ({ certificate }: DemoCertificate): string =>
  createHash('sha256')
    .update(decodePem(readFileSync(certificate, 'latin1'))[0] as Uint8Array)
    .digest('base64url');

/** What a gateway would find wrong with a document, by the same loaders. */
const checkIn =
  (folder: string, store: () => ChangeService['store'] | undefined) =>
  async ({
    kind,
    name,
    files,
  }: DocumentKey & { readonly files: readonly DocumentFile[] }): Promise<DryRun> => {
    const place = mkdtempSync(join(folder, 'check-'));
    for (const { path, content } of files) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), content);
    }
    try {
      if (kind === 'trust-list') loadTrustList(place, 1);
      if (kind === 'department') {
        const others = ((await store()?.listCurrent('department')) ?? []).filter(
          (each) => each.name !== name,
        );
        parseDepartments(
          [...others, { name, files }].map((each) => ({
            file: `${each.name}.yaml`,
            text: each.files[0]?.content.toString() ?? '',
          })),
        );
      }
      if (kind === 'roles') parseYaml('roles.yaml', files[0]?.content.toString() ?? '', rolesSchema);
      return { issues: [], consequences: [{ zh: '预演完成', en: 'The dry run is done' }] };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return { issues: error.issues, consequences: [] };
    } finally {
      rmSync(place, { recursive: true });
    }
  };

/** The log of the test, whose index is brought up to date before it is asked. */
const auditLogOf = (log: IndexedLog): AuditLogParts => ({
  folder: log.folder,
  index: {
    search: async (...asked) => {
      await log.follower.catchUp();
      return log.index.search(...asked);
    },
  },
  opener: log.opener,
  holderOf: async (unifiedId) => (await log.keys.find(identityOwner(unifiedId)))?.holder,
  command: (command) =>
    doAuditCommand(command, {
      sink: log.sink,
      keys: log.keys,
      onDestroyed: async () => undefined,
      rebuildIndex: async () => undefined,
    }),
  state: () => ({ healthy: log.plain.healthy, written: 1, indexed: 1 }),
});

/** A browser on the console, and a program on the admin API with the same session. */
export class ConsoleVisitor extends Visitor {
  #token = '';

  page(path: string): Promise<Answer> {
    return this.ask(path, { headers: { 'accept-language': 'en' } });
  }

  /** Fills in the form of a page with this action, and sends it. */
  async submit(page: string, action: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const { body, status } = await this.page(page);
    const form = formOf(body, action);
    if (form.size === 0) throw new Error(`no form for ${action} on ${page} (${status})`);
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return this.ask(action, { method: 'POST', body: form, headers: { 'accept-language': 'en' } });
  }

  /** A call of the admin API. */
  async call(
    method: string,
    path: string,
    {
      body,
      headers = {},
    }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<{
    readonly status: number;
    readonly headers: Answer['headers'];
    readonly body: Record<string, unknown>;
  }> {
    if (method !== 'GET' && this.#token === '') await this.call('GET', '/me');
    const answer = await this.ask(`/api/admin/v1${path}`, {
      method,
      body,
      headers: {
        accept: 'application/json',
        origin: 'https://portal.example.gov.cn',
        'x-csrf-token': this.#token,
        ...headers,
      },
    });
    const token = answer.headers['x-csrf-token'];
    if (typeof token === 'string') this.#token = token;
    return { ...answer, body: JSON.parse(answer.body) as Record<string, unknown> };
  }
}
