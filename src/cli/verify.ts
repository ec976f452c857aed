import { Command, InvalidArgumentError, Option } from 'commander';
import { resolve } from 'node:path';
import { formatName } from '../certificate/name.ts';
import { readSubject } from '../identity/read-subject.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { SubjectReading } from '../identity/identity.ts';
import { maskName, maskText } from '../observability/masking.ts';
import { describe } from '../refusal/refusal.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { loadTrustList } from '../trust/load-trust-list.ts';
import type { TrustList } from '../trust/trust-list.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { openVerifier, type VerifierOptions } from '../verdict/verifier.ts';
import { EXIT } from './exit-codes.ts';
import { readChain, readInput } from './read-chain.ts';

interface VerifyOptions {
  readonly trust: string;
  readonly chain: string[];
  readonly crl: string[];
  readonly ocsp: string[];
  readonly at?: number;
  readonly json?: boolean;
  readonly lang: string;
}

export const verifyCommand = (): Command =>
  new Command('verify')
    .description('Judge a certificate and say why, step by step; exit code 0: good, 1: refused')
    .argument('<certificate>', 'PEM or DER; certificates after the first are taken as its chain')
    .option('-t, --trust <folder>', 'folder of the trust list', 'ca-trust')
    .option('--chain <file>', 'more certificates of the chain (repeatable)', collect, [])
    .option('--crl <file>', 'CRL to decide by, instead of the network (repeatable)', collect, [])
    .option(
      '--ocsp <file>',
      'OCSP response (DER) to decide by, instead of the network (repeatable)',
      collect,
      [],
    )
    .option('--at <time>', 'the moment to judge at, ISO 8601; now where absent', parseTime)
    .addOption(
      new Option('--lang <zh|en|both>', 'language of the report')
        .choices(['zh', 'en', 'both'])
        .default('both'),
    )
    .option('--json', 'print JSON')
    .action(async (file: string, options: VerifyOptions) => {
      const chain = [file, ...options.chain].flatMap((each) => readChain(resolve(each)));
      const trust = loadTrustList(resolve(options.trust), 1);
      const verifier = await openVerifier({ trust, ...filesOf(options) });
      try {
        const verdict = await verifier.verify(chain, options.at);
        const subject = readIdentity(verdict, trust);
        print(verdict, subject, options);
        const refused = verdict.outcome === 'refused' || 'code' in subject;
        process.exitCode = refused ? EXIT.no : EXIT.ok;
      } finally {
        await verifier.close();
      }
    });

const filesOf = ({ crl, ocsp }: VerifyOptions): Pick<VerifierOptions, 'files'> =>
  crl.length + ocsp.length === 0
    ? {}
    : {
        files: {
          crls: crl.map((file) => resolve(file)),
          ocspResponses: ocsp.map((file) => readInput(resolve(file))),
        },
      };

const collect = (value: string, before: string[]): string[] => [...before, value];

const parseTime = (text: string): number => {
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidArgumentError('expected ISO 8601, such as 2026-11-24T12:00:00+08:00');
  return time;
};

type Subject = { readonly reading: SubjectReading } | { readonly code: RefusalCode } | Record<string, never>;

/** Whom the certificate names by the profile of its authority; nothing of a certificate that is refused. */
const readIdentity = ({ outcome, certificate, authority }: Verdict, { authorities }: TrustList): Subject => {
  const settings = authorities.get(authority ?? '')?.settings;
  if (outcome === 'refused' || certificate === undefined || settings === undefined) return {};
  try {
    return { reading: readSubject(certificate, settings.identity) };
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code };
    throw error;
  }
};

const print = (verdict: Verdict, subject: Subject, { json, lang }: VerifyOptions): void => {
  const code = verdict.code ?? ('code' in subject ? subject.code : undefined);
  const said = code === undefined ? undefined : describe(code);
  const person =
    'reading' in subject
      ? {
          kind: subject.reading.kind,
          name: maskName(subject.reading.name),
          identifiers: subject.reading.identifiers.map(({ type, value }) => ({
            type,
            value: maskText(value),
          })),
        }
      : undefined;
  if (json === true) {
    const report = {
      outcome: code === undefined ? 'good' : 'refused',
      code,
      clause: said?.clause,
      next: said && { zh: said.zh.next, en: said.en.next },
      subject: verdict.certificate && formatName(verdict.certificate.subject),
      authority: verdict.authority,
      thumbprint: verdict.thumbprint,
      judgedAt: new Date(verdict.judgedAt).toISOString(),
      validUntil: new Date(verdict.validUntil).toISOString(),
      identity: person,
      steps: verdict.steps,
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  const sentence = (each: { zh: string; en: string }): string =>
    lang === 'zh' ? each.zh : lang === 'en' ? each.en : `${each.zh} · ${each.en}`;
  const mark = { passed: '✓', failed: '✗', skipped: '–' };
  const lines = verdict.steps.map(
    (step) =>
      `  ${mark[step.outcome]} ${sentence(step)}  [${step.clause}]${step.on === undefined ? '' : `\n      ${step.on}`}`,
  );
  if (person !== undefined) {
    const numbers = person.identifiers.map(({ type, value }) => `${type} ${value}`).join(', ');
    lines.push(`  ✓ ${person.kind} ${person.name}: ${numbers}`);
  }
  lines.push(
    code === undefined || said === undefined
      ? sentence({ zh: '结论：有效', en: 'Verdict: good' })
      : `${sentence({ zh: '结论：拒绝', en: 'Verdict: refused' })} ${code}\n${sentence({ zh: said.zh.title, en: said.en.title })}\n${sentence({ zh: said.zh.next, en: said.en.next })}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
};
