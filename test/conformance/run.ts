/**
 * `npm run conformance`: NIST PKITS judged by OneCert and, in the same run, by `openssl verify`; every verdict that
 * does not agree with the suite is listed. Exits with 1 where OneCert's do not.
 */
import { DSA, judge, runs, type PkitsRun } from './pkits/judge.ts';
import { judgeByOpenssl, opensslVersion } from './pkits/judge-by-openssl.ts';

interface Judgement {
  readonly run: PkitsRun;
  readonly onecert: boolean;
  /** Of an accepted path: whether its policies are the expected ones. */
  readonly policies: boolean;
  /** Whether openssl accepts, and what it says where it does not. */
  readonly openssl: { readonly accepts: boolean; readonly said: string };
}

const print = (line = ''): void => void process.stdout.write(`${line}\n`);
const title = ({ id, subpart, title: text }: PkitsRun): string =>
  `${id}${subpart === null ? '' : ` part ${subpart}`}  ${text.replace(/ \(Subpart \d+\)$/, '')}`;
const word = (accepted: boolean): string => (accepted ? 'accept' : 'refuse');

const version = await opensslVersion();
if (version === undefined && process.env.ONECERT_REQUIRE_SERVICES === '1')
  throw new Error('openssl is missing');

const judgeBoth = async (run: PkitsRun): Promise<Judgement> => {
  const said = version === undefined ? 'not asked' : await judgeByOpenssl(run);
  const path = await judge(run);
  const expected = [...run.expectedUserConstrainedPolicySet].sort().join();
  return {
    run,
    onecert: path !== undefined,
    policies: path === undefined || [...path.policies].sort().join() === expected,
    openssl: { accepts: said === undefined, said: said ?? 'accept' },
  };
};

const judgements: Judgement[] = [];
for (const run of runs) judgements.push(await judgeBoth(run));

const counted = judgements.filter(({ run }) => !DSA.has(run.id));
const wrong = counted.filter(({ run, onecert, policies }) => onecert !== run.shouldValidate || !policies);
const wrongOpenssl =
  version === undefined
    ? judgements
    : judgements.filter(({ run, openssl }) => openssl.accepts !== run.shouldValidate);

const sections = [...new Set(runs.map(({ id }) => id.split('.').slice(0, 2).join('.')))];
print(`NIST PKITS 1.0.1, ${runs.length} runs; ${version ?? 'openssl is not installed'}`);
print();
print('section    runs  OneCert  openssl');
for (const section of sections) {
  const of = (list: readonly Judgement[]): number =>
    list.filter(({ run }) => run.id.startsWith(`${section}.`)).length;
  const all = of(judgements);
  print(
    `${section.padEnd(9)}${String(all).padStart(6)}${String(all - of(wrong)).padStart(9)}${String(all - of(wrongOpenssl)).padStart(9)}`,
  );
}
print();
print(
  `OneCert agrees with ${counted.length - wrong.length} of ${counted.length} verdicts, policies included`,
);
for (const { run, onecert } of wrong) {
  print(`  ${title(run)}: expected ${word(run.shouldValidate)}, OneCert: ${word(onecert)}`);
}
const dsa = judgements.filter(({ run }) => DSA.has(run.id));
print(`and refuses all ${dsa.length} of DSA by algorithm policy, counted apart:`);
for (const { run, onecert } of dsa) {
  print(`  ${title(run)}: expected ${word(run.shouldValidate)}, OneCert: ${word(onecert)}`);
}
print();
if (version !== undefined) {
  print(
    `openssl verify agrees with ${judgements.length - wrongOpenssl.length} of ${judgements.length} verdicts`,
  );
  for (const { run, onecert, openssl } of wrongOpenssl) {
    const said = openssl.accepts ? 'accept' : `refuse (${openssl.said})`;
    print(
      `  ${title(run)}: expected ${word(run.shouldValidate)}, OneCert: ${word(onecert)}, openssl: ${said}`,
    );
  }
  print('The disagreements are explained in docs/conformance.md.');
}
process.exitCode = wrong.length + dsa.filter(({ onecert }) => onecert).length === 0 ? 0 : 1;
