import { Command, Option } from 'commander';
import { servicesDiff } from './services-diff.ts';
import { servicesExport } from './services-export.ts';
import { servicesImport, type ImportOptions } from './services-import.ts';

const CONFIG = ['-c, --config <folder>', 'folder of gateway.yaml', 'config'] as const;

export const servicesCommand = (): Command => {
  const services = new Command('services').description('Enrolments of departments: export, import, compare');
  services
    .command('export')
    .description('Print a department as it is in force, or write all of them into a folder')
    .argument('[department]', 'its name; all where it is not given')
    .option('-o, --out <folder>', 'write NAME.yaml there instead of printing')
    .option(...CONFIG)
    .action((department: string | undefined, options: { config: string; out?: string }) =>
      servicesExport(department, options),
    );
  services
    .command('import')
    .description('Propose what files of departments say: all of them, or nothing where one is wrong')
    .argument('[files...]', 'YAML files; those under config/departments where none is given')
    .addOption(
      new Option('--take <which>', 'where the files in config/ and what is in force disagree').choices([
        'files',
        'store',
      ]),
    )
    .option('--note <text>', 'why, for whoever approves it', '')
    .option(...CONFIG)
    .action((files: readonly string[], options: ImportOptions) => servicesImport(files, options));
  services
    .command('diff')
    .description('How what is in force differs from the files in config/; exit code 1 where it does')
    .option(...CONFIG)
    .action(({ config }: { config: string }) => servicesDiff(config));
  return services;
};
