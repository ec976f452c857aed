import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import {
  demoSummary,
  openDemoCity,
  PKCS12_PASSWORD,
  type DemoCertificate,
  type DemoCity,
} from '../../src/demo/index.ts';
import { equivalents } from '../../src/identity/identifiers/index.ts';
import type { Identifier } from '../../src/identity/identity.ts';
import { readSubject } from '../../src/identity/read-subject.ts';
import { loadDepartments } from '../../src/services/load-departments.ts';
import { loadTrustList } from '../../src/trust/load-trust-list.ts';
import type { TrustList } from '../../src/trust/trust-list.ts';
import { openCity, readCertificate, TRUSTED, type OpenedCity } from './opened-demo-city.ts';
import { haveTools } from '../tools.ts';

const run = promisify(execFile);
const hasCurl = haveTools('curl');
const ROOT = join(import.meta.dirname, '../..');

let opened: OpenedCity;
let city: DemoCity;
let trust: TrustList;

beforeAll(async () => {
  opened = await openCity();
  ({ city } = opened);
  Object.assign(process.env, city.environment);
  trust = loadTrustList(join(ROOT, 'ca-trust'), 1);
});

afterAll(async () => opened.close());

describe('the configuration of the demo city', () => {
  it('passes its schemas, with every authority and without the one that nobody trusts', () => {
    expect([...trust.authorities.keys()].sort()).toEqual([...TRUSTED].sort());
    const services = loadDepartments(join(ROOT, 'config/departments')).flatMap((each) => each.services);
    expect(services.map(({ service }) => service).sort()).toEqual([
      'business-records',
      'business-registration',
      'family-planning',
      'joint-tax-registration',
      'property-registration',
      'rental-housing',
      'rental-subsidy',
      'residence-permit',
      'school-enrolment',
      'social-insurance',
    ]);
  });
});

describe('the files of the demo city', () => {
  it('are for their owner alone', () => {
    const entries = readdirSync(opened.folder, { recursive: true, withFileTypes: true });
    expect(entries.length).toBeGreaterThan(100);
    for (const entry of entries) {
      expect(statSync(join(entry.parentPath, entry.name)).mode & 0o077).toBe(0);
    }
  });

  it('stay what they are when the city is opened again', async () => {
    const before = opened.certificates.map(({ certificate }) => readFileSync(certificate, 'latin1'));
    const again = await openDemoCity({ folder: opened.folder });
    expect(again.cityPort).toBe(city.cityPort);
    expect(opened.certificates.map(({ certificate }) => readFileSync(certificate, 'latin1'))).toEqual(before);
  });

  it('are mended after a start that was interrupted', async () => {
    const damaged = mkdtempSync(join(tmpdir(), 'onecert-demo-'));
    try {
      const first = await openDemoCity({ folder: damaged, cityPort: 8450 });
      const [one, two, three] = [
        first.certificate('li-wei', 'zhujiang'),
        first.certificate('chen-fang', 'zhujiang'),
        first.certificate('pengwan-tech', 'pengcheng'),
      ];
      writeFileSync(one.certificate, readFileSync(one.certificate, 'latin1').slice(0, 200));
      rmSync(two.key);
      rmSync(three.chain);
      rmSync(one.pkcs12 as string);
      writeFileSync(join(damaged, 'city/people/.li-wei-yuean.crt.abcd.unfinished'), 'half');
      const second = await openDemoCity({ folder: damaged });
      expect(second.certificate('li-wei', 'zhujiang').serial).not.toBe(one.serial);
      expect(second.certificate('chen-fang', 'zhujiang').serial).not.toBe(two.serial);
      expect(second.certificate('pengwan-tech', 'pengcheng').serial).toBe(three.serial);
      for (const file of [one.pkcs12 as string, two.key, three.chain])
        expect(statSync(file).size).toBeGreaterThan(0);
      expect(readdirSync(join(damaged, 'city/people')).filter((name) => name.startsWith('.'))).toEqual([]);
      createSecureContext({ cert: readFileSync(two.certificate), key: readFileSync(two.key) });
    } finally {
      rmSync(damaged, { recursive: true, force: true });
    }
  });

  it('name the new port when the city moves, with the same keys', async () => {
    const moved = mkdtempSync(join(tmpdir(), 'onecert-demo-'));
    try {
      const first = await openDemoCity({ folder: moved, cityPort: 8450 });
      const one = first.certificate('li-wei', 'zhujiang');
      const before = readCertificate(one);
      const after = readCertificate(
        (await openDemoCity({ folder: moved, cityPort: 8451 })).certificate('li-wei', 'zhujiang'),
      );
      expect(after.crlDistributionPoints[0]?.uris).toEqual(['http://127.0.0.1:8451/zhujiang/issuing.crl']);
      expect(after.publicKey.spki).toEqual(before.publicKey.spki);
    } finally {
      rmSync(moved, { recursive: true, force: true });
    }
  });

  it('hold what each certificate is meant to be refused for', () => {
    const reasons = new Set(opened.certificates.map(({ refusal }) => refusal));
    expect([...reasons].filter((code) => code !== undefined).sort()).toEqual([
      'ONECERT_CERTIFICATE_ENCRYPTION_ONLY',
      'ONECERT_CERTIFICATE_EXPIRED',
      'ONECERT_CERTIFICATE_NOT_YET_VALID',
      'ONECERT_CERTIFICATE_ON_HOLD',
      'ONECERT_CERTIFICATE_REVOKED',
      'ONECERT_CERTIFICATE_UNTRUSTED',
      'ONECERT_CERTIFICATE_WEAK',
      'ONECERT_IDENTIFIER_INVALID',
      'ONECERT_IDENTIFIER_MISSING',
    ]);
  });
});

