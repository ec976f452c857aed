import { startGateway, type Gateway, type GatewayOptions } from '../server/gateway.ts';

/**
 * Starts a gateway and stays with it until SIGTERM or SIGINT has let it end, one that comes while it starts as well; a second
 * signal ends it at once.
 * `around` is started after it and closed after it.
 */
export const runGateway = async (
  options: GatewayOptions,
  around: (gateway: Gateway) => Promise<() => Promise<void>> = async () => async () => undefined,
): Promise<void> => {
  // Before it starts: calls are taken, and /readyz says so, a moment before it has started.
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
  const gateway = await startGateway(options);
  const close = await around(gateway).catch(async (error: unknown) => {
    await gateway.close();
    throw error;
  });
  const failure = await Promise.race([signal, gateway.failed]);
  try {
    await gateway.close();
  } finally {
    await close();
  }
  if (failure !== undefined) throw failure;
};
