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
  const signal = new Promise<undefined>((ask) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(process.exitCode ?? 0);
      asked = true;
      ask(undefined);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  const failure = await Promise.race([signal, gateway.failed]);
  try {
    await gateway.close();
  } finally {
    await close();
  }
  if (failure !== undefined) throw failure;
};
