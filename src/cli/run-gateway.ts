import { startGateway, type Gateway, type GatewayOptions } from '../server/gateway.ts';

/**
 * Starts a gateway and stays with it until SIGTERM or SIGINT has let it end; a second signal ends it at once.
 * `around` is started after it and closed after it.
 */
export const runGateway = async (
  options: GatewayOptions,
  around: (gateway: Gateway) => Promise<() => Promise<void>> = async () => async () => undefined,
): Promise<void> => {
  const gateway = await startGateway(options);
  const close = await around(gateway).catch(async (error: unknown) => {
    await gateway.close();
    throw error;
  });
  await new Promise<void>((ended) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(process.exitCode ?? 0);
      asked = true;
      void gateway
        .close()
        .then(close)
        .then(ended, (error: unknown) => {
          process.stderr.write(
            `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
          );
          process.exit(70);
        });
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
};
