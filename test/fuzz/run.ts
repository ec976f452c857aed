/**
 * npm run fuzz -- --executions 10000000 [--seed N] [--target NAME]: mutated bytes for every parser, until the number is
 * reached. What it finds is written to test/fuzz/corpus/, which the tests replay; the exit code says whether anything.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzzer.ts';
import { readSeeds } from './seeds.ts';
import { TARGETS } from './targets/index.ts';

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() >>> 0) },
    target: { type: 'string' },
  },
});
const SLOWEST_MS = 50;
// Nearly every execution ends in an error, and noting where it came from takes longer than finding it.
Error.stackTraceLimit = 0;
const REPORT_MS = 15_000;

const corpus = join(import.meta.dirname, 'corpus');
const executions = Number(values.executions);
const seed = Number(values.seed);
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

const begun = Date.now();
let reported = begun;
let peak = 0;
let escapes = 0;
const report = (done: number): void => {
  const seconds = Math.max((Date.now() - begun) / 1000, 0.001);
  print(
    `${done} executions, ${(done / seconds).toFixed(0)}/s, ${escapes} findings, ` +
      `${megabytes(process.memoryUsage.rss())} resident (at most ${megabytes(peak)})`,
  );
};

print(`seed ${seed}, ${executions} executions over ${targets.map(({ name }) => name).join(', ')}`);
const { outcomes } = await fuzz(targets, readSeeds(), {
  seed,
  executions,
  slowest: SLOWEST_MS,
  onProgress: (done) => {
    peak = Math.max(peak, process.memoryUsage.rss());
    if (Date.now() - reported < REPORT_MS) return;
    reported = Date.now();
    report(done);
  },
  onFinding: ({ target, execution, bytes, problem }) => {
    escapes++;
    mkdirSync(corpus, { recursive: true });
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const file = join(corpus, `${target}.${digest}`);
    writeFileSync(file, bytes);
    print(`FOUND ${target}, execution ${execution}, ${bytes.length} bytes: ${problem}\n  ${file}`);
  },
});
report(executions);
print(`${outcomes} different outcomes; ${escapes === 0 ? 'nothing escaped' : `${escapes} findings`}`);
process.exitCode = escapes === 0 ? 0 : 1;
