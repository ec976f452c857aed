import { Command } from 'commander';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChangeStore } from '../changes/change-store.ts';
import {
  DOCUMENT_KINDS,
  type DocumentKind,
  type DocumentVersion,
  type Proposal,
} from '../changes/document.ts';
import { withChangeRoom } from './change-room.ts';
import { CommandLineError } from './failure.ts';
import { printDiff } from './print-diff.ts';
import { writeWhole } from './write-whole.ts';

const CONFIG = ['-c, --config <folder>', 'folder of gateway.yaml', 'config'] as const;
const MOST = 1_000;

export const changesCommand = (): Command => {
  const changes = new Command('changes').description(
    'Proposals of changes: what waits, and what was decided',
  );
  changes
    .command('list')
    .description('Proposals, the latest first: those that wait for a decision')
    .option(...CONFIG)
    .option('--all', 'drafts and what was decided as well')
    .option('--json', 'print JSON lines')
    .action(async ({ config, all, json }: { config: string; all?: boolean; json?: boolean }) => {
      await withChangeRoom(config, async ({ store }) => {
        const filter = all === true ? {} : { states: ['submitted' as const] };
        for (const proposal of await store.listProposals({ ...filter, limit: MOST })) {
          process.stdout.write(json === true ? `${jsonOf(proposal)}\n` : `${lineOf(proposal)}\n`);
        }
      });
    });
  changes
    .command('show')
    .description('One proposal, and how it differs from the version it was made from')
    .argument('<id>', 'as in the list')
    .option(...CONFIG)
    .option('--json', 'print JSON, without the differences')
    .action(async (id: string, { config, json }: { config: string; json?: boolean }) => {
      await withChangeRoom(config, async ({ store }) => {
        const proposal = await store.proposal(id);
        if (json === true) {
          process.stdout.write(`${jsonOf(proposal)}\n`);
          return;
        }
        const { base, decidedBy, decisionNote, note, files } = proposal;
        const before = base === 0 ? [] : (await store.version(proposal, base)).files;
        const lines = [
          lineOf(proposal),
          `made from version ${base}${note === '' ? '' : `; ${note}`}`,
          ...(decidedBy === undefined ? [] : [`decided by ${decidedBy}: ${decisionNote ?? ''}`]),
        ];
        process.stdout.write(`${lines.join('\n')}\n${printDiff(before, files)}`);
      });
    });
  changes
    .command('export')
    .description('Write the files of a document as it is in force, such as trust-list, into a folder')
    .argument('<kind>', 'trust-list, roles, department …')
    .argument('[name]', 'its name, where there are several of the kind')
    .requiredOption('-o, --out <folder>', 'where to; files there of the same names are written over')
    .option(...CONFIG)
    .action(
      async (kind: string, name: string | undefined, { config, out }: { config: string; out: string }) => {
        await withChangeRoom(config, async ({ store }) => {
          const { version, files } = await inForce(store, kind, name);
          for (const { path, content } of files) {
            const file = join(out, path);
            mkdirSync(dirname(file), { recursive: true });
            writeWhole(file, content);
            process.stdout.write(`${file}  version ${version}\n`);
          }
        });
      },
    );
  return changes;
};

const inForce = async (
  store: ChangeStore,
  kind: string,
  name: string | undefined,
): Promise<DocumentVersion> => {
  if (!DOCUMENT_KINDS.includes(kind as DocumentKind)) {
    throw new CommandLineError(`expected a kind of document: ${DOCUMENT_KINDS.join(', ')}`);
  }
  const all = await store.listCurrent(kind as DocumentKind);
  const [found, ...more] = all.filter((each) => name === undefined || each.name === name);
  if (found !== undefined && more.length === 0) return found;
  const names = all.map((each) => each.name).join(', ');
  throw new CommandLineError(
    found === undefined ? `nothing of that is in force (there are: ${names})` : `say which one: ${names}`,
  );
};

const lineOf = ({ id, kind, name, state, origin, proposedBy, proposedAt }: Proposal): string =>
  `${id}  ${kind} ${name}  [${state}]  ${origin}, ${proposedBy}, ${new Date(proposedAt).toISOString()}`;

const jsonOf = ({ files, ...proposal }: Proposal): string =>
  JSON.stringify({ ...proposal, files: files.map(({ path }) => path) });
