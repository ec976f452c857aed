import type { Access, RoleName } from '../../../src/admin/access.ts';
import { SECTIONS } from '../../../src/admin/sections.ts';
import {
  openConsole,
  PEOPLE,
  type ConsoleVisitor,
  type OpenedConsole,
  type Person,
} from './opened-console.ts';
import { Visitor } from '../portal/visitor.ts';

/** Every page and every operation, as the routers have them: one that is added is asked for here by itself. */
interface AnyRoute {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly access: Access;
  readonly api: boolean;
}

const ROUTES: readonly AnyRoute[] = SECTIONS.flatMap(({ path, pages, operations = [] }) => [
  ...pages.map((page) => ({
    name: `${page.method} /console${path}${page.path}`,
    method: page.method.toUpperCase(),
    path: `/console${path}${page.path}`,
    access: page.access,
    api: false,
  })),
  ...operations.map((operation) => ({
    name: `${operation.method} ${operation.path} (API)`,
    method: operation.method.toUpperCase(),
    path: operation.path.replace(/\{(\w+)\}/g, ':$1'),
    access: operation.access,
    api: true,
  })),
]);

const ROLE_OF: Readonly<Record<Person, RoleName | undefined>> = {
  operator: 'operator',
  second: 'operator',
  auditor: 'auditor',
  taxOfficer: 'officer',
  educationOfficer: 'officer',
  nobody: undefined,
};
const ASKING = Object.keys(PEOPLE).filter((person) => person !== 'second') as Person[];

describe('every route of the console and the admin API', () => {
  let opened: OpenedConsole;
  const visitors = new Map<Person, ConsoleVisitor>();
  /** Of the education bureau: an officer of another department must not find it. */
  let parameters: Record<string, string>;

  beforeAll(async () => {
    opened = await openConsole();
    for (const person of ASKING) visitors.set(person, await opened.signIn(person));
    const actor = { unifiedId: 'somebody', certificate: '', roles: [{ role: 'operator' as const }] };
    const { id } = await opened.changes.propose(
      actor,
      { kind: 'department', name: 'education', base: 0, files: [], note: '', origin: 'console' },
      'draft',
    );
    await opened.log.record({ event: 'call', at: Date.now(), department: 'education' });
    parameters = {
      proposal: id,
      kind: 'department',
      name: 'education',
      version: '1',
      serial: '0a',
      department: 'education',
      service: 'school-enrolment',
      authority: 'yuean',
      identity: 'AQEBAQEBAQEBAQEBAQEBAQ',
      conflict: '1',
      seq: String(opened.entries().at(-1)?.['seq']),
    };
  }, 120_000);
  afterAll(() => opened.close());

  const fill = (path: string): string =>
    path.replace(/:(\w+)/g, (_whole, name: string) => {
      const value = parameters[name];
      if (value === undefined)
        throw new Error(`the test has no value for :${name}: give it one of education`);
      return value;
    });

  const ask = async (route: AnyRoute, person: Person): Promise<string> => {
    const visitor = visitors.get(person) as ConsoleVisitor;
    const path = fill(route.path);
    if (route.api) {
      const { body } = await visitor.call(route.method, path, {
        ...(route.method !== 'GET' && { body: {}, headers: { 'if-match': '"0"' } }),
      });
      return typeof body['code'] === 'string' ? body['code'] : 'ok';
    }
    const form = new URLSearchParams();
    if (route.method === 'POST') form.set('token', opened.tokenOf(visitor));
    const answer = await visitor.ask(path, {
      method: route.method,
      headers: { accept: 'application/problem+json' },
      ...(route.method === 'POST' && { body: form }),
    });
    const problem = answer.headers['content-type']?.startsWith('application/problem+json') === true;
    return problem ? (JSON.parse(answer.body) as { code: string }).code : 'ok';
  };

  /** Whether the last refusal was by the route's own roles. */
  const ruled = (): boolean =>
    /^(?:takes |somebody without a role)/.test(
      String(opened.entries().findLast(({ event }) => event === 'refusal')?.['reason']),
    );

  it('are more than a few', () => {
    expect(ROUTES.length).toBeGreaterThan(20);
  });

  it.each(ROUTES)('$name lets in whom it says, and nobody else', async (route) => {
    for (const person of ASKING) {
      const role = ROLE_OF[person];
      const may = role !== undefined && route.access.roles.includes(role);
      const code = await ask(route, person);
      if (!may) {
        expect([person, code, ruled()]).toEqual([person, 'ONECERT_ROLE_REQUIRED', true]);
        continue;
      }
      // A change may still be another's to make; that is said by the change, not by the route.
      if (code === 'ONECERT_ROLE_REQUIRED') expect([person, ruled()]).toEqual([person, false]);
      expect([person, code]).not.toEqual([person, 'ONECERT_INTERNAL']);
      if (person === 'taxOfficer' && route.path.includes(':'))
        expect([person, code]).toEqual([person, 'ONECERT_OTHER_DEPARTMENT']);
      if (person === 'educationOfficer')
        expect([person, code]).not.toEqual([person, 'ONECERT_OTHER_DEPARTMENT']);
    }
  });

  it.each(ROUTES)('$name is nothing for somebody who has not signed in', async (route) => {
    const stranger = new Visitor(opened.socket);
    const path = (route.api ? '/api/admin/v1' : '') + fill(route.path);
    const { status, headers } = await stranger.ask(path, {
      method: route.method,
      headers: { accept: 'text/html' },
    });
    if (route.api) expect(status).toBe(401);
    else if (route.method === 'GET') {
      expect(status).toBe(303);
      expect(headers.location).toBe(`/signin?return=${encodeURIComponent(path)}`);
    } else expect(status).toBe(403);
  });

  it('takes a form token on every form', async () => {
    const visitor = visitors.get('operator') as ConsoleVisitor;
    for (const route of ROUTES.filter(({ api, method }) => !api && method === 'POST')) {
      const { body } = await visitor.ask(fill(route.path), {
        method: 'POST',
        body: new URLSearchParams({ token: 'x'.repeat(64) }),
        headers: { accept: 'application/problem+json' },
      });
      expect([route.name, (JSON.parse(body) as { code: string }).code]).toEqual([
        route.name,
        'ONECERT_FORM_EXPIRED',
      ]);
    }
  });

  it('takes the token of the API and its origin on every call of a session that changes something', async () => {
    const visitor = visitors.get('operator') as ConsoleVisitor;
    for (const route of ROUTES.filter(({ api, method }) => api && method !== 'GET')) {
      const path = fill(route.path);
      const without = await visitor.call(route.method, path, { body: {}, headers: { 'x-csrf-token': 'x' } });
      expect([route.name, without.body['code']]).toEqual([route.name, 'ONECERT_FORM_EXPIRED']);
      const elsewhere = await visitor.call(route.method, path, {
        body: {},
        headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      });
      expect([route.name, elsewhere.body['code']]).toEqual([route.name, 'ONECERT_CROSS_SITE']);
    }
  });
});
