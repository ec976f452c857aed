import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedRegister } from '../../../src/identity/embedded-register.ts';
import { describeResealing } from './reseal-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'onecert-reseal-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let count = 0;

describeResealing('embedded', () => {
  const file = join(folder, `${++count}.sqlite`);
  return Promise.resolve((keys) => Promise.resolve(openEmbeddedRegister({ file, ...keys })));
});
