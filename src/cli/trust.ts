import { Command } from 'commander';
import { trustCheckCommand } from './trust-check.ts';
import { trustDiffCommand } from './trust-diff.ts';
import { trustImportCommand } from './trust-import.ts';
import { trustListCommand } from './trust-list.ts';
import { trustSignCommand } from './trust-sign.ts';

export const trustCommand = (): Command =>
  new Command('trust')
    .description('The trust list')
    .addCommand(trustListCommand())
    .addCommand(trustCheckCommand())
    .addCommand(trustDiffCommand())
    .addCommand(trustSignCommand())
    .addCommand(trustImportCommand());