describe('the people of the demo city', () => {
  const readingOf = (certificate: DemoCertificate) => {
    const authority = trust.authorities.get(certificate.authority);
    if (authority === undefined) throw new Error(`${certificate.authority} is not trusted`);
    return readSubject(readCertificate(certificate), authority.settings.identity);
  };
  const known = (identifiers: readonly Identifier[]): Set<string> =>
    new Set(identifiers.flatMap(equivalents).map(({ type, value }) => `${type} ${value}`));

  const intersection = (one: ReadonlySet<string>, other: ReadonlySet<string>): Set<string> =>
    new Set([...one].filter((each) => other.has(each)));

  it('are one identity each, by whichever authority', () => {
    // Those who act for an enterprise by a role hold fewer: test/integration/acting.test.ts.
    const accepted = city.people.filter(
      ({ certificates }) =>
        certificates.length === TRUSTED.length && certificates.every(({ refusal }) => refusal === undefined),
    );
    expect(accepted.map(({ kind }) => kind).sort()).toEqual([
      'citizen',
      'citizen',
      'enterprise',
      'enterprise',
    ]);
    const everybody = accepted.map(({ certificates, kind, name }) => {
      expect(certificates.map(({ authority }) => authority).sort()).toEqual([...TRUSTED].sort());
      const readings = certificates.map(readingOf);
      expect(readings.map((reading) => [reading.kind, reading.name])).toEqual(
        readings.map(() => [kind, name]),
      );
      const sets = readings.map(({ identifiers }) => known(identifiers));
      const shared = sets.reduce(intersection);
      expect(shared.size).toBeGreaterThan(0);
      return new Set(sets.flatMap((set) => [...set]));
    });
    everybody.forEach((one, index) =>
      everybody.slice(index + 1).forEach((other) => expect(intersection(one, other).size).toBe(0)),
    );
  });

  it('are not told by a wrong check digit, nor by none', () => {
    for (const certificate of opened.certificates) {
      const { refusal } = certificate;
      if (refusal?.startsWith('ONECERT_IDENTIFIER') !== true) continue;
      expect(() => readingOf(certificate)).toThrow(expect.objectContaining({ code: refusal }) as Error);
    }
  });
});

describe('the publisher of the demo city', () => {
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${city.cityPort}${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers,
    });

  it('revokes and releases for the command line, not for web pages', async () => {
    const form = { person: 'chen-fang' };
    const foreign = await post('/yuean/revoke', form, { Origin: 'https://elsewhere.example' });
    expect(foreign.status).toBe(403);
    expect((await post('/yuean/revoke', form)).status).toBe(200);
    const { serial } = city.certificate('chen-fang', 'yuean');
    expect(city.authorities.get('yuean')?.ledger.statusOf(serial)).toMatchObject({
      reason: 'certificateHold',
    });
    expect((await post('/yuean/release', form)).status).toBe(200);
    expect((await post('/yuean/release', form)).status).toBe(409);
    expect((await post('/yuean/revoke', { person: 'nobody' })).status).toBe(400);
    expect((await post('/yuean/revoke', { ...form, reason: 'because' })).status).toBe(400);
  });

  it('answers conditional requests, so that an unchanged CRL is not sent again', async () => {
    const url = `http://127.0.0.1:${city.cityPort}/pengcheng/issuing.crl`;
    const first = await fetch(url);
    await first.arrayBuffer();
    const etag = first.headers.get('etag') as string;
    expect((await fetch(url, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    await city.authorities.get('pengcheng')?.publish();
    expect((await fetch(url, { headers: { 'If-None-Match': etag } })).status).toBe(200);
  });

  it('says which port is taken', async () => {
    await expect(city.startResponders()).rejects.toMatchObject({ code: 'EADDRINUSE', port: city.cityPort });
  });
});

describe('what npm start prints', () => {
  it('names files that are there, in lines that a shell can run', async () => {
    const summary = demoSummary(city, {
      gateway: 'https://localhost:8443',
      browser: 'https://localhost:8440',
    });
    const calls = summary.match(/curl .*--key.*$/gm) ?? [];
    expect(calls.length).toBe(3);
    for (const call of calls) {
      for (const [, file = ''] of call.matchAll(/--(?:cacert|cert|key) (\S+)/g)) {
        expect(statSync(file).isFile()).toBe(true);
      }
    }
    expect(summary).toContain(PKCS12_PASSWORD);
    const [revoke = '', release = ''] = summary.match(/curl -d .*$/gm) ?? [];
    const { serial } = city.certificate('li-wei', 'zhujiang');
    const ledger = city.authorities.get('zhujiang')?.ledger;
    if (!hasCurl) return;
    await run('sh', ['-c', revoke]);
    expect(ledger?.statusOf(serial)).toMatchObject({ reason: 'certificateHold' });
    await run('sh', ['-c', release]);
    expect(ledger?.statusOf(serial)).toBe('good');
  });
});
