import { Command } from 'commander';
import type { Proposal } from '../changes/document.ts';
import { withChangeRoom } from './change-room.ts';
import { printDiff } from './print-diff.ts';

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
  return changes;
};

const lineOf = ({ id, kind, name, state, origin, proposedBy, proposedAt }: Proposal): string =>
  `${id}  ${kind} ${name}  [${state}]  ${origin}, ${proposedBy}, ${new Date(proposedAt).toISOString()}`;

const jsonOf = ({ files, ...proposal }: Proposal): string =>
  JSON.stringify({ ...proposal, files: files.map(({ path }) => path) });
