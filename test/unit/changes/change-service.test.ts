import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry, AuditSink } from '../../../src/audit/entry.ts';
import type { ChangeStore } from '../../../src/changes/change-store.ts';
import type { Actor, ActorRole, DryRun, Wanted } from '../../../src/changes/change-service.ts';
import { createChangeService } from '../../../src/changes/create-change-service.ts';
import { digestOf } from '../../../src/changes/digest.ts';
import type { DocumentKey } from '../../../src/changes/document.ts';
import { openEmbeddedChangeStore } from '../../../src/changes/embedded-change-store.ts';

const actor = (unifiedId: string, ...roles: ActorRole[]): Actor => ({
  unifiedId,
  certificate: 'c'.repeat(64),
  roles,
});
const ANNE = actor('anne', { role: 'operator' });
const BO = actor('bo', { role: 'operator' });
const TAX = actor('tax-officer', { role: 'officer', department: 'tax' });
const EDUCATION = actor('education-officer', { role: 'officer', department: 'education' });
const AUDITOR = actor('auditor', { role: 'auditor' });
const NOBODY = actor('nobody');

const DEPARTMENT: DocumentKey = { kind: 'department', name: 'tax' };
const GUIDE: DocumentKey = { kind: 'guide', name: 'city' };

const wanted = (key: DocumentKey = DEPARTMENT, base = 0, text = 'good'): Wanted => ({
  ...key,
  base,
  files: [{ path: `${key.kind}.yaml`, content: Buffer.from(text) }],
  note: 'why',
  origin: 'console',
});

const issue = { file: 'department.yaml', line: 3, column: 5, path: 'services', message: 'wrong' };

const openService = () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-service-'));
  const store = openEmbeddedChangeStore(join(folder, 'changes.sqlite'));
  const entries: AuditEntry[] = [];
  const order: string[] = [];
  const state: { auditFails: boolean; wrong: readonly string[]; forbidden: readonly string[] } = {
    auditFails: false,
    wrong: ['bad'],
    forbidden: [],
  };
  const audit: AuditSink = {
    record: (entry, durability, done) => {
      expect(durability).toBe('synced');
      if (state.auditFails) return void setImmediate(done, new Error('disk full'));
      entries.push(entry);
      order.push(`audit ${String(entry.step)}`);
      setImmediate(done);
    },
    get healthy() {
      return !state.auditFails;
    },
  };
  const service = createChangeService({
    store: {
      ...store,
      approve: async (...asked) => {
        order.push('approve');
        return store.approve(...asked);
      },
    },
    audit,
    check: async ({ files }): Promise<DryRun> => ({
      issues: state.wrong.includes(String(files[0]?.content)) ? [issue, { ...issue, line: 9 }] : [],
      consequences: [],
    }),
    forbidden: async ({ files }) => (state.forbidden.includes(String(files[0]?.content)) ? [issue] : []),
    apply: async ({ sequence }) => void order.push(`apply ${sequence}`),
    announce: async (sequence) => void order.push(`announce ${sequence}`),
    clock: () => 1_764_000_000_000,
  });
  const close = async (): Promise<void> => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { service, store, entries, order, state, close };
};

