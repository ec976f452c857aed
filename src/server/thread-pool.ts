import { Worker, type MessagePort } from 'node:worker_threads';
import type { MetricsPart } from '../observability/metrics.ts';
import { connectCalls, type Calls } from './call-port.ts';
import type { EndedSessions } from '../signin/session.ts';
import type {
  ControlAnswers,
  DataPlaneAnswers,
  DataPlaneStart,
  GatewayState,
  Listeners,
  Ports,
} from './thread-protocol.ts';

export interface ThreadPoolParts {
  readonly count: number;
  readonly listeners: Listeners;
  /** What every thread is born with, but for its own ports. */
  readonly born: Omit<DataPlaneStart, 'listeners' | 'state' | 'auditPort' | 'tracing'>;
  readonly state: GatewayState;
  readonly connectAudit: () => MessagePort;
  /** Not given: no call is traced. */
  readonly connectTracing?: (() => NonNullable<DataPlaneStart['tracing']>) | undefined;
  readonly answers: ControlAnswers;
  readonly onCrash: (error: Error) => void;
}

/** The data-plane threads, all listening on one port. */
export interface ThreadPool {
  readonly ports: Ports;
  /** In force in every thread when this resolves. Changes are taken in the order given. */
  publish(change: Partial<GatewayState>): Promise<void>;
  /** Told to every thread before this resolves. */
  sessionsEnded(ended: EndedSessions): Promise<void>;
  /** Forgotten by every thread before this resolves. */
  auditKeyDestroyed(holder: string): Promise<void>;
  metrics(): Promise<readonly MetricsPart[]>;
  /** Stops accepting; resolves when all calls in flight are done, or `graceMs` have passed. */
  drain(graceMs: number): Promise<void>;
}

interface Thread {
  /** Says why, and ends it: another takes its place. */
  readonly fail: (error: unknown) => void;
  readonly worker: Worker;
  readonly calls: Calls<DataPlaneAnswers>;
}

/** .ts from source, .js from the built package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** Time between a thread's crash and its successor, so that a crash at start does not spin. */
const RESTART_MS = 1_000;
/** ms a thread has to take a change. */
const TAKE_MS = 10_000;

/** Starts the threads; rejects (EADDRINUSE and so on) when the first cannot listen. */
export const startThreadPool = async (parts: ThreadPoolParts): Promise<ThreadPool> => {
  const threads = new Set<Thread>();
  let state = parts.state;
  let { listeners } = parts;
  let ending = false;

  const spawn = async (begun: (thread: Thread) => void = () => undefined): Promise<Ports> => {
    const auditPort = parts.connectAudit();
    const tracing = parts.connectTracing?.();
    const start: DataPlaneStart = {
      ...parts.born,
      listeners,
      state,
      auditPort,
      ...(tracing !== undefined && { tracing }),
    };
    const worker = new Worker(new URL(`./data-plane-thread${EXTENSION}`, import.meta.url), {
      name: 'data-plane',
      workerData: start,
      transferList: tracing === undefined ? [auditPort] : [auditPort, tracing.port],
      // Worker output goes straight to the process's own, not through the control thread.
      stdout: false,
      stderr: false,
    });
    let failed = false;
    const fail = (error: unknown): void => {
      if (failed || ending) return;
      failed = true;
      parts.onCrash(error instanceof Error ? error : new Error(String(error)));
      // Its successor is born with the state in force; a thread with an old one must not go on.
      void worker.terminate();
    };
    const thread: Thread = { fail, worker, calls: connectCalls<DataPlaneAnswers>(worker, parts.answers) };
    // From now on it is told of every change: what comes before it listens waits in its queue.
    threads.add(thread);
    begun(thread);
    worker.on('error', fail);
    worker.on('exit', () => {
      if (threads.delete(thread) && !ending) setTimeout(respawn, RESTART_MS).unref();
    });
    return thread.calls.call('listen', undefined);
  };
  const respawn = (): void => {
    if (ending) return;
    let spawned: Thread | undefined;
    spawn((thread) => (spawned = thread)).catch((error: unknown) => spawned?.fail(error));
  };
  /** Answers of all threads; one that crashed meanwhile has none, and its successor is born with the state. */
  const all = async <T>(ask: (thread: Thread) => Promise<T>): Promise<T[]> => {
    const answers = await Promise.allSettled([...threads].map(ask));
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  };

  /** A thread that does not take a change, or says nothing for too long, ends: no change is in force by halves. */
  const taken = async (thread: Thread, change: Partial<GatewayState>): Promise<void> => {
    const timer = setTimeout(() => thread.fail(new Error('a thread did not take a change in time')), TAKE_MS);
    try {
      await thread.calls.call('take', change);
    } catch (error) {
      thread.fail(error);
    } finally {
      clearTimeout(timer);
    }
  };

  const stop = async (): Promise<void> => {
    ending = true;
    await all(({ worker }) => worker.terminate());
  };

  let ports: Ports;
  try {
    ports = await spawn();
    // The others listen beside the first, wherever that is.
    listeners = withPorts(listeners, ports);
    await Promise.all(Array.from({ length: parts.count - 1 }, () => spawn()));
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    ports,
    publish: async (change) => {
      state = { ...state, ...change };
      await all((thread) => taken(thread, change));
    },
    sessionsEnded: async (ended) => {
      await all(({ calls }) => calls.call('sessionsEnded', ended));
    },
    auditKeyDestroyed: async (holder) => {
      await all(({ calls }) => calls.call('auditKeyDestroyed', holder));
    },
    metrics: () => all(({ calls }) => calls.call('metrics', undefined)),
    drain: async (graceMs) => {
      ending = true;
      await all(({ calls }) => calls.call('drain', graceMs));
      await stop();
    },
  };
};

const withPorts = (listeners: Listeners, ports: Ports): Listeners => ({
  mutualTls: { ...listeners.mutualTls, port: ports.mutualTls ?? listeners.mutualTls.port },
  ...(listeners.browser && {
    browser: { ...listeners.browser, port: ports.browser ?? listeners.browser.port },
  }),
  ...(listeners.terminator && {
    terminator: { ...listeners.terminator, port: ports.terminator ?? listeners.terminator.port },
  }),
});
