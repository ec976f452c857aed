/**
 * npm run bench:sm2: SM2 signature checks a second, ours against sm-crypto-v2, in interleaved rounds; then the same
 * answers as it, and as the openssl command, over 10,000 random and mutated signatures (`--signatures N`; openssl is
 * started once for each).
 */
import { createPublicKey, randomBytes, randomInt } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sm2 } from 'sm-crypto-v2';
import { DerReader } from '../../src/certificate/der.ts';
import { readPublicKey, type PublicKey } from '../../src/certificate/public-key.ts';
import { sm2KeyPair, sm2Sign, verifySm2 } from '../../src/certificate/sm2.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, signatures: { type: 'string', default: '10000' } },
});
const ROUND_MS = 1_000;

interface Sample {
  readonly key: PublicKey;
  readonly hex: string;
  readonly data: Buffer;
  readonly signature: Uint8Array;
}
const fresh = (): Omit<Sample, 'data' | 'signature'> & { sign: (data: Buffer) => Uint8Array } => {
  const { privateKey, publicKey } = sm2KeyPair();
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return {
    key: readPublicKey(new DerReader(spki)),
    hex: Buffer.from(publicKey).toString('hex'),
    sign: (data) => sm2Sign(privateKey, data),
  };
};
const sample = (): Sample => {
  const { sign, ...key } = fresh();
  const data = randomBytes(600);
  return { ...key, data, signature: sign(data) };
};
const peer = ({ hex, data, signature }: Sample): boolean => {
  try {
    return sm2.doVerifySignature(data, Buffer.from(signature).toString('hex'), hex, {
      der: true,
      hash: true,
    });
  } catch {
    return false;
  }
};
const ours = ({ key, data, signature }: Sample): boolean => {
  try {
    return verifySm2(key, data, signature);
  } catch {
    return false;
  }
};

const rate = (check: (sample: Sample) => boolean, next: () => Sample): number => {
  const begun = process.hrtime.bigint();
  let count = 0;
  while (Number(process.hrtime.bigint() - begun) < ROUND_MS * 1e6) {
    if (!check(next())) throw new Error('a good signature was refused');
    count++;
  }
  return (count * 1e9) / Number(process.hrtime.bigint() - begun);
};
const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number;

const known = sample();
const others = Array.from({ length: 256 }, sample);
/** The same key, read anew each time: nothing prepared for it can be reused. */
const unknown = (): Sample => {
  const one = others[randomInt(others.length)] as Sample;
  return { ...one, key: { ...one.key } };
};
const rows = {
  'a known key (an authority)': [() => known, [] as number[], [] as number[]],
  'unknown keys': [unknown, [] as number[], [] as number[]],
} as const;
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [next, mine, theirs] of Object.values(rows)) {
    mine.push(rate(ours, next));
    theirs.push(rate(peer, next));
  }
}
console.log('SM2 signature checks a second (median of %s rounds)', values.rounds);
for (const [name, [, mine, theirs]] of Object.entries(rows)) {
  const [a, b] = [median(mine), median(theirs)];
  console.log(
    `  ${name}: OneCert ${a.toFixed(0)}, sm-crypto-v2 ${b.toFixed(0)}, ratio ${(a / b).toFixed(1)}`,
  );
}

const total = Number(values.signatures);
const answers = { yes: 0, no: 0, differ: 0, differFromOpenssl: 0 };
const folder = mkdtempSync(join(tmpdir(), 'onecert-sm2-'));
const inFolder = (name: string): string => join(folder, name);
const signer = fresh();
writeFileSync(inFolder('key'), signer.key.spki);
/** openssl pkeyutl, with the signer's id that GM/T 0009 gives. */
const byOpenssl = ({ data, signature }: Sample): boolean => {
  writeFileSync(inFolder('data'), data);
  writeFileSync(inFolder('signature'), signature);
  const args = ['pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', inFolder('key'), '-rawin'];
  args.push('-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678');
  args.push('-in', inFolder('data'), '-sigfile', inFolder('signature'));
  const { status, error } = spawnSync('openssl', args);
  if (error !== undefined) throw error;
  return status === 0;
};
for (let index = 0; index < total; index++) {
  const data = randomBytes(randomInt(1, 400));
  const signature = Buffer.from(signer.sign(data));
  const mutation = index % 3;
  // Inside r or s: the peer reads tags and lengths laxly and would differ there.
  if (mutation === 1) {
    const at = index % 2 ? randomInt(8, 32) : signature.length - randomInt(1, 24);
    signature[at] = (signature[at] as number) ^ (1 << randomInt(8));
  }
  if (mutation === 2) data[0] = (data[0] as number) ^ 1;
  const one = { key: signer.key, hex: signer.hex, data, signature };
  const answer = ours(one);
  answers[answer ? 'yes' : 'no']++;
  if (answer !== peer(one)) answers.differ++;
  if (answer !== byOpenssl(one)) answers.differFromOpenssl++;
}
rmSync(folder, { recursive: true });
console.log(
  `${total} signatures, a third good: accepted ${answers.yes}, refused ${answers.no}, answered otherwise than sm-crypto-v2 ${answers.differ}, than openssl ${answers.differFromOpenssl}`,
);
process.exitCode = answers.differ + answers.differFromOpenssl === 0 ? 0 : 1;
