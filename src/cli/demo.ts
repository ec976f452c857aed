import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { demoSummary, openDemoCity } from '../demo/index.ts';
import { CommandLineError } from './failure.ts';
import { runGateway } from './run-gateway.ts';

const ROOT = join(import.meta.dirname, '../..');

export const demoCommand = (): Command =>
  new Command('demo')
    .description('Run the gateway with the demo city: authorities, people, departments; state under ./data')
    .option('-d, --data <folder>', 'where everything is kept', process.env.ONECERT_DATA ?? join(ROOT, 'data'))
    .option('-c, --config <folder>', 'folder of gateway.yaml', join(ROOT, 'config'))
    .action(async ({ data, config }: { data: string; config: string }) => {
      if (!existsSync(join(ROOT, 'examples'))) {
        throw new CommandLineError('the demo city runs from a checkout of OneCert: npm ci && npm start');
      }
      const cityPort = process.env.ONECERT_CITY_PORT;
      const city = await openDemoCity({
        folder: resolve(data),
        cityPort: cityPort === undefined ? undefined : Number(cityPort),
      });
      // config/ and ca-trust/ read these, as they would read an operator's own.
      Object.assign(process.env, city.environment);
      process.env.ONECERT_LOG_LEVEL ??= 'warn';
      // Before the gateway: it fetches CRLs at once.
      const responders = await city.startResponders();
      try {
        await runGateway({ configuration: resolve(config) }, async ({ issuer, browserUrl, adminPort }) => {
          const jwksUrl = `http://127.0.0.1:${adminPort}/.well-known/jwks.json`;
          const exchange = browserUrl !== undefined && {
            exchange: {
              tokenUrl: `${browserUrl}/oidc/token`,
              clientSecret: city.schoolSecret,
              ca: city.files.tls.ca,
            },
          };
          const departments = await city.startDepartments({ gatewayUrl: issuer, jwksUrl, ...exchange });
          process.stdout.write(`${demoSummary(city, { gateway: issuer, browser: browserUrl ?? issuer })}\n`);
          return () => departments.close();
        });
      } finally {
        await responders.close();
      }
    });
