import { Command } from 'commander';
import { resolve } from 'node:path';
import { verifyAuditLog } from '../audit/verify.ts';
import { EXIT } from './exit-codes.ts';

export const auditCommand = (): Command => {
  const audit = new Command('audit').description('The audit log');
  audit
    .command('verify')
    .description('Check the hash chain of every entry; needs only the files')
    .argument('[folder]', 'folder of the audit log', 'data/audit')
    .option('--head <seq:hash>', 'a head noted earlier: also finds entries cut off the end')
    .option('--json', 'print JSON')
    .action(async (folder: string, { head, json }: { head?: string; json?: boolean }) => {
      const report = await verifyAuditLog(resolve(folder), head === undefined ? undefined : parseHead(head));
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
  return audit;
};

const parseHead = (text: string): { seq: number; hash: string } => {
  const [seq = '', hash = ''] = text.split(':');
  return { seq: Number(seq), hash };
};
