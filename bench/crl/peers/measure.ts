import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { serialOf } from '../write-crl.ts';

/** What one program printed about one CRL. Memory is the process's own, in bytes; stall and load in ms. */
export interface Measurement {
  readonly loadMs: number;
  /** The same CRL loaded once more by the same process, as a refresh does. */
  readonly againMs?: number;
  readonly peakBytes: number;
  readonly residentBytes: number;
  /** Longest time the main thread's event loop did not turn while loading. */
  readonly stallMs?: number;
  /** The same while nothing was going on: what the machine does to any program. */
  readonly idleStallMs?: number;
  readonly hitNs?: number;
  readonly missNs?: number;
  /** What it did not do that the others did. */
  readonly note?: string;
}

export interface Loaded {
  readonly isRevoked?: (serial: Uint8Array) => boolean;
  readonly note?: string;
}

/** Bytes of /proc/self/status. */
export const memory = (field: 'VmHWM' | 'VmRSS', pid: number | 'self' = 'self'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/**
 * `node peer.ts FILE CA ENTRIES LOOKUPS`: loads, looks up, prints a Measurement as JSON. `prepare` is what a running
 * program has done long before; it is not timed.
 */
export const measure = async (
  load: (file: string, ca: string) => Promise<Loaded>,
  prepare?: (ca: string) => Promise<void>,
): Promise<void> => {
  const [file = '', ca = '', entries = '0', lookups = '0'] = process.argv.slice(2);
  await prepare?.(ca);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await sleep(IDLE_MS);
  const idleStallMs = delays.max / 1e6;
  delays.reset();
  // After a reset the first turn only starts the clock.
  await sleep(20);
  const began = performance.now();
  const loaded = await load(file, ca);
  const loadMs = performance.now() - began;
  // The stall that ends with the loading is seen at the next turn only.
  await sleep(20);
  delays.disable();
  const peakBytes = memory('VmHWM');
  globalThis.gc?.();
  await sleep(50);
  globalThis.gc?.();
  const residentBytes = memory('VmRSS');
  let againMs: number | undefined;
  if (loadMs < PATIENCE_MS) {
    const againBegan = performance.now();
    await load(file, ca);
    againMs = performance.now() - againBegan;
  }
  const result: Measurement = {
    loadMs,
    ...(againMs === undefined ? {} : { againMs }),
    peakBytes,
    residentBytes,
    stallMs: delays.max / 1e6,
    idleStallMs,
    ...(loaded.isRevoked === undefined ? {} : lookUp(loaded.isRevoked, Number(entries), Number(lookups))),
    ...(loaded.note === undefined ? {} : { note: loaded.note }),
  };
  process.stdout.write(JSON.stringify(result));
};

const ROUNDS = 5;
/** How long nothing goes on beforehand, ms. */
const IDLE_MS = 300;
/** ms beyond which nothing is loaded a second time. */
const PATIENCE_MS = 10_000;

/** Median of the rounds, of ns for one look-up of a random serial number that is listed, and of one that is not. */
const lookUp = (
  isRevoked: (serial: Uint8Array) => boolean,
  entries: number,
  lookups: number,
): { hitNs: number; missNs: number } => {
  const listed = new Uint8Array(lookups * 16);
  const unlisted = new Uint8Array(lookups * 16);
  for (let index = 0; index < lookups; index++) {
    const serial = serialOf(Math.floor(Math.random() * entries));
    listed.set(serial, index * 16);
    serial[15] = (serial[15] as number) ^ 0xff;
    serial[4] = (serial[4] as number) ^ 0x55;
    unlisted.set(serial, index * 16);
  }
  const asked = new Uint8Array(16);
  const time = (serials: Uint8Array, expected: boolean): number => {
    let wrong = 0;
    const began = performance.now();
    for (let at = 0; at < serials.length; at += 16) {
      for (let octet = 0; octet < 16; octet++) asked[octet] = serials[at + octet] as number;
      if (isRevoked(asked) !== expected) wrong++;
    }
    const ns = ((performance.now() - began) * 1e6) / lookups;
    if (wrong > 0) throw new Error(`${wrong} of ${lookups} look-ups were answered wrongly`);
    return ns;
  };
  const rounds = Array.from({ length: lookups > 1000 ? ROUNDS : 1 }, () => ({
    hit: time(listed, true),
    miss: time(unlisted, false),
  }));
  return { hitNs: median(rounds.map(({ hit }) => hit)), missNs: median(rounds.map(({ miss }) => miss)) };
};

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