describe('the change service', () => {
  let opened: ReturnType<typeof openService>;
  beforeEach(() => (opened = openService()));
  afterEach(() => opened.close());

  it('brings a proposal into force by a second person: audit first, then kept, told and applied', async () => {
    const { service, entries, order, store } = opened;
    const proposal = await service.propose(TAX, wanted(), 'submitted');
    expect(proposal).toMatchObject({ state: 'submitted', proposedBy: 'tax-officer', department: 'tax' });
    const version = await service.approve(ANNE, proposal.id, 'seen');
    expect(version).toMatchObject({ version: 1, proposedBy: 'tax-officer', approvedBy: 'anne' });
    expect(order).toEqual(['audit submitted', 'audit approved', 'approve', 'announce 1', 'apply 1']);
    expect(entries[1]).toMatchObject({
      event: 'change',
      step: 'approved',
      kind: 'department',
      name: 'tax',
      base: 0,
      version: 1,
      digest: digestOf(wanted().files),
      proposal: proposal.id,
      by: 'anne',
      role: 'operator',
      proposedBy: 'tax-officer',
    });
    expect(await store.current(DEPARTMENT)).toEqual(version);
  });

  it('lets nobody approve what they proposed themselves', async () => {
    const { service, store } = opened;
    const { id } = await service.propose(ANNE, wanted(), 'submitted');
    await expect(service.approve(ANNE, id, '')).rejects.toMatchObject({ code: 'ONECERT_CHANGE_OWN' });
    for (const each of [TAX, AUDITOR, NOBODY]) {
      await expect(service.approve(each, id, '')).rejects.toMatchObject({ code: 'ONECERT_ROLE_REQUIRED' });
      await expect(service.reject(each, id, '')).rejects.toMatchObject({ code: 'ONECERT_ROLE_REQUIRED' });
    }
    expect(await store.sequence()).toBe(0);
    await service.approve(BO, id, '');
  });

  it('lets nobody change what another proposed: it would be approved under the wrong name', async () => {
    const { service } = opened;
    const { id } = await service.propose(ANNE, wanted(), 'draft');
    const change = { base: 0, files: wanted().files, note: '' };
    for (const each of [BO, TAX, AUDITOR]) {
      await expect(service.revise(each, id, change)).rejects.toMatchObject({ code: 'ONECERT_ROLE_REQUIRED' });
      await expect(service.submit(each, id)).rejects.toMatchObject({ code: 'ONECERT_ROLE_REQUIRED' });
    }
    await expect(service.withdraw(TAX, id, '')).rejects.toMatchObject({ code: 'ONECERT_ROLE_REQUIRED' });
    await service.withdraw(BO, id, 'nothing for us');
  });

  it('keeps officers to their own department and to its enrolments', async () => {
    const { service, entries } = opened;
    await expect(service.propose(EDUCATION, wanted(), 'draft')).rejects.toMatchObject({
      code: 'ONECERT_OTHER_DEPARTMENT',
    });
    for (const kind of ['trust-list', 'roles', 'identity', 'conflict', 'guide', 'targets'] as const) {
      const key = { kind, name: 'tax' };
      await expect(service.propose(TAX, wanted(key), 'draft')).rejects.toMatchObject({
        code: 'ONECERT_ROLE_REQUIRED',
      });
    }
    for (const each of [AUDITOR, NOBODY]) {
      await expect(service.propose(each, wanted(), 'draft')).rejects.toMatchObject({
        code: 'ONECERT_ROLE_REQUIRED',
      });
    }
    const { id } = await service.propose(TAX, wanted(), 'draft');
    await expect(service.withdraw(EDUCATION, id, '')).rejects.toMatchObject({
      code: 'ONECERT_OTHER_DEPARTMENT',
    });
    expect(entries).toHaveLength(1);
  });

  it('takes one person for the guide and targets only', async () => {
    const { service, order } = opened;
    for (const kind of ['department', 'trust-list', 'roles', 'identity', 'conflict'] as const) {
      await expect(service.put(ANNE, wanted({ kind, name: 'x' }))).rejects.toMatchObject({
        code: 'ONECERT_CHANGE_TWO_PERSONS',
      });
    }
    await expect(service.put(TAX, wanted(GUIDE))).rejects.toMatchObject({ code: 'ONECERT_ROLE_REQUIRED' });
    expect(await service.put(ANNE, wanted(GUIDE))).toMatchObject({ version: 1, proposedBy: 'anne' });
    expect(order).toEqual(['audit put', 'announce 1', 'apply 1']);
    const { id } = await service.propose(ANNE, wanted(GUIDE, 1), 'submitted');
    await expect(service.approve(ANNE, id, '')).resolves.toMatchObject({ version: 2 });
  });

  it('tells every issue, and keeps nothing; a draft may be unfinished', async () => {
    const { service, entries, state } = opened;
    const bad = wanted(DEPARTMENT, 0, 'bad');
    const invalid = { code: 'ONECERT_CHANGE_INVALID', issues: [issue, { ...issue, line: 9 }] };
    expect(await service.dryRun(bad)).toEqual({ issues: invalid.issues, consequences: [] });
    await expect(service.propose(TAX, bad, 'submitted')).rejects.toMatchObject(invalid);
    expect(entries).toEqual([]);
    const { id } = await service.propose(TAX, bad, 'draft');
    await expect(service.submit(TAX, id)).rejects.toMatchObject(invalid);
    await service.revise(TAX, id, { base: 0, files: wanted().files, note: 'mended' });
    await service.submit(TAX, id);
    // What was right when it was submitted may not be by now.
    state.wrong = ['good'];
    await expect(service.approve(ANNE, id, '')).rejects.toMatchObject(invalid);
    expect(await service.store.current(DEPARTMENT)).toBeUndefined();
    expect(entries.map(({ step }) => step)).toEqual(['proposed', 'revised', 'submitted']);
  });

  it('refuses names of files that lead elsewhere, even in a draft', async () => {
    const { service } = opened;
    for (const path of [
      '../x',
      '/etc/passwd',
      'a//b',
      'a/./b',
      'a/..',
      'a\\b',
      'a\0b',
      '',
      'x'.repeat(300),
    ]) {
      const files = [{ path, content: Buffer.alloc(0) }];
      await expect(service.propose(TAX, { ...wanted(), files }, 'draft')).rejects.toMatchObject({
        code: 'ONECERT_CHANGE_INVALID',
      });
    }
    const [file] = wanted().files;
    await expect(service.propose(TAX, { ...wanted(), files: [file!, file!] }, 'draft')).rejects.toMatchObject(
      { code: 'ONECERT_CHANGE_INVALID' },
    );
  });

  it('does nothing that the audit log cannot keep', async () => {
    const { service, state, store, order } = opened;
    const { id } = await service.propose(TAX, wanted(), 'submitted');
    state.auditFails = true;
    const unavailable = { code: 'ONECERT_AUDIT_UNAVAILABLE' };
    await expect(service.approve(ANNE, id, '')).rejects.toMatchObject(unavailable);
    await expect(service.reject(ANNE, id, '')).rejects.toMatchObject(unavailable);
    await expect(service.propose(TAX, wanted(), 'draft')).rejects.toMatchObject(unavailable);
    await expect(service.put(ANNE, wanted(GUIDE))).rejects.toMatchObject(unavailable);
    expect(await store.sequence()).toBe(0);
    expect(await store.listProposals({ limit: 10 })).toHaveLength(1);
    expect(order).not.toContain('approve');
  });

  it('says in the log where a recorded step could not be done after all', async () => {
    const { service, store, entries } = opened;
    const { id } = await service.propose(TAX, wanted(), 'submitted');
    await store.put({ ...wanted(), proposedBy: 'system', at: 1 });
    await expect(service.approve(ANNE, id, '')).rejects.toMatchObject({ code: 'ONECERT_CHANGE_STALE' });
    expect(entries.at(-1)).toMatchObject({ step: 'approved', failed: 'ONECERT_CHANGE_STALE' });
  });

  it('gives every proposal a moment of its own, so that pages lose none', async () => {
    const { service } = opened;
    const proposals = await Promise.all([1, 2, 3].map(() => service.propose(TAX, wanted(), 'draft')));
    expect(new Set(proposals.map(({ proposedAt }) => proposedAt)).size).toBe(3);
  });

  it('refuses what a document may not hold even as a draft', async () => {
    const { service, state, entries } = opened;
    state.forbidden = ['secret'];
    const invalid = { code: 'ONECERT_CHANGE_INVALID', issues: [issue] };
    const bad = wanted(DEPARTMENT, 0, 'secret');
    await expect(service.propose(TAX, bad, 'draft')).rejects.toMatchObject(invalid);
    expect(await service.dryRun(bad)).toMatchObject({ issues: [issue] });
    const { id } = await service.propose(TAX, wanted(), 'draft');
    await expect(service.revise(TAX, id, { base: 0, files: bad.files, note: '' })).rejects.toMatchObject(
      invalid,
    );
    expect(entries).toHaveLength(1);
  });
});

