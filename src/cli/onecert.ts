#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { auditCommand } from './audit.ts';
import { backupCommand } from './backup.ts';
import { changesCommand } from './changes.ts';
import { configCommand } from './config.ts';
import { demoCommand } from './demo.ts';
import { EXIT } from './exit-codes.ts';
import { exitCodeOf } from './failure.ts';
import { inspectCommand } from './inspect.ts';
import { keysCommand } from './keys.ts';
import { migrateCommand } from './migrate.ts';
import { restoreCommand } from './restore.ts';
import { rolesCommand } from './roles.ts';
import { servicesCommand } from './services.ts';
import { startCommand } from './start.ts';
import { trustCommand } from './trust.ts';
import { verifyCommand } from './verify.ts';

const NODE_MAJOR = 24;

const main = async (): Promise<void> => {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    process.stderr.write(`onecert needs Node ${NODE_MAJOR} or newer; this is ${process.version}\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  const program = new Command('onecert')
    .description('OneCert (一证通网关): one certificate, of any licensed authority, opens every service.')
    .addCommand(startCommand())
    .addCommand(demoCommand())
    .addCommand(verifyCommand())
    .addCommand(trustCommand())
    .addCommand(configCommand())
    .addCommand(servicesCommand())
    .addCommand(changesCommand())
    .addCommand(rolesCommand())
    .addCommand(auditCommand())
    .addCommand(keysCommand())
    .addCommand(inspectCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(migrateCommand())
    .addHelpText(
      'after',
      '\nExit codes: 0 yes, done · 1 no (refused, does not verify) · 2 usage · 3 configuration · 4 port taken · 5 data folder · 70 internal',
    );
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap((each) => each.commands),
  ]) {
    command.exitOverride();
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      return;
    }
    const { code, lines } = exitCodeOf(error);
    process.stderr.write(`${lines.join('\n')}\n`);
    if (error instanceof ConfigurationError) process.stderr.write('Nothing was started or changed.\n');
    process.exitCode = code;
  }
};

await main();
