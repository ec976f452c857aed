import { Command } from 'commander';
import { resolve } from 'node:path';
import { loadSettings } from '../server/load-configuration.ts';
import { migrateCity } from '../server/migrate/migrate-city.ts';
import { CommandLineError } from './failure.ts';

interface Options {
  readonly config: string;
  readonly to?: string;
  readonly dryRun?: boolean;
}

export const migrateCommand = (): Command =>
  new Command('migrate')
    .description(
      'Move the city of a data folder into PostgreSQL, for several gateways; the gateway is stopped',
    )
    .option('-c, --config <folder>', 'folder of gateway.yaml', 'config')
    .option('--to <url>', 'postgres://…; what gateway.yaml says under stores.postgres where not given')
    .option('--dry-run', 'say what would be moved, and whether it can be')
    .action(async ({ config, to, dryRun = false }: Options) => {
      const { data, stores } = loadSettings(resolve(config));
      const url = to ?? stores.postgres;
      if (url === undefined)
        throw new CommandLineError('say where to: --to postgres://…, or stores.postgres in gateway.yaml');
      let shown = '';
      const { rows, compared } = await migrateCity({
        data,
        url,
        schema: stores.schema,
        dryRun,
        onProgress: (table, done, of) => {
          if (process.stderr.isTTY) process.stderr.write(`\r${table} ${done} of ${of}   `);
          else if (table !== shown) process.stderr.write(`${table}: ${of}\n`);
          shown = table;
        },
      });
      if (process.stderr.isTTY && shown !== '') process.stderr.write('\n');
      for (const [table, count] of Object.entries(rows)) process.stdout.write(`${table}: ${count}\n`);
      process.stdout.write(
        dryRun
          ? 'Nothing was written. The target is empty, and no gateway uses the data folder.\n'
          : `Moved, counted, and ${compared} values opened on both sides: they are the same.\n${next(stores)}`,
      );
    });

const next = ({
  postgres,
  schema,
}: {
  readonly postgres?: string | undefined;
  readonly schema: string;
}): string =>
  [
    ...(postgres === undefined
      ? ['Now say in gateway.yaml (the password by ${NAME} from the environment):', '', 'stores:']
      : ['gateway.yaml says where it is already:', '', 'stores:']),
    '  postgres: postgres://…   # the same URL',
    `  schema: ${schema}`,
    '  redis: redis://…         # sessions, for more than one gateway',
    '',
    'Then start the gateway with this data folder: its audit log stays there, and the index of it is made anew.',
    'Other gateways get a data folder of their own with a copy of its keys folder. Files that are not used any more:',
    'register.sqlite, changes.sqlite, audit-keys.sqlite, audit-index.sqlite. Never start a gateway on them again.',
    '',
  ].join('\n');
