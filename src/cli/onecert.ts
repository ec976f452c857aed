#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { EXIT } from './exit-codes.ts';
import { exitCodeOf } from './failure.ts';

const NODE_MAJOR = 24;

/** Each with what it needs, and nothing of the others: a question of the command line loads no gateway. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  trust: async () => (await import('./trust.ts')).trustCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  services: async () => (await import('./services.ts')).servicesCommand(),
  changes: async () => (await import('./changes.ts')).changesCommand(),
  roles: async () => (await import('./roles.ts')).rolesCommand(),
  audit: async () => (await import('./audit.ts')).auditCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
};

/** The command that was named; all of them where none was, or one that there is not: for help, and to say so. */
const namedCommands = (name: string | undefined): Promise<readonly Command[]> => {
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all((named === undefined ? Object.values(COMMANDS) : [named]).map((load) => load()));
};

/** Whoever reads has enough, as in `onecert keys list | head`: no defect, and nobody to tell. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const main = async (): Promise<void> => {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    process.stderr.write(`onecert needs Node ${NODE_MAJOR} or newer; this is ${process.version}\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  const program = new Command('onecert')
    .description('OneCert (一证通网关): one certificate, of any licensed authority, opens every service.')
    .addHelpText(
      'after',
      '\nExit codes: 0 yes, done · 1 no (refused, does not verify) · 2 usage · 3 configuration · 4 port taken · 5 data folder · 70 internal',
    );
  for (const command of await namedCommands(process.argv[2])) program.addCommand(command);
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
