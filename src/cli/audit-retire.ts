import { Command, InvalidArgumentError } from 'commander';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { retireSegments } from '../audit/retirement/retire.ts';
import { verifyAuditLog } from '../audit/verify.ts';
import { EXIT } from './exit-codes.ts';

interface Options {
  readonly before: number;
  readonly archive?: string;
}

export const auditRetireCommand = (): Command =>
  new Command('retire')
    .description('Remove whole segments of old entries; their hashes stay, so that every proof still holds')
    .argument('[folder]', 'folder of the audit log', 'data/audit')
    .requiredOption('--before <date>', 'entries written before: 2026-01-31, or with a time', parseDate)
    .option('--archive <folder>', 'move them there, where they can be verified by themselves')
    .action(async (folder: string, { before, archive }: Options) => {
      const path = resolve(folder);
      // What does not verify is evidence.
      const { ok, problem } = await verifyAuditLog(path);
      if (!ok) {
        const { file, line, what } = problem ?? { file: path, line: 0, what: 'unknown' };
        process.stderr.write(
          `The audit log does not verify: ${file}:${line}: ${what}\nNothing was retired.\n`,
        );
        process.exitCode = EXIT.no;
        return;
      }
      const retired = await retireSegments(path, {
        before,
        by: userInfo().username,
        ...(archive !== undefined && { archive: resolve(archive) }),
      });
      const [first, last] = [retired[0], retired.at(-1)];
      process.stdout.write(
        first === undefined || last === undefined
          ? 'No whole segment is that old: nothing was retired.\n'
          : `Retired: segments ${first.segment} to ${last.segment}, entries ${first.first} to ${last.last}.\n`,
      );
    });

function parseDate(text: string): number {
  const at = /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('expected a date such as 2026-01-31, or 2026-01-31T08:00:00Z.');
  return at;
}
