/**
 * npm run bench:verdict: what a verdict takes, uncached and cached, against the bare signature checks and against other
 * engines, in one run and in interleaved rounds. Ratios are the medians of those within a round. The fastest round is
 * shown beside the median because a machine that is shared only ever makes things slower.
 * `--quick`, `--rounds N`, `--ms N` (of each contestant in a round), `--kind P-256|RSA-2048|SM2`.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { makeChain, type BenchChain, type ChainKind } from './chain.ts';
import { bareSignatures, cached, firstEver, uncached, uncachedAlone, type Contestant } from './ours.ts';
import { forge, nodeX509, opensslCommand, peculiarX509, pkijs, type Peer } from './peers.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    ms: { type: 'string' },
    kind: { type: 'string' },
  },
});
const ROUNDS = Number(values.rounds ?? (values.quick ? 5 : 25));
const ROUND_MS = Number(values.ms ?? (values.quick ? 60 : 100));
const LEAVES = values.quick ? 60 : 300;
const KINDS: readonly ChainKind[] = ['P-256', 'RSA-2048', 'SM2'];

interface Row {
  readonly name: string;
  /** Why there are no figures. */
  readonly missing?: string;
  /** µs of each round. */
  readonly rounds: number[];
  readonly measure: () => number | Promise<number>;
}

/** µs a leaf: as many as fit into the time, after a few to begin with. */
const timed = (contestant: Contestant) => {
  let leaf = 0;
  return async (): Promise<number> => {
    for (let warm = 0; warm < 5; warm++) await contestant(leaf++);
    const begun = performance.now();
    let count = 0;
    let now = begun;
    while (now - begun < ROUND_MS) {
      for (let some = 0; some < 10; some++) {
        const pending = contestant(leaf++);
        if (pending !== undefined) await pending;
      }
      count += 10;
      now = performance.now();
    }
    return ((now - begun) / count) * 1000;
  };
};

/** µs a leaf of a fixed number, each with something of its own prepared before. */
const prepared = ({ prepare, run }: ReturnType<typeof firstEver>) => {
  const COUNT = 200;
  let leaf = 0;
  return async (): Promise<number> => {
    prepare(COUNT);
    const begun = performance.now();
    for (let count = 0; count < COUNT; count++) await run(leaf++);
    return ((performance.now() - begun) / COUNT) * 1000;
  };
};

const ours = (name: string, measure: Row['measure']): Row => ({ name, rounds: [], measure });
const NEVER = (): never => {
  throw new Error('not measured');
};
const peerRow = async (name: string, make: () => Peer | Promise<Peer>): Promise<Row> => {
  const absent = (missing: string): Row => ({ name, missing, rounds: [], measure: NEVER });
  try {
    const peer = await make();
    if ('missing' in peer) return absent(peer.missing);
    await peer(0);
    return { name, rounds: [], measure: timed(peer) };
  } catch (error) {
    return absent(`fails: ${(error as Error).message.split('\n')[0]}`);
  }
};

const FLOOR = 'two bare signature checks (the floor)';
const UNCACHED = 'OneCert, uncached verdict';
const CACHED = 'OneCert, cached verdict';

const rowsOf = async (chain: BenchChain): Promise<{ rows: Row[]; close: () => void }> => {
  const command = opensslCommand(chain);
  const commandRow: Row =
    'missing' in command
      ? { name: 'openssl verify -crl_check_all', missing: command.missing, rounds: [], measure: NEVER }
      : { name: 'openssl verify -crl_check_all, in one process', rounds: [], measure: command.run };
  return {
    rows: [
      ours(FLOOR, timed(bareSignatures(chain, 2))),
      ours("the leaf's signature alone", timed(bareSignatures(chain, 1))),
      ours(UNCACHED, timed(uncached(chain))),
      ours('OneCert, uncached, leaf presented alone', timed(uncachedAlone(chain))),
      ours('OneCert, first verdict under a new trust list', prepared(firstEver(chain))),
      ours(CACHED, timed(cached(chain))),
      await peerRow('node X509Certificate, parse and verify', () => nodeX509(chain)),
      commandRow,
      await peerRow('@peculiar/x509 chain builder', () => peculiarX509(chain)),
      await peerRow('pkijs chain engine', () => pkijs(chain)),
      await peerRow('node-forge verifyCertificateChain', () => forge(chain)),
    ],
    close: () => {
      if (!('missing' in command)) command.close();
    },
  };
};

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
const figure = (us: number): string => (us < 10 ? us.toFixed(2) : us.toFixed(1));

const openssl = ((): string => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).trim();
  } catch {
    return 'no openssl command';
  }
})();
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} processors; Node ${process.versions.node} with OpenSSL ${process.versions.openssl}; command: ${openssl}`,
);
console.log(
  `chain of 3 (leaf, issuing, root), CRLs of both authorities in force; ${ROUNDS} interleaved rounds of ${ROUND_MS} ms`,
);

for (const kind of KINDS.filter((each) => values.kind === undefined || each === values.kind)) {
  const { rows, close } = await rowsOf(makeChain(kind, LEAVES));
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of rows) if (row.missing === undefined) row.rounds.push(await row.measure());
  }
  close();
  const floor = rows[0]?.rounds ?? [];
  const ratioOf = ({ rounds }: Row): number => median(rounds.map((us, round) => us / (floor[round] ?? NaN)));
  console.log(`\n${kind.padEnd(50)}${'µs'.padStart(10)}${'fastest'.padStart(10)}${'to floor'.padStart(12)}`);
  for (const row of rows) {
    const { name, missing, rounds } = row;
    console.log(
      missing === undefined
        ? `  ${name.padEnd(48)}${figure(median(rounds)).padStart(10)}${figure(Math.min(...rounds)).padStart(10)}${`${ratioOf(row).toFixed(2)} ×`.padStart(12)}`
        : `  ${name.padEnd(48)}${'missing'.padStart(10)}  ${missing}`,
    );
  }
  if (kind !== 'P-256') continue;
  const of = (name: string): Row => rows.find((row) => row.name === name) as Row;
  const [ratio, ns] = [ratioOf(of(UNCACHED)), Math.min(...of(CACHED).rounds) * 1000];
  console.log(
    `  uncached ${ratio.toFixed(2)} × the floor (target 1.3): ${ratio <= 1.3 ? 'met' : 'missed'}; ` +
      `cached ${ns.toFixed(0)} ns in the fastest round (target 2000): ${ns < 2000 ? 'met' : 'missed'}`,
  );
}
