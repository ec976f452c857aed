import { createServer } from 'node:net';

/**
 * Below the ports that systems give to whoever connects or asks for any (32768 and up on Linux), and a block for each of
 * Jest's workers: between asking for one and listening at it nobody else takes it. Above 10080, which browsers refuse.
 */
const FIRST = 11_000;
const BLOCK = 2_500;
const BLOCKS = 8;

const first = FIRST + (Number(process.env['JEST_WORKER_ID'] ?? '1') % BLOCKS) * BLOCK;
const given = new Set<number>();

/** A TCP port of this machine at which nobody listens, and that was not given before. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = first + Math.floor(Math.random() * BLOCK);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
};

/** One for each name. */
export const freePorts = async <Name extends string>(
  names: readonly Name[],
): Promise<Record<Name, number>> => {
  const ports: [Name, number][] = [];
  for (const name of names) ports.push([name, await freePort()]);
  return Object.fromEntries(ports) as Record<Name, number>;
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // On every address: what listens at one of them is met too.
    server.listen(port, () => server.close(() => resolve(true)));
  });
