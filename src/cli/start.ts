import { Command } from 'commander';
import { resolve } from 'node:path';
import { runGateway } from './run-gateway.ts';

export const startCommand = (): Command =>
  new Command('start')
    .description('Run the gateway; SIGTERM and SIGINT let calls in flight end')
    .option('-c, --config <folder>', 'folder of gateway.yaml', 'config')
    .action(async ({ config }: { config: string }) => {
      await runGateway({ configuration: resolve(config) });
    });
