import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodePem } from '../../../src/certificate/pem.ts';
import { folder, type PkitsRun } from './judge.ts';

const run = promisify(execFile);

/** What `openssl verify` says of a run: undefined where it accepts, else its error. */
export const judgeByOpenssl = async (pkits: PkitsRun): Promise<string | undefined> => {
  const leaf = pkits.chain.at(-1);
  if (leaf === undefined) throw new Error('an empty chain');
  const scratch = mkdtempSync(join(tmpdir(), 'onecert-pkits-'));
  /** The files as one PEM bundle: -CAfile reads nothing else. */
  const bundle = (label: string, kind: 'certs' | 'crls', names: readonly string[]): string => {
    const file = join(scratch, `${kind}-${names.length}-${names[0] ?? 'none'}.pem`);
    writeFileSync(file, names.map((name) => encodePem(label, readFileSync(join(folder, kind, name)))).join(''));
    return file;
  };
  const certificates = (names: readonly string[]): string => bundle('CERTIFICATE', 'certs', names);
  const intermediates = pkits.chain.slice(0, -1);
  const options = [
    ['-no-CApath', '-no-CAstore', '-CAfile', certificates([pkits.trustAnchor])],
    intermediates.length === 0 ? [] : ['-untrusted', certificates(intermediates)],
    pkits.crls.length === 0 ? [] : ['-CRLfile', bundle('X509 CRL', 'crls', pkits.crls)],
    ['-crl_check_all', '-extended_crl', '-use_deltas', '-policy_check'],
    // anyPolicy has to be named: without any -policy, openssl accepts none where one is demanded.
    pkits.initialPolicySet.flatMap((oid) => ['-policy', oid]),
    pkits.initialExplicitPolicy ? ['-explicit_policy'] : [],
    pkits.initialPolicyMappingInhibit ? ['-inhibit_map'] : [],
    pkits.initialInhibitAnyPolicy ? ['-inhibit_any'] : [],
    ['-attime', String(Date.parse(pkits.validationTime) / 1000)],
  ].flat();
  try {
    await run('openssl', ['verify', ...options, certificates([leaf])]);
    return undefined;
  } catch (error) {
    const said = /error \d+ at \d+ depth lookup: ?(.*)/.exec((error as { stderr?: string }).stderr ?? '')?.[1];
    // No command, unknown options, unreadable files: no verdict.
    if (said === undefined) throw error;
    return said;
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

/** undefined where the machine has no openssl. */
export const opensslVersion = async (): Promise<string | undefined> => {
  try {
    return (await run('openssl', ['version'])).stdout.trim();
  } catch {
    return undefined;
  }
};