/** Two replicas: each with a service of its own over the same store. Two departments must not have the same path. */
describe('two change services over one store', () => {
  const open = () => {
    const folder = mkdtempSync(join(tmpdir(), 'onecert-services-'));
    const stores = [0, 1].map(() => openEmbeddedChangeStore(join(folder, 'changes.sqlite')));
    const entries: AuditEntry[] = [];
    // Both checks are done before either is kept, once.
    let waiting = 0;
    const { promise: both, resolve: met } = Promise.withResolvers<void>();
    const services = stores.map((store) => {
      let first = true;
      return createChangeService({
        store,
        audit: {
          record: (entry, _durability, done) => {
            entries.push(entry);
            setImmediate(done);
          },
          healthy: true,
        },
        check: async ({ name, files }): Promise<DryRun> => {
          const others = (await store.listCurrent()).filter((each) => each.name !== name);
          if (first) {
            first = false;
            waiting++;
            if (waiting === 2) met();
            await both;
          }
          const path = String(files[0]?.content);
          const taken = others.some((each) => String(each.files[0]?.content) === path);
          return { issues: taken ? [issue] : [], consequences: [] };
        },
        apply: async () => undefined,
        announce: async () => undefined,
        clock: Date.now,
      });
    });
    const close = async (): Promise<void> => {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    };
    return { stores, services, entries, close };
  };
  const department = (name: string, path: string): Wanted => wanted({ kind: 'department', name }, 0, path);
  const propose = async (store: ChangeStore, { kind, name, base, files }: Wanted): Promise<string> => {
    const proposal = { state: 'submitted', origin: 'console', proposedBy: 'anne', note: '', at: 1 } as const;
    return (await store.propose({ kind, name, base, files, ...proposal, department: name })).id;
  };

  it('never keep two changes that are right alone, and wrong together', async () => {
    const { stores, services, entries, close } = open();
    const ids = [
      await propose(stores[0]!, department('tax', '/same')),
      await propose(stores[1]!, department('health', '/same')),
    ];
    const raced = await Promise.allSettled(services.map((each, index) => each.approve(BO, ids[index]!, '')));
    expect(raced.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(raced.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'ONECERT_CHANGE_INVALID' },
    });
    expect(await stores[0]!.listCurrent()).toHaveLength(1);
    expect(entries).toContainEqual(expect.objectContaining({ failed: 'ONECERT_CHANGE_OVERTAKEN' }));
    await close();
  });

  it('keep both where they go together, the later after another check', async () => {
    const { stores, services, close } = open();
    const ids = [
      await propose(stores[0]!, department('tax', '/tax')),
      await propose(stores[1]!, department('health', '/health')),
    ];
    await Promise.all(services.map((each, index) => each.approve(BO, ids[index]!, '')));
    expect(await stores[0]!.listCurrent()).toHaveLength(2);
    await close();
  });
});
