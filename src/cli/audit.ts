import { Command } from 'commander';
import {
  auditEraseCommand,
  auditExportCommand,
  auditIndexCommand,
  auditSearchCommand,
} from './audit-access.ts';
import { auditCheckpointCommand, auditKeyCommand } from './audit-checkpoint.ts';
import { auditCheckProofCommand, auditProveCommand } from './audit-prove.ts';
import { auditRetireCommand } from './audit-retire.ts';
import { auditVerifyCommand } from './audit-verify.ts';

export const auditCommand = (): Command => {
  const audit = new Command('audit').description('The audit log');
  audit
    .addCommand(auditVerifyCommand())
    .addCommand(auditProveCommand())
    .addCommand(auditCheckProofCommand())
    .addCommand(auditCheckpointCommand())
    .addCommand(auditKeyCommand())
    .addCommand(auditRetireCommand());
  audit
    .addCommand(auditSearchCommand())
    .addCommand(auditExportCommand())
    .addCommand(auditIndexCommand())
    .addCommand(auditEraseCommand());
  return audit;
};
