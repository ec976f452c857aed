import { Command, InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';
import type { Head } from '../audit/line.ts';
import { verifyAuditLog } from '../audit/verify.ts';
import { auditEraseCommand, auditExportCommand, auditIndexCommand, auditSearchCommand } from './audit-access.ts';
import { EXIT } from './exit-codes.ts';

export const auditCommand = (): Command => {
  const audit = new Command('audit').description('The audit log');
  audit
    .command('verify')
    .description('Check the hash chain of every entry; needs only the files')
    .argument('[folder]', 'folder of the audit log', 'data/audit')
    .option('--head <seq:hash>', 'a head noted earlier: also finds entries cut off the end', parseHead)
    .option('--json', 'print JSON')
    .action(async (folder: string, { head, json }: { head?: Head; json?: boolean }) => {
      const report = await verifyAuditLog(resolve(folder), head);
      if (json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
      else if (report.ok) {
        process.stdout.write(
          report.entries === 0
            ? 'The audit log is empty.\n'
            : `${report.entries} entries, ${report.firstSeq} to ${report.lastSeq}: the chain is whole.\nhead ${report.lastSeq}:${report.lastHash}\n`,
        );
      } else {
        const { file, line, what } = report.problem ?? { file: folder, line: 0, what: 'unknown' };
        process.stdout.write(`The audit log does not verify: ${file}:${line}: ${what}\n`);
      }
      process.exitCode = report.ok ? EXIT.ok : EXIT.no;
    });
  audit
    .addCommand(auditSearchCommand())
    .addCommand(auditExportCommand())
    .addCommand(auditIndexCommand())
    .addCommand(auditEraseCommand());
  return audit;
};

const parseHead = (text: string): Head => {
  const [, seq, hash] = /^(\d{1,15}):([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) {
    throw new InvalidArgumentError('expected what an earlier run printed as "head": number, colon, hash.');
  }
  return { seq: Number(seq), hash };
};
