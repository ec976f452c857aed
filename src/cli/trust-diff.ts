import { Command } from 'commander';
import { resolve } from 'node:path';
import { compareTrustLists } from '../trust/compare-trust-lists.ts';
import { describeComparison } from '../trust/describe-comparison.ts';
import { loadTrustList } from '../trust/load-trust-list.ts';

export const trustDiffCommand = (): Command =>
  new Command('diff')
    .description('Say what putting one trust list in the place of another would change; changes nothing')
    .argument('<old>', 'folder of the trust list in force')
    .argument('<new>', 'folder of the one to come')
    .option('--json', 'print JSON')
    .action(async (old: string, next: string, { json }: { json?: boolean }) => {
      const comparison = await compareTrustLists(
        loadTrustList(resolve(old), 1),
        loadTrustList(resolve(next), 2),
      );
      process.stdout.write(
        json === true
          ? `${JSON.stringify(comparison, null, 2)}\n`
          : `${describeComparison(comparison).join('\n')}\n`,
      );
    });
