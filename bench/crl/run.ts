import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, memory, type Measurement } from './peers/measure.ts';
import { issueLeaf, makeAuthority, writeCrl, writePem, type BenchAuthority } from './write-crl.ts';

/**
 * Loads CRLs of ten thousand, a million and ten million entries (16-octet serial numbers, P-256) with OneCert and with
 * others, each in a process of its own, in turns, and prints how they compare. Ratios of one run are what counts.
 * `npm run bench:crl [-- --quick]`. Needs Linux (/proc) and the openssl command.
 */
const quick = process.argv.includes('--quick');
const SIZES = quick ? [10_000, 1_000_000] : [10_000, 1_000_000, 10_000_000];
/** A CRL of hardly anything: what a process takes before it has loaded anything worth mentioning. */
const TINY = 10;
const ROUNDS = quick ? 3 : 5;
const TIME_LIMIT_MS = 180_000;
const HEAP_MIB = 12_000;

interface Input {
  readonly file: string;
  readonly entries: number;
  readonly authority: BenchAuthority;
  readonly leaf: string;
}

interface Program {
  readonly name: string;
  /** Entries beyond which it is not asked any more: it takes minutes, or all memory. */
  readonly upTo?: number;
  readonly rounds: number;
  readonly run: (input: Input) => Promise<Measurement | string>;
}

/** Runs a program to its end; its peak memory is read from /proc while it runs. */
const runProcess = (
  command: string,
  args: readonly string[],
): Promise<{ ms: number; peakBytes: number; out: string } | string> =>
  new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let problem = '';
    let peakBytes = 0;
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (problem += data.toString()));
    const poll = setInterval(() => {
      try {
        peakBytes = Math.max(peakBytes, memory('VmHWM', child.pid) || 0);
      } catch {
        // It has just ended.
      }
    }, 2);
    const limit = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS);
    child.on('error', ({ message }) => {
      clearInterval(poll);
      clearTimeout(limit);
      resolve(message);
    });
    child.on('close', (code, signal) => {
      const ms = performance.now() - began;
      clearInterval(poll);
      clearTimeout(limit);
      if (code === 0) resolve({ ms, peakBytes, out });
      else
        resolve(signal === null ? reasonIn(problem) : `ended by ${signal} after ${Math.round(ms / 1000)} s`);
    });
  });

const reasonIn = (problem: string): string =>
  /Cannot find (?:package|module)/.test(problem)
    ? 'not installed'
    : (/^.*(?:Error|FATAL).*$/m.exec(problem)?.[0] ?? problem.trim().split('\n').at(-1) ?? '').slice(0, 110);

const peer =
  (file: string, lookups: number) =>
  async ({ file: crl, authority, entries }: Input) => {
    const result = await runProcess(process.execPath, [
      ...['--conditions=onecert-source', '--expose-gc', `--max-old-space-size=${HEAP_MIB}`],
      ...[
        join(import.meta.dirname, 'peers', file),
        crl,
        authority.certificate,
        String(entries),
        String(lookups),
      ],
    ]);
    return typeof result === 'string' ? result : (JSON.parse(result.out) as Measurement);
  };

const openssl = (args: (input: Input) => readonly string[], note: string) => async (input: Input) => {
  const result = await runProcess('openssl', args(input));
  if (typeof result === 'string') return result;
  return { loadMs: result.ms, peakBytes: result.peakBytes, residentBytes: result.peakBytes, note };
};

const ONECERT = 'OneCert';
const PROGRAMS: readonly Program[] = [
  { name: ONECERT, rounds: ROUNDS, run: peer('onecert.ts', 500_000) },
  {
    name: 'openssl crl',
    rounds: ROUNDS,
    run: openssl(
      ({ file, authority }) => [
        'crl',
        '-inform',
        'DER',
        '-in',
        file,
        '-CAfile',
        authority.certificate,
        '-noout',
      ],
      'the whole command',
    ),
  },
  {
    name: 'openssl verify -crl_check',
    rounds: ROUNDS,
    run: openssl(
      ({ file, authority, leaf }) => [
        'verify',
        '-crl_check',
        '-CAfile',
        authority.certificate,
        '-CRLfile',
        file,
        leaf,
      ],
      'the whole command, one look-up in it',
    ),
  },
  { name: 'tls.createSecureContext', rounds: ROUNDS, run: peer('node-tls.ts', 0) },
  { name: 'pkijs', rounds: 1, upTo: 1_000_000, run: peer('pkijs.ts', 2) },
  { name: '@peculiar/x509', rounds: 1, upTo: 1_000_000, run: peer('peculiar-x509.ts', 2) },
  { name: 'node-forge', rounds: 1, upTo: 1_000_000, run: peer('node-forge.ts', 0) },
];

