import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { digestOf } from '../../../src/changes/digest.ts';
import { openEmbeddedChangeStore } from '../../../src/changes/embedded-change-store.ts';
import { describeChangeStore } from './change-store-contract.ts';

const open = () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-changes-'));
  const file = join(folder, 'changes.sqlite');
  const stores = [openEmbeddedChangeStore(file), openEmbeddedChangeStore(file)] as const;
  const remove = async (): Promise<void> => {
    for (const store of stores) await store.close();
    rmSync(folder, { recursive: true });
  };
  return { file, stores, remove };
};

describeChangeStore('embedded', async () => open());

describe('two processes', () => {
  it('approve at once: each document gets one version, and the others are told why not', async () => {
    const { file, stores, remove } = open();
    const [store] = stores;
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const proposeAll = (): Promise<string[]> =>
      Promise.all(
        names.map(async (name) => {
          const files = [{ path: 'department.yaml', content: Buffer.from(name) }];
          const who = { proposedBy: 'a', department: name, note: '', at: 0 };
          const key = { kind: 'department', name } as const;
          return (
            await store.propose({ ...key, base: 0, files, state: 'submitted', origin: 'console', ...who })
          ).id;
        }),
      );
    const [mine, theirs] = [await proposeAll(), await proposeAll()];
    const approvers = [mine, theirs].map((ids) => {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', `${import.meta.dirname}/approver.ts`, file, ...ids],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
    });
    for (const { lines } of approvers) expect((await lines.next()).value).toBe('ready');
    for (const { child } of approvers) child.stdin.end('go');
    const codes = await Promise.all(
      approvers.map(async ({ lines }) => JSON.parse(String((await lines.next()).value)) as string[]),
    );
    for (const index of names.keys()) {
      expect([codes[0]?.[index], codes[1]?.[index]].sort()).toEqual(['ONECERT_CHANGE_STALE', 'approved']);
    }
    expect(await store.sequence()).toBe(12);
    await remove();
  });

  it('keeps the database from others', async () => {
    const { file, remove } = open();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await remove();
  });
});

describe('the digest of files', () => {
  const file = (path: string, text: string) => ({ path, content: Buffer.from(text) });

  it('does not depend on their order', () => {
    expect(digestOf([file('a', '1'), file('b', '2')])).toBe(digestOf([file('b', '2'), file('a', '1')]));
  });

  it('tells apart what reads the same without frames', () => {
    const digests = [
      [],
      [file('a', '')],
      [file('', 'a')],
      [file('a', 'b')],
      [file('ab', '')],
      [file('a', ''), file('b', '')],
      [file('a', 'b\0\0\0\x01b')],
    ].map(digestOf);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is what the framing says', () => {
    // printf 'onecert document 1\n\0\0\0\1a\0\0\0\0\0\0\0\2hi' | sha256sum
    expect(digestOf([file('a', 'hi')])).toBe(
      '63063e3b81c8fa37e5c1cf7c46f0ab46bff7ae9a79921210afdc9689f9c43b99',
    );
  });
});
