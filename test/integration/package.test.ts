import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { opened } from './opened-demo-city.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const MODULES = join(ROOT, 'node_modules');

/** What a department or an operator installs: built, packed, unpacked below the node_modules of another project. */
describe('the package', () => {
  const project = mkdtempSync(join(tmpdir(), 'onecert-package-'));
  const installed = join(project, 'node_modules/onecert');
  afterAll(() => rmSync(project, { recursive: true }));
});
