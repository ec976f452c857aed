import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../src/signin/browser');

/** They are served as they stand, with their types stripped: what they import has to be served too. */
describe('the modules for browsers', () => {
  it.each(readdirSync(FOLDER))('%s imports only modules beside it, and nothing of Node', (name) => {
    const code = stripTypeScriptTypes(readFileSync(join(FOLDER, name), 'utf8'));
    for (const [, from] of code.matchAll(/\bfrom\s+'([^']+)'/g)) expect(from).toMatch(/^\.\/[\w-]+\.ts$/);
    expect(code).not.toMatch(/\b(Buffer|process|require|__dirname)\b/);
  });
});
