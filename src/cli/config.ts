import { Command } from 'commander';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { jsonSchema } from '../configuration/json-schema.ts';
import { gatewaySettingsSchema } from '../server/gateway-settings.ts';
import { loadConfiguration } from '../server/load-configuration.ts';
import { serverCertificateWarning } from '../server/server-certificate.ts';
import { departmentSchema } from '../services/enrolment.ts';
import { authoritySettingsSchema } from '../trust/authority-settings.ts';

/** JSON Schemas by file name, for editors (YAML language server) and reviewers. */
export const SCHEMAS = {
  'gateway.schema.json': () => jsonSchema(gatewaySettingsSchema, 'config/gateway.yaml'),
  'department.schema.json': () => jsonSchema(departmentSchema, 'config/departments/*.yaml'),
  'authority.schema.json': () => jsonSchema(authoritySettingsSchema, 'ca-trust/<authority>/authority.yaml'),
};

export const configCommand = (): Command => {
  const config = new Command('config').description('Check the configuration; write its JSON Schemas');
  config
    .command('check')
    .description('Read gateway.yaml, the departments and the trust list; say everything that is wrong')
    .option('-c, --config <folder>', 'folder of gateway.yaml', 'config')
    .action(({ config: folder }: { config: string }) => {
      const { departments, trust, settings, tls } = loadConfiguration(resolve(folder), 1);
      const services = departments.reduce((sum, department) => sum + department.services.length, 0);
      process.stdout.write(
        `${settings.issuer}: ${trust.authorities.size} authorities, ${departments.length} departments, ${services} services. The configuration is right.\n`,
      );
      const warning = serverCertificateWarning(tls.certificate, Date.now());
      if (warning !== undefined) process.stdout.write(`! ${warning}\n`);
    });
  config
    .command('schema')
    .description('Write the JSON Schemas for editors')
    .option('-o, --out <folder>', 'where to', 'config/schemas')
    .action(({ out }: { out: string }) => {
      mkdirSync(out, { recursive: true });
      for (const [name, text] of Object.entries(SCHEMAS)) writeFileSync(join(out, name), text());
    });
  return config;
};