const combine = (results: readonly Measurement[]): Measurement => {
  const middle = (field: keyof Measurement): number | undefined => {
    const values = results.map((each) => each[field]).filter((value) => typeof value === 'number');
    return values.length === 0 ? undefined : median(values);
  };
  return {
    ...(results[0] as Measurement),
    ...Object.fromEntries(
      NUMBERS.flatMap((field) => {
        const value = middle(field);
        return value === undefined ? [] : [[field, value]];
      }),
    ),
  };
};
const NUMBERS = [
  'loadMs',
  'againMs',
  'peakBytes',
  'residentBytes',
  'stallMs',
  'idleStallMs',
  'hitNs',
  'missNs',
] as const;

/** All programs on one CRL, in turns. */
const runAll = async (input: Input, rounds: number): Promise<Map<string, Measurement | string>> => {
  const results = new Map<string, Measurement[]>();
  const failed = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, upTo = Infinity, rounds: own, run } of PROGRAMS) {
      if (round >= own || failed.has(name)) continue;
      if (input.entries > upTo) {
        failed.set(name, `not asked beyond ${upTo.toLocaleString('en')} entries`);
        continue;
      }
      const result = await run(input);
      if (typeof result === 'string') failed.set(name, result);
      else results.set(name, [...(results.get(name) ?? []), result]);
    }
  }
  return new Map(
    PROGRAMS.map(({ name }) => [name, failed.get(name) ?? combine(results.get(name) as Measurement[])]),
  );
};

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
const rounded = (value: number | undefined, digits = 0): string =>
  value === undefined ? '' : value.toFixed(digits);
const ratio = (theirs: number, ours: number): string => (ours > 0 ? `${(theirs / ours).toFixed(1)} ×` : '');

const print = (
  entries: number,
  results: Map<string, Measurement | string>,
  idle: Map<string, Measurement | string>,
): void => {
  const added = (name: string, field: 'peakBytes' | 'residentBytes'): number => {
    const [result, before] = [results.get(name), idle.get(name)];
    if (typeof result !== 'object' || typeof before !== 'object') return NaN;
    return Math.max(result[field] - before[field], 0);
  };
  console.log(`\n### ${entries.toLocaleString('en')} entries, ${mib(entries * 35)} MiB of DER\n`);
  console.log(
    '| program | load ms | again ms | peak MiB added | resident MiB added | stall ms | hit ns | miss ns | load, to OneCert | peak, to OneCert | |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |');
  const ours = results.get(ONECERT);
  for (const [name, result] of results) {
    if (typeof result === 'string') {
      console.log(`| ${name} | | | | | | | | | | ${result} |`);
      continue;
    }
    const peak = added(name, 'peakBytes');
    const cells = [
      name,
      rounded(result.loadMs, result.loadMs < 100 ? 1 : 0),
      rounded(result.againMs, result.loadMs < 100 ? 1 : 0),
      mib(peak),
      result.stallMs === undefined ? '' : mib(added(name, 'residentBytes')),
      result.stallMs === undefined ? '' : `${rounded(result.stallMs, 1)} (${rounded(result.idleStallMs, 1)})`,
      rounded(result.hitNs),
      rounded(result.missNs),
      typeof ours === 'object' ? ratio(result.loadMs, ours.loadMs) : '',
      ratio(peak, added(ONECERT, 'peakBytes')),
      result.note ?? '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
};

const folder = mkdtempSync(join(tmpdir(), 'onecert-bench-crl-'));
try {
  console.log(
    `CRLs: ${cpus()[0]?.model ?? ''}, ${availableParallelism()} cores, Node ${process.version}, ${ROUNDS} rounds in turns, medians`,
  );
  for (const line of [
    'Memory is what a program took more than for a CRL of ten entries. Load includes the signature; OneCert loads in',
    'a thread that runs already but has never read a CRL, others where they are called; a command is timed from its',
    'start to its end. "again" is the second load in the same process. Stall is the longest time the main thread did',
    'not get its turn, in brackets the same while nothing was going on.',
  ]) {
    console.log(line);
  }
  const authority = makeAuthority(folder);
  const leaf = issueLeaf(folder, authority);
  const inputOf = (entries: number): Input => {
    const file = join(folder, `${entries}.crl`);
    writeCrl(file, entries, authority);
    writePem(file, `${file}.pem`);
    return { file, entries, authority, leaf };
  };
  const idle = await runAll(inputOf(TINY), 3);
  for (const entries of SIZES) {
    const input = inputOf(entries);
    print(entries, await runAll(input, entries > 1_000_000 ? Math.min(3, ROUNDS) : ROUNDS), idle);
    rmSync(input.file);
    rmSync(`${input.file}.pem`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
