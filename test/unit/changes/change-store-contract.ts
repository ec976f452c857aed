import { randomBytes } from 'node:crypto';
import type { ChangeStore, NewProposal, NewVersion } from '../../../src/changes/change-store.ts';
import { digestOf } from '../../../src/changes/digest.ts';
import type { DocumentFile, DocumentKey } from '../../../src/changes/document.ts';

export interface OpenedChangeStores {
  /** The same data, opened twice: as by two processes. */
  readonly stores: readonly [ChangeStore, ChangeStore];
  /** Closes both, and removes the data. */
  remove(): Promise<void>;
}

/** What every ChangeStore does, whichever form it has; `open` gives an empty one each time. `describeIt` may skip. */
export const describeChangeStore = (
  form: string,
  open: () => Promise<OpenedChangeStores>,
  describeIt: jest.Describe = describe,
): void => {
  describeIt(`the ${form} change store`, () => {
    let opened: OpenedChangeStores;
    let store: ChangeStore;
    let other: ChangeStore;
    beforeEach(async () => {
      opened = await open();
      [store, other] = opened.stores;
    });
    afterEach(() => opened.remove());

    it('is empty at first', async () => {
      expect(await store.current(TAX)).toBeUndefined();
      expect(await store.listCurrent()).toEqual([]);
      expect(await store.history(TAX, { limit: 10 })).toEqual([]);
      expect(await store.sequence()).toBe(0);
      expect(await store.listProposals({ limit: 10 })).toEqual([]);
      expect(await store.takenFromFiles(TAX)).toBeUndefined();
      await expect(store.version(TAX, 1)).rejects.toMatchObject({ code: 'ONECERT_CHANGE_UNKNOWN' });
      await expect(store.proposal('x'.repeat(22))).rejects.toMatchObject({ code: 'ONECERT_CHANGE_UNKNOWN' });
      await expect(store.approve('x'.repeat(22), BY)).rejects.toMatchObject({
        code: 'ONECERT_CHANGE_UNKNOWN',
      });
    });

    it('counts versions of each document from 1 without gaps, and the sequence over all', async () => {
      await store.put(version(TAX, 0, 'a'));
      await store.put(version(HEALTH, 0, 'b'));
      await expect(store.put(version(TAX, 0, 'stale'))).rejects.toMatchObject(STALE);
      const last = await other.put(version(TAX, 1, 'c'));
      expect(last).toMatchObject({ ...TAX, version: 2, sequence: 3, digest: digestOf(file('c')) });
      expect(await store.sequence()).toBe(3);
      expect(await store.current(TAX)).toEqual(last);
      expect(await store.version(TAX, 1)).toMatchObject({ version: 1, sequence: 1 });
      expect((await store.listCurrent()).map(({ name, version: number }) => [name, number])).toEqual([
        ['health', 1],
        ['tax', 2],
      ]);
      expect(await store.listCurrent('roles')).toEqual([]);
      expect(await store.listCurrent('department')).toHaveLength(2);
    });

    it('keeps content byte for byte, sorted by path', async () => {
      const content = Buffer.concat([Buffer.from([0, 0xff, 0xfe, 0x0d, 0x0a]), randomBytes(200_000)]);
      const files = [
        { path: 'zhujiang/crl.files/一.crl', content },
        { path: 'b/a', content: Buffer.alloc(0) },
        { path: 'b-a', content: Buffer.from('# comment\nport: ${PORT:-1}\n') },
      ];
      const key = { kind: 'trust-list', name: 'city' } as const;
      const kept = await store.put({ ...version(key, 0, ''), files });
      expect(kept.files.map(({ path }) => path)).toEqual(['b-a', 'b/a', 'zhujiang/crl.files/一.crl']);
      const read = await other.version(key, 1);
      expect(read).toEqual(kept);
      expect(read.files[2]?.content.equals(content)).toBe(true);
      expect(read.files[1]?.content).toHaveLength(0);
      const { id } = await store.propose({ ...proposal(key, 1, ''), files });
      expect((await other.proposal(id)).files).toEqual(kept.files);
    });

    it('takes a document away by a version without files, and gives it back', async () => {
      await store.put(version(TAX, 0, 'a'));
      const gone = await store.put({ ...version(TAX, 1, ''), files: [] });
      expect(gone).toMatchObject({ version: 2, files: [], digest: digestOf([]) });
      expect(await store.current(TAX)).toEqual(gone);
      expect(await store.listCurrent()).toEqual([]);
      await store.put(version(TAX, 2, 'a'));
      expect(await store.listCurrent()).toHaveLength(1);
    });

    it('gives history in pages, the latest first, without content', async () => {
      for (let base = 0; base < 5; base++) await store.put(version(TAX, base, `text ${base}`));
      const numbers = async (page: { limit: number; before?: number }): Promise<number[]> =>
        (await store.history(TAX, page)).map((each) => each.version);
      expect(await numbers({ limit: 2 })).toEqual([5, 4]);
      expect(await numbers({ limit: 2, before: 4 })).toEqual([3, 2]);
      expect(await numbers({ limit: 9, before: 2 })).toEqual([1]);
      const [latest] = await store.history(TAX, { limit: 1 });
      expect(latest).toEqual({ ...(await store.version(TAX, 5)), files: [] });
    });

    it('leads a proposal from draft to version', async () => {
      const draft = await store.propose(proposal(TAX, 0, 'first', 'draft'));
      expect(draft.id).toMatch(/^[\w-]{22}$/);
      expect(draft).toEqual({
        ...TAX,
        id: draft.id,
        base: 0,
        files: file('first'),
        state: 'draft',
        origin: 'console',
        proposedBy: 'officer',
        department: 'tax',
        note: 'why',
        proposedAt: AT,
        decidedBy: undefined,
        decidedAt: undefined,
        decisionNote: undefined,
        version: undefined,
      });
      await expect(store.approve(draft.id, BY)).rejects.toMatchObject(SETTLED);
      const revised = await other.revise(draft.id, {
        base: 0,
        files: file('second'),
        note: 'better',
        at: AT + 1,
      });
      expect(revised).toMatchObject({ state: 'draft', note: 'better', files: file('second') });
      expect(await store.submit(draft.id, AT + 2)).toMatchObject({ state: 'submitted', proposedAt: AT + 2 });
      await expect(store.submit(draft.id, AT + 2)).rejects.toMatchObject(SETTLED);
      await expect(
        store.revise(draft.id, { base: 0, files: file('x'), note: '', at: AT }),
      ).rejects.toMatchObject(SETTLED);
      const inForce = await other.approve(draft.id, BY);
      expect(inForce).toEqual({
        ...TAX,
        version: 1,
        sequence: 1,
        files: file('second'),
        digest: digestOf(file('second')),
        origin: 'console',
        proposedBy: 'officer',
        approvedBy: 'operator',
        note: 'better',
        at: BY.at,
      });
      expect(await store.current(TAX)).toEqual(inForce);
      expect(await store.proposal(draft.id)).toMatchObject({
        state: 'approved',
        decidedBy: 'operator',
        decidedAt: BY.at,
        decisionNote: 'seen',
        version: 1,
      });
    });

    it('settles a proposal once', async () => {
      const [one, two, three] = await Promise.all(
        ['a', 'b', 'c'].map((text) => store.propose(proposal(TAX, 0, text))),
      );
      expect(await store.reject(one!.id, BY)).toMatchObject({ state: 'rejected', decidedBy: 'operator' });
      expect(await store.withdraw(two!.id, BY)).toMatchObject({ state: 'withdrawn', version: undefined });
      await store.approve(three!.id, BY);
      for (const { id } of [one!, two!, three!]) {
        await expect(store.approve(id, BY)).rejects.toMatchObject(SETTLED);
        await expect(store.reject(id, BY)).rejects.toMatchObject(SETTLED);
        await expect(store.withdraw(id, BY)).rejects.toMatchObject(SETTLED);
      }
      expect(await store.sequence()).toBe(1);
    });

    it('refuses what was made from another version than the one in force', async () => {
      const late = await store.propose(proposal(TAX, 0, 'late'));
      const draft = await store.propose(proposal(TAX, 0, 'draft', 'draft'));
      await other.put(version(TAX, 0, 'meanwhile'));
      await expect(store.approve(late.id, BY)).rejects.toMatchObject(STALE);
      expect(await store.proposal(late.id)).toMatchObject({ state: 'submitted', version: undefined });
      await expect(store.submit(draft.id, AT)).rejects.toMatchObject(STALE);
      await expect(store.propose(proposal(TAX, 0, 'x'))).rejects.toMatchObject(STALE);
      await expect(store.propose(proposal(TAX, 2, 'x'))).rejects.toMatchObject(STALE);
      const change = { files: file('x'), note: '', at: AT };
      await expect(store.revise(draft.id, { base: 0, ...change })).rejects.toMatchObject(STALE);
      await store.revise(draft.id, { base: 1, ...change });
      await store.submit(draft.id, AT);
      expect(await store.approve(draft.id, BY)).toMatchObject({ version: 2 });
    });

    it('lets one of two win that approve at once, the same proposal or two from one version', async () => {
      const same = await store.propose(proposal(TAX, 0, 'same'));
      const twice = await Promise.allSettled([store, other].map((each) => each.approve(same.id, BY)));
      expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(twice.find(({ status }) => status === 'rejected')).toMatchObject({ reason: SETTLED });
      const rivals = await Promise.all(['x', 'y'].map((text) => store.propose(proposal(TAX, 1, text))));
      const raced = await Promise.allSettled(
        rivals.map(({ id }, index) => [store, other][index]!.approve(id, BY)),
      );
      expect(raced.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(raced.find(({ status }) => status === 'rejected')).toMatchObject({ reason: STALE });
      expect(await store.sequence()).toBe(2);
    });

    it('keeps nothing that was checked before another document changed', async () => {
      const { id } = await store.propose(proposal(TAX, 0, 'a'));
      const sequence = await store.sequence();
      await other.put(version(HEALTH, 0, 'b'));
      await expect(store.approve(id, { ...BY, sequence })).rejects.toMatchObject(OVERTAKEN);
      await expect(store.put({ ...version(TAX, 0, 'a'), sequence })).rejects.toMatchObject(OVERTAKEN);
      expect(await store.proposal(id)).toMatchObject({ state: 'submitted', version: undefined });
      expect(await store.current(TAX)).toBeUndefined();
      // Somebody else's change of the same document is told as that.
      await expect(store.put({ ...version(HEALTH, 0, 'c'), sequence })).rejects.toMatchObject(STALE);
      await store.approve(id, { ...BY, sequence: sequence + 1 });
      await store.put({ ...version(TAX, 1, 'd'), sequence: sequence + 2 });
      expect(await store.sequence()).toBe(3);
    });

    it('lets one of two win that were checked against the same, in two processes', async () => {
      const raced = await Promise.allSettled([
        store.put({ ...version(TAX, 0, 'a'), sequence: 0 }),
        other.put({ ...version(HEALTH, 0, 'b'), sequence: 0 }),
      ]);
      expect(raced.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(raced.find(({ status }) => status === 'rejected')).toMatchObject({ reason: OVERTAKEN });
    });

    it('gives every version a sequence of its own when many are kept at once', async () => {
      const kept = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          [store, other][index % 2]!.put(version({ kind: 'department', name: `d${index}` }, 0, 'x')),
        ),
      );
      const numbers = kept.map(({ sequence }) => sequence).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it('lists proposals by state, document and department, the latest first, in pages', async () => {
      const ids: string[] = [];
      for (const [index, key] of [TAX, HEALTH, TAX].entries()) {
        ids.push((await store.propose({ ...proposal(key, 0, 'x'), at: AT + index })).id);
      }
      await store.reject(ids[0]!, BY);
      const list = async (filter: object): Promise<string[]> =>
        (await store.listProposals({ limit: 10, ...filter })).map(({ id }) => id);
      expect(await list({})).toEqual([ids[2], ids[1], ids[0]]);
      expect(await list({ limit: 1 })).toEqual([ids[2]]);
      expect(await list({ limit: 1, before: AT + 2 })).toEqual([ids[1]]);
      expect(await list({ states: ['submitted'] })).toEqual([ids[2], ids[1]]);
      expect(await list({ states: ['draft', 'rejected'] })).toEqual([ids[0]]);
      expect(await list({ states: [] })).toEqual([]);
      expect(await list({ kind: 'department', name: 'tax' })).toEqual([ids[2], ids[0]]);
      expect(await list({ kind: 'roles' })).toEqual([]);
      expect(await list({ department: 'health' })).toEqual([ids[1]]);
    });

    it('remembers what was last taken from files', async () => {
      await store.rememberTaken(TAX, digestOf(file('a')));
      await store.rememberTaken(HEALTH, digestOf(file('b')));
      await other.rememberTaken(TAX, digestOf(file('c')));
      expect(await store.takenFromFiles(TAX)).toBe(digestOf(file('c')));
      expect(await other.takenFromFiles(HEALTH)).toBe(digestOf(file('b')));
    });

    it('lists what is still to be carried out, each once, by its version in force', async () => {
      const [one, two] = ['1', '2'].map((name): DocumentKey => ({ kind: 'conflict', name }));
      await store.put(version(two!, 0, 'x'));
      await store.put(version(one!, 0, 'x'));
      await store.put(version(TAX, 0, 'x'));
      await store.put(version(two!, 1, 'y'));
      const pending = async (): Promise<unknown> =>
        (await other.listPending('conflict')).map((each) => [
          each.name,
          each.version,
          String(each.files[0]?.content),
        ]);
      expect(await pending()).toEqual([
        ['1', 1, 'x'],
        ['2', 2, 'y'],
      ]);
      await store.noteCarriedOut({ ...two!, version: 2 });
      await store.noteCarriedOut({ ...two!, version: 1 });
      expect(await pending()).toEqual([['1', 1, 'x']]);
      await other.noteCarriedOut({ ...one!, version: 1 });
      expect(await pending()).toEqual([]);
      await store.put(version(one!, 1, 'x'));
      expect(await pending()).toEqual([['1', 2, 'x']]);
    });
  });
};

const TAX: DocumentKey = { kind: 'department', name: 'tax' };
const HEALTH: DocumentKey = { kind: 'department', name: 'health' };
const AT = 1_764_000_000_000;
const BY = { by: 'operator', note: 'seen', at: AT + 60_000 };
const STALE = { code: 'ONECERT_CHANGE_STALE' };
const OVERTAKEN = { code: 'ONECERT_CHANGE_OVERTAKEN' };
const SETTLED = { code: 'ONECERT_CHANGE_SETTLED' };

const file = (text: string): DocumentFile[] => [{ path: 'department.yaml', content: Buffer.from(text) }];

const version = (key: DocumentKey, base: number, text: string): NewVersion => ({
  ...key,
  base,
  files: file(text),
  origin: 'files',
  proposedBy: 'system',
  note: '',
  at: AT,
});

const proposal = (
  key: DocumentKey,
  base: number,
  text: string,
  state: 'draft' | 'submitted' = 'submitted',
): NewProposal => ({
  ...key,
  base,
  files: file(text),
  state,
  origin: 'console',
  proposedBy: 'officer',
  department: key.name,
  note: 'why',
  at: AT,
});
