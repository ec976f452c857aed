import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openDemoCity } from '../../src/demo/index.ts';

/** What all peers are given: the same certificates, authorities and CRLs. Paths are absolute. */
export interface Material {
  readonly folder: string;
  readonly server: { readonly certificate: string; readonly key: string; readonly ca: string };
  /** PEM: root and issuing authority (P-256) of the client's certificate. */
  readonly clientAuthorities: string;
  /** PEM, one file for each of the two. */
  readonly crls: readonly string[];
  /** PEM of the leaf with its issuing certificate, and its key. */
  readonly client: { readonly certificate: string; readonly key: string };
  /** Folder of a gateway.yaml that forwards /bench to the back end. */
  configuration(ports: { gateway: number; admin: number; backend: number }): string;
  close(): Promise<void>;
}

const ROOT = resolve(import.meta.dirname, '../..');

/** A demo city in a folder of its own, whose ECDSA authority everybody uses. */
export const makeMaterial = async (cityPort: number): Promise<Material> => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-bench-'));
  const city = await openDemoCity({ folder, cityPort });
  Object.assign(process.env, city.environment);
  const responders = await city.startResponders();
  const authority = join(folder, 'city/authorities/zhujiang');
  const clientAuthorities = join(folder, 'client-authorities.pem');
  writeFileSync(
    clientAuthorities,
    readFileSync(join(authority, 'issuing.crt'), 'utf8') + readFileSync(join(authority, 'root.crt'), 'utf8'),
  );
  const crls = await Promise.all(
    ['root', 'issuing'].map(async (name) => {
      const answer = await fetch(`http://127.0.0.1:${cityPort}/zhujiang/${name}.crl`);
      const der = join(folder, `${name}.crl`);
      writeFileSync(der, Buffer.from(await answer.arrayBuffer()));
      const pem = join(folder, `${name}.crl.pem`);
      execFileSync('openssl', ['crl', '-inform', 'DER', '-in', der, '-out', pem]);
      return pem;
    }),
  );
  const { certificate, key } = city.certificate('li-wei', 'zhujiang');
  return {
    folder,
    server: city.files.tls,
    clientAuthorities,
    crls,
    client: { certificate, key },
    configuration: (ports) => writeConfiguration(folder, ports),
    close: () => responders.close(),
  };
};

const writeConfiguration = (
  folder: string,
  { gateway, admin, backend }: { gateway: number; admin: number; backend: number },
): string => {
  const configuration = join(folder, 'config');
  mkdirSync(join(configuration, 'departments'), { recursive: true });
  writeFileSync(
    join(configuration, 'gateway.yaml'),
    [
      `issuer: https://localhost:${gateway}`,
      `listen: { host: 127.0.0.1, port: ${gateway} }`,
      `admin: { host: 127.0.0.1, port: ${admin} }`,
      `tls: { certificate: ${folder}/city/tls/server.crt, key: ${folder}/city/tls/server.key }`,
      `data: ${folder}/gateway`,
      `trust: ${ROOT}/ca-trust`,
      'threads: 1',
      'log: { level: warn }',
      '',
    ].join('\n'),
  );
  writeFileSync(
    join(configuration, 'departments/bench.yaml'),
    [
      'department: bench',
      'name: { zh: 测试, en: Bench }',
      'services:',
      '  - service: bench',
      '    name: { zh: 测试, en: Bench }',
      '    path: /bench',
      '    subjects: [citizen]',
      '    claims: [name, kind]',
      `    backends: ['http://127.0.0.1:${backend}']`,
      '',
    ].join('\n'),
  );
  return configuration;
};
