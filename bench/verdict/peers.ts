import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePem } from '../../src/certificate/pem.ts';
import type { BenchChain } from './chain.ts';
import type { Contestant } from './ours.ts';

/** Another's way to judge; `undefined` where it cannot, and why. */
export type Peer = Contestant | { readonly missing: string };

const leafOf = ({ leaves }: BenchChain, number: number): Buffer =>
  Buffer.from(leaves[number % leaves.length] ?? []);

/** Parse leaf and issuing certificate, check both signatures and that the names chain. No CRL. */
export const nodeX509 = ({ root, issuing, ...chain }: BenchChain): Peer => {
  const rootKey = new X509Certificate(root.der).publicKey;
  const run: Contestant = (number) => {
    const leaf = new X509Certificate(leafOf({ root, issuing, ...chain }, number));
    const middle = new X509Certificate(issuing.der);
    if (!leaf.checkIssued(middle) || !leaf.verify(middle.publicKey) || !middle.verify(rootKey)) {
      throw new Error('refused');
    }
  };
  return chain.kind === 'SM2' ? { missing: 'answers false: no signer id' } : run;
};

export const pkijs = async (chain: BenchChain): Promise<Peer> => {
  if (chain.kind === 'SM2') return { missing: 'no SM2' };
  const { Certificate, CertificateRevocationList, CertificateChainValidationEngine } = await import('pkijs');
  const read = (der: Uint8Array): InstanceType<typeof Certificate> =>
    Certificate.fromBER(new Uint8Array(der));
  const [root, issuing] = [read(chain.root.der), read(chain.issuing.der)];
  const crls = chain.crlsDer.map((der) => CertificateRevocationList.fromBER(new Uint8Array(der)));
  return async (number) => {
    const engine = new CertificateChainValidationEngine({
      trustedCerts: [root],
      certs: [issuing, read(leafOf(chain, number))],
      crls,
      checkDate: new Date(chain.at),
    });
    const { result, resultMessage } = await engine.verify();
    if (!result) throw new Error(resultMessage);
  };
};

/** RSA only, and no CRL. */
export const forge = async (chain: BenchChain): Promise<Peer> => {
  if (chain.kind !== 'RSA-2048') return { missing: 'RSA only' };
  const { default: forge } = await import('node-forge');
  const read = (der: Uint8Array) =>
    forge.pki.certificateFromAsn1(forge.asn1.fromDer(Buffer.from(der).toString('latin1')));
  const store = forge.pki.createCaStore([read(chain.root.der)]);
  const issuing = read(chain.issuing.der);
  return (number) => {
    if (!forge.pki.verifyCertificateChain(store, [read(leafOf(chain, number)), issuing])) {
      throw new Error('refused');
    }
  };
};

/** Builds the chain, which checks signatures, and looks the leaf up in the CRL. No checks of section 6. */
export const peculiarX509 = async (chain: BenchChain): Promise<Peer> => {
  if (chain.kind === 'SM2') return { missing: 'no SM2' };
  await import('./reflect-metadata.ts');
  const { X509Certificate: Certificate, X509ChainBuilder, X509Crl } = await import('@peculiar/x509');
  const [root, issuing] = [new Certificate(chain.root.der), new Certificate(chain.issuing.der)];
  const builder = new X509ChainBuilder({ certificates: [root, issuing] });
  const crl = new X509Crl(Buffer.from(chain.crlsDer[1] ?? []));
  return async (number) => {
    const leaf = new Certificate(leafOf(chain, number));
    const path = await builder.build(leaf);
    if (path.length !== 3 || crl.findRevoked(leaf) !== null) throw new Error('refused');
  };
};

/** `openssl verify` of many certificates in one process. µs a certificate, what the process itself takes left out. */
export const opensslCommand = (
  chain: BenchChain,
): { run: () => number; close: () => void } | { missing: string } => {
  if (spawnSync('openssl', ['version']).status !== 0) return { missing: 'no openssl command' };
  const folder = mkdtempSync(join(tmpdir(), 'onecert-bench-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const root = write('root.pem', encodePem('CERTIFICATE', chain.root.der));
  const issuing = write('issuing.pem', encodePem('CERTIFICATE', chain.issuing.der));
  const crls = write('crls.pem', chain.crlsDer.map((der) => encodePem('X509 CRL', der)).join(''));
  const leaves = chain.leaves.map((der, index) => write(`${index}.pem`, encodePem('CERTIFICATE', der)));
  const sm2 = chain.kind === 'SM2' ? ['-vfyopt', 'distid:1234567812345678'] : [];
  const verify = (files: readonly string[]): number => {
    const begun = performance.now();
    // prettier-ignore
    const out = execFileSync('openssl', ['verify', '-crl_check_all', '-purpose', 'sslclient', ...sm2,
      '-no-CApath', '-no-CAstore', '-CAfile', root, '-untrusted', issuing, '-CRLfile', crls, ...files],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (out.split('\n').filter((line) => line.endsWith(': OK')).length !== files.length) throw new Error(out);
    return performance.now() - begun;
  };
  const close = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    verify(leaves.slice(0, 1));
  } catch (error) {
    close();
    const [, reason] =
      /error \d+ at \d+ depth lookup: (.*)/.exec((error as { stderr?: string }).stderr ?? '') ?? [];
    return { missing: `refuses the chain: ${reason ?? 'no reason'}` };
  }
  let start = Infinity;
  return {
    run: () => {
      start = Math.min(start, verify(leaves.slice(0, 1)));
      return ((verify(leaves) - start) / (leaves.length - 1)) * 1000;
    },
    close,
  };
};
