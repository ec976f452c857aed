import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchFiles } from '../../../src/configuration/watch-files.ts';

const INTERVAL_MS = 20;

describe('watchFiles', () => {
  const root = mkdtempSync(join(tmpdir(), 'onecert-watch-'));
  afterAll(() => rmSync(root, { recursive: true }));

  /** Does `change` while `places` are watched; resolves with how often that was noticed. */
  const noticed = async (places: readonly string[], change: () => void): Promise<number> => {
    let times = 0;
    const watch = watchFiles(places, () => times++, INTERVAL_MS);
    change();
    for (let turn = 0; turn < 200 && times === 0; turn++) await sleep(INTERVAL_MS);
    watch.close();
    return times;
  };
  const folderWith = (name: string, files: Record<string, string>): string => {
    const folder = join(root, name);
    mkdirSync(join(folder, 'below'), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    return folder;
  };

  it('notices a file that changes deep below, and one that is named itself', async () => {
    const folder = folderWith('deep', { 'below/a.yaml': '1' });
    const file = join(folder, 'below/a.yaml');
    expect(await noticed([folder], () => writeFileSync(file, '2'))).toBe(1);
    expect(await noticed([file], () => writeFileSync(file, '3'))).toBe(1);
    expect(await noticed([file], () => rmSync(file))).toBe(1);
  });

  it('notices a link that is swapped', async () => {
    const folder = folderWith('linked', { 'one.yaml': '1', 'two.yaml': '2' });
    symlinkSync('one.yaml', join(folder, 'now.yaml'));
    const swap = () => {
      rmSync(join(folder, 'now.yaml'));
      symlinkSync('two.yaml', join(folder, 'now.yaml'));
    };
    expect(await noticed([join(folder, 'now.yaml')], swap)).toBe(1);
  });

  it('does not read large files, and notices their changes all the same', async () => {
    const folder = folderWith('large', { 'big.crl': '' });
    // Sparse: reading it would fail (over 2 GiB) and hash nothing.
    truncateSync(join(folder, 'big.crl'), 3 * 2 ** 30);
    expect(await noticed([folder], () => truncateSync(join(folder, 'big.crl'), 3 * 2 ** 30 + 1))).toBe(1);
  });

  it('is not held up by a named pipe', async () => {
    const folder = folderWith('piped', { 'a.yaml': '1' });
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await noticed([folder], () => writeFileSync(join(folder, 'a.yaml'), '2'))).toBe(1);
  });
});
