import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { extname, join } from 'node:path';

/** Scripts of our own, under addresses that change when they do. */
export interface Assets {
  /** Path all of them lie below, with a slash at the end: what a page allows scripts from. */
  readonly base: string;
  /** Path of one of them, by its name without extension. */
  pathOf(name: string): string;
  /** The source at a path; undefined where there is none. */
  find(path: string): string | undefined;
}

/** Where the modules lie that browsers are given; names are unique among all of them. */
const FOLDERS = ['browser', '../signin/browser'];
/** Their form beside this file: sources while running from source, compiled where compiled. */
const EXTENSION = extname(import.meta.filename);

/**
 * Reads the modules that browsers are given. They are served as they are, but for types, which are taken out, and
 * imports, which are by name in one folder.
 *
 * @throws Error for a module of one name in two folders
 */
export const loadAssets = (): Assets => {
  const modules = new Map<string, string>();
  for (const folder of FOLDERS.map((each) => join(import.meta.dirname, each))) {
    for (const name of readdirSync(folder).sort()) {
      if (extname(name) !== EXTENSION || name.endsWith('.d.ts')) continue;
      if (modules.has(name)) throw new Error(`two modules for browsers are called ${name}`);
      modules.set(name, forBrowsers(readFileSync(join(folder, name), 'utf8')));
    }
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([...modules]))
    .digest('base64url')
    .slice(0, 16);
  const base = `/assets/${digest}/`;
  return {
    base,
    pathOf: (name) => {
      if (!modules.has(name + EXTENSION)) throw new Error(`no module for browsers is called ${name}`);
      return base + name + EXTENSION;
    },
    find: (path) => (path.startsWith(base) ? modules.get(path.slice(base.length)) : undefined),
  };
};

const forBrowsers = (source: string): string =>
  (EXTENSION === '.ts' ? withoutTypes(source) : source)
    .replace(/(\bfrom\s*|\bimport\s*)(['"])(?:\.{1,2}\/)+(?:[\w-]+\/)*([\w-]+\.[jt]s)\2/g, '$1$2./$3$2')
    .replace(/^[ \t]+\n/gm, '\n');

/** Node's own type stripping, by which the gateway itself runs from source; marked as experimental there. */
const withoutTypes = (source: string): string => {
  const warn = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return nodeModule.stripTypeScriptTypes(source, { mode: 'strip' });
  } finally {
    process.emitWarning = warn;
  }
};
