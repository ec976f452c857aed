import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { KeyPair } from '../integration/proxy/authority.ts';

export interface LoadOptions {
  readonly port: number;
  /** One connection for each, with its certificate. */
  readonly callers: readonly KeyPair[];
  /** `reference` makes a department say the call's reference, which only the gateway gives out. */
  readonly path: string;
}

/** What came of every call. A call is acknowledged by its answer; what it is called by in the audit log is kept. */
export interface Load {
  /** References of calls the department answered. */
  readonly allowed: string[];
  /** References of calls the gateway refused, with the code. */
  readonly refused: { readonly reference: string; readonly code: string }[];
  /** Errors of calls that were on their way. */
  readonly failed: string[];
  /** Connections that did not come about: nothing had been asked on them. */
  readonly unconnected: string[];
  /** Ends when every call is over. */
  stop(): Promise<void>;
}

/** Calls as fast as they are answered, one after the other on each connection, until it is stopped. */
export const startLoad = ({ port, callers, path }: LoadOptions): Load => {
  const load = {
    allowed: [] as string[],
    refused: [] as { reference: string; code: string }[],
    failed: [] as string[],
    unconnected: [] as string[],
  };
  let stopped = false;
  const run = async (pair: KeyPair): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, ...pair });
    while (!stopped) {
      const { sent, error, answer } = await one(agent, port, path);
      if (answer !== undefined) {
        const { status, reference, body } = answer;
        if (status === 200) load.allowed.push(body);
        else load.refused.push({ reference, code: (JSON.parse(body) as { code: string }).code });
      } else {
        (sent ? load.failed : load.unconnected).push(error ?? 'no answer');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    agent.destroy();
  };
  const running = Promise.all(callers.map(run));
  return {
    ...load,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
};

interface Outcome {
  /** The request had been handed to an open connection. */
  readonly sent: boolean;
  readonly error?: string;
  readonly answer?: { readonly status: number; readonly reference: string; readonly body: string };
}

const one = (agent: Agent, port: number, path: string): Promise<Outcome> =>
  new Promise((resolve) => {
    let sent = false;
    const outgoing = request({ host: '127.0.0.1', port, path, agent });
    outgoing.on('socket', (socket) => {
      if (outgoing.reusedSocket) sent = true;
      else socket.once('secureConnect', () => (sent = true));
    });
    const fail = (error: Error): void => resolve({ sent, error: error.message });
    outgoing.on('error', fail);
    outgoing.on('response', (incoming: IncomingMessage) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => (body += text));
      incoming.on('error', fail);
      incoming.on('end', () => {
        const reference = String(incoming.headers['onecert-reference'] ?? '');
        resolve({ sent, answer: { status: incoming.statusCode ?? 0, reference, body } });
      });
    });
    outgoing.end();
  });
