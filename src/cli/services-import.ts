import { join, resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import { digestOf } from '../changes/digest.ts';
import type { DocumentVersion, Proposal } from '../changes/document.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { parseYaml } from '../configuration/read-yaml.ts';
import { readFileDocuments } from '../server/file-documents.ts';
import { loadConfiguration } from '../server/load-configuration.ts';
import type { GovernedDocument } from '../server/read-documents.ts';
import { departmentSchema } from '../services/enrolment.ts';
import { withChangeRoom, type ChangeRoom } from './change-room.ts';
import { CommandLineError } from './failure.ts';
import { writeWhole } from './write-whole.ts';

export interface ImportOptions {
  readonly config: string;
  readonly take?: 'files' | 'store';
  readonly note: string;
}

type Given = GovernedDocument & { readonly file: string };

/** An empty store is seeded; otherwise each department that is not in force as it stands becomes a proposal. */
export const servicesImport = (
  paths: readonly string[],
  { config, take, note }: ImportOptions,
): Promise<void> =>
  withChangeRoom(
    config,
    async (room) => {
      const { folder, settings, store } = room;
      const sequence = await store.sequence();
      const inForce = await store.listCurrent();
      const written = readFileDocuments(folder, settings);
      const files = written.filter(({ kind }) => kind === 'department');
      const given = readGiven(paths.length > 0 ? paths.map((path) => resolve(path)) : fileNames(files));
      const changed = given.filter((each) => !isSame(each, currentOf(inForce, each)));
      const unsettled =
        sequence === 0 ? [] : changed.filter((each) => disagrees(files, currentOf(inForce, each)));
      if (take === undefined && unsettled.length > 0) {
        throw new CommandLineError(
          `files and what is in force disagree about ${unsettled.map(({ name }) => name).join(', ')}: say --take files (propose the files), or --take store (write what is in force into the files)`,
        );
      }
      const kept = take === 'store' ? unsettled : [];
      const wanted = changed.filter((each) => !kept.includes(each));
      const before = sequence === 0 ? written : inForce;
      await mustBeRight(room, before, wanted, sequence === 0);

      if (sequence === 0) await seed(room, files, wanted, note);
      else await proposeAll(room, inForce, wanted, note);
      for (const each of kept) {
        const current = currentOf(inForce, each);
        const file =
          files.find(({ name }) => name === each.name)?.file ??
          join(settings.departments, `${each.name}.yaml`);
        writeWhole(file, current?.files[0]?.content ?? Buffer.alloc(0));
        say(`${each.name}: ${file} is what is in force now (version ${current?.version ?? 0})`);
      }
      for (const { name } of given.filter((each) => !changed.includes(each))) say(`${name}: unchanged`);
    },
    { make: true },
  );

const seed = async (
  room: ChangeRoom,
  files: readonly GovernedDocument[],
  wanted: readonly Given[],
  note: string,
): Promise<void> => {
  for (const [sequence, { kind, name, files: content }] of wanted.entries()) {
    const { version } = await room.put({ kind, name, files: content, base: 0, note }, 'import', sequence);
    // A file that says something else was there before: it is behind, and no change to be taken.
    const file = files.find((each) => each.name === name);
    if (file !== undefined) await room.store.rememberTaken({ kind, name }, digestOf(file.files));
    say(`${name}: in force, version ${version}`);
  }
};

const proposeAll = async (
  room: ChangeRoom,
  inForce: readonly DocumentVersion[],
  wanted: readonly Given[],
  note: string,
): Promise<void> => {
  const made: Proposal[] = [];
  try {
    for (const each of wanted) {
      const { kind, name, files } = each;
      const base = currentOf(inForce, each)?.version ?? (await room.store.current(each))?.version ?? 0;
      made.push(await room.propose({ kind, name, files, base, note }, 'import'));
    }
  } catch (error) {
    for (const proposal of made) await room.withdraw(proposal);
    throw error;
  }
  for (const { name, id } of made) say(`${name}: proposed as ${id}; an operator approves it`);
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const fileNames = (files: readonly GovernedDocument[]): string[] =>
  files.flatMap(({ file }) => (file === undefined ? [] : [file]));
const isSame = ({ files }: GovernedDocument, current: DocumentVersion | undefined): boolean =>
  current !== undefined && digestOf(files) === current.digest;
const currentOf = (
  inForce: readonly DocumentVersion[],
  { kind, name }: GovernedDocument,
): DocumentVersion | undefined => inForce.find((each) => each.kind === kind && each.name === name);
const disagrees = (files: readonly GovernedDocument[], current: DocumentVersion | undefined): boolean => {
  const file = files.find(({ name }) => name === current?.name);
  return file !== undefined && current !== undefined && digestOf(file.files) !== current.digest;
};

/** Everything wrong in all of them. @throws ConfigurationError */
const readGiven = (paths: readonly string[]): readonly Given[] => {
  const issues: ConfigurationIssue[] = [];
  const given: Given[] = [];
  for (const file of paths) {
    try {
      const content = readFileSync(file);
      const read = parseYaml(file, content.toString('utf8'), departmentSchema);
      const { department: name } = read.value;
      const first = given.find((each) => each.name === name);
      if (first !== undefined) {
        issues.push(read.issue(['department'], `department "${name}" is already in ${first.file}`));
      }
      given.push({ kind: 'department', name, files: [{ path: 'department.yaml', content }], file });
    } catch (error) {
      if (error instanceof ConfigurationError) issues.push(...error.issues);
      else issues.push({ file, line: 1, column: 1, path: '', message: (error as Error).message });
    }
  }
  if (issues.length > 0) throw new ConfigurationError(issues);
  return given;
};

/** Together, and with all that stays. Files that seed an empty store are the operator's own. @throws ConfigurationError */
const mustBeRight = async (
  { folder, control }: ChangeRoom,
  before: readonly GovernedDocument[],
  wanted: readonly Given[],
  seeding: boolean,
): Promise<void> => {
  const issues: ConfigurationIssue[] = [];
  for (const each of seeding ? [] : wanted) {
    issues.push(...(await control.forbidden(each)).map((issue) => ({ ...issue, file: each.file })));
  }
  if (issues.length > 0) throw new ConfigurationError(issues);
  const replaced = new Set(wanted.map(({ name }) => name));
  const kept = before.filter(({ kind, name }) => kind !== 'department' || !replaced.has(name));
  loadConfiguration(folder, 1, [...kept, ...wanted]);
};
