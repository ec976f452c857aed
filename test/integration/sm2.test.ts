import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePem, encodePem } from '../../src/certificate/pem.ts';
import { createGate } from '../../src/decision/gate.ts';
import type { Admission, Gate } from '../../src/decision/types.ts';
import { openEmbeddedRegister } from '../../src/identity/embedded-register.ts';
import { identifySubject } from '../../src/identity/identify-subject.ts';
import { createDirectory } from '../../src/services/directory.ts';
import { departmentSchema } from '../../src/services/enrolment.ts';
import { loadTrustList } from '../../src/trust/load-trust-list.ts';
import { createJudge } from '../../src/verdict/judge.ts';
import { revocationByFiles } from '../../src/verdict/revocation-by-files.ts';
import {
  createAuthority,
  openssl,
  type Issued,
  type OpensslAuthority,
} from '../unit/revocation/openssl-authority.ts';
import { hasTools, onecert, type CommandResult } from './city-command.ts';

const withTools = hasTools() ? describe : describe.skip;

/** Invented, with the right check digit; nobody has the sequence code 000. */
const NUMBER = '440305198503120001';
const DAY = 86_400_000;
const signing = (number: string): string[] => [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature,nonRepudiation',
  `1.2.156.10260.4.1.1=ASN1:UTF8String:${number}`,
];

/** Certificates, CRLs and OCSP answers of an SM2 authority, all made by the openssl command. */
withTools('SM2 with SM3, as openssl makes it', () => {
  let folder: string;
  let sm2: OpensslAuthority;
  let ecdsa: OpensslAuthority;
  const people: Record<'good' | 'revoked' | 'onHold' | 'tampered' | 'escrowed' | 'ecdsa', Issued> =
    {} as never;
  const file = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-sm2-'));
    sm2 = createAuthority('sm2');
    ecdsa = createAuthority('ecdsa');
    people.good = sm2.issue('Li Wei', { extensions: signing(NUMBER) });
    people.revoked = sm2.issue('Li Wei', { extensions: signing(NUMBER) });
    people.onHold = sm2.issue('Li Wei', { extensions: signing(NUMBER) });
    people.escrowed = sm2.issue('Li Wei', {
      extensions: [...signing(NUMBER).slice(2), 'keyUsage=critical,keyEncipherment,dataEncipherment'],
    });
    people.tampered = { ...people.good, file: file('tampered.pem') };
    const altered = Buffer.from(people.good.certificate.der);
    // Inside the citizen's number: the certificate stays well formed, its number another's.
    const at = altered.indexOf(NUMBER);
    altered.write('440305198503120002', at);
    writeFileSync(people.tampered.file, encodePem('CERTIFICATE', altered));
    people.ecdsa = ecdsa.issue('Li Wei', { extensions: signing(NUMBER) });

    for (const [name, { file: anchor }, signature, curve] of [
      ['sm2', sm2, 'sm2-sm3', 'sm2'],
      ['ecdsa', ecdsa, 'ecdsa-sha256', 'P-256'],
    ] as const) {
      mkdirSync(file(`ca-trust/${name}`), { recursive: true });
      writeFileSync(
        file(`ca-trust/${name}/authority.yaml`),
        `authority: ${name}
name: { zh: 测试机构, en: Test }
anchors: [${anchor}]
algorithms: { signatures: [${signature}], curves: [${curve}] }
identity: { sources: [{ from: { extension: 1.2.156.10260.4.1.1 }, types: [citizen-id-number] }] }
`,
      );
    }

    sm2.writeIndex([
      { of: people.good },
      { of: people.escrowed },
      { of: people.revoked, revoked: '260101000000Z', reason: 'keyCompromise' },
      { of: people.onHold, revoked: '260101000000Z', reason: 'certificateHold' },
    ]);
    const dates = { thisUpdate: Date.now() - DAY, nextUpdate: Date.now() + DAY };
    writeFileSync(file('sm2.crl'), sm2.crl({ number: 7, ...dates }));
    ecdsa.writeIndex([{ of: people.ecdsa }]);
    writeFileSync(file('ecdsa.crl'), ecdsa.crl({ number: 7, ...dates }));
    const stale = { thisUpdate: Date.now() - 2 * DAY, nextUpdate: Date.now() - DAY };
    writeFileSync(file('stale.crl'), sm2.crl({ number: 6, ...stale }));
    const forged = readFileSync(file('sm2.crl'));
    forged[forged.length - 5] = (forged[forged.length - 5] as number) ^ 1;
    writeFileSync(file('forged.crl'), forged);
    for (const name of ['good', 'revoked', 'onHold'] as const) {
      const request = file('request.der');
      openssl(
        'ocsp',
        '-sha256',
        '-issuer',
        sm2.file,
        '-cert',
        people[name].file,
        '-no_nonce',
        '-reqout',
        request,
      );
      writeFileSync(file(`${name}.ocsp`), sm2.respond(readFileSync(request)));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe('through onecert verify', () => {
    const verify = async (person: keyof typeof people, ...args: string[]): Promise<CommandResult> =>
      onecert(['verify', people[person].file, '--trust', file('ca-trust'), '--json', ...args], process.env);
    const outcome = async (person: keyof typeof people, ...args: string[]): Promise<unknown[]> => {
      const { code, stdout } = await verify(person, ...args);
      return [code, (JSON.parse(stdout) as { code?: string }).code];
    };

    it('good, by a CRL and by an OCSP answer', async () => {
      for (const args of [
        ['--crl', file('sm2.crl')],
        ['--ocsp', file('good.ocsp')],
      ]) {
        const { code, stdout } = await verify('good', ...args);
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({
          outcome: 'good',
          authority: 'sm2',
          identity: { kind: 'citizen', identifiers: [{ type: 'citizen-id-number' }] },
        });
        expect(stdout).not.toContain(NUMBER);
      }
    });

    it.each([
      ['revoked', 'ONECERT_CERTIFICATE_REVOKED'],
      ['onHold', 'ONECERT_CERTIFICATE_ON_HOLD'],
    ] as const)('%s, by a CRL and by an OCSP answer', async (person, code) => {
      expect(await outcome(person, '--crl', file('sm2.crl'))).toEqual([1, code]);
      expect(await outcome(person, '--ocsp', file(`${person}.ocsp`))).toEqual([1, code]);
    });

    it('refused: tampered, for encryption only, by a stale CRL, by an answer about another', async () => {
      expect(await outcome('tampered', '--crl', file('sm2.crl'))).toEqual([
        1,
        'ONECERT_CERTIFICATE_SIGNATURE_INVALID',
      ]);
      expect(await outcome('escrowed', '--crl', file('sm2.crl'))).toEqual([
        1,
        'ONECERT_CERTIFICATE_ENCRYPTION_ONLY',
      ]);
      for (const args of [
        ['--crl', file('stale.crl')],
        ['--ocsp', file('revoked.ocsp')],
      ])
        expect(await outcome('good', ...args)).toEqual([1, 'ONECERT_REVOCATION_UNKNOWN']);
    });

    it('a CRL with a bad signature is no CRL', async () => {
      const { code, stderr } = await verify('good', '--crl', file('forged.crl'));
      expect([code, stderr]).toEqual([2, expect.stringContaining('the CRL cannot be used')]);
    });
  });

  describe('through the pipeline, with a presented chain', () => {
    let gate: Gate;
    let register: ReturnType<typeof openEmbeddedRegister>;
    beforeAll(async () => {
      const trust = loadTrustList(file('ca-trust'), 1);
      const revocation = await revocationByFiles(trust, {
        crls: [file('sm2.crl'), file('ecdsa.crl')],
        ocspResponses: [],
      });
      register = openEmbeddedRegister({
        file: file('register.sqlite'),
        fieldKey: randomBytes(32),
        hashKey: randomBytes(32),
      });
      const epochs = { trust: () => 1, revocation: () => 1 };
      gate = createGate({
        judge: createJudge({ trust: () => trust, revocation, revocationEpoch: () => 1 }),
        identify: async ({ certificate, authority }) => {
          const settings = trust.authorities.get(authority ?? '')?.settings;
          if (certificate === undefined || settings === undefined) throw new Error('a good verdict has both');
          return identifySubject(register, certificate, settings.identity, {
            authority: settings.authority,
            at: Date.now(),
          });
        },
        epochs,
        directory: () =>
          createDirectory([
            departmentSchema.parse({
              department: 'tax',
              name: { zh: '税', en: 'Tax' },
              services: [
                {
                  service: 'permit',
                  name: { zh: '证', en: 'Permit' },
                  path: '/permit',
                  subjects: ['citizen'],
                  backends: ['http://127.0.0.1:1'],
                },
              ],
            }),
          ]),
        clock: Date.now,
        onDefect: (error) => {
          throw error;
        },
      });
    });
    afterAll(async () => {
      await register.close();
    });

    const admit = (person: keyof typeof people, ...chain: OpensslAuthority[]): Promise<Admission> =>
      gate.admit({
        chain: [people[person].file, ...chain.map((each) => each.file)].flatMap((each) =>
          decodePem(readFileSync(each, 'latin1')),
        ),
        proof: 'signed-challenge',
        provenAt: Date.now(),
        from: '127.0.0.1',
      });

    it('good: admitted, decided on, and the same identity as by the ECDSA authority', async () => {
      const admission = await admit('good', sm2);
      expect(admission).toMatchObject({ refusal: undefined, verdict: { outcome: 'good', authority: 'sm2' } });
      expect(gate.decide(admission, { method: 'GET', path: '/permit' })).toMatchObject({ outcome: 'allow' });
      const other = await admit('ecdsa');
      expect(other.identity?.unifiedId).toBe(admission.identity?.unifiedId);
      expect(gate.isCurrent(admission)).toBe(true);
    });

    it.each([
      ['revoked', 'ONECERT_CERTIFICATE_REVOKED'],
      ['onHold', 'ONECERT_CERTIFICATE_ON_HOLD'],
      ['tampered', 'ONECERT_CERTIFICATE_SIGNATURE_INVALID'],
      ['escrowed', 'ONECERT_CERTIFICATE_ENCRYPTION_ONLY'],
    ] as const)('%s: %s', async (person, code) => {
      const admission = await admit(person, sm2);
      expect([admission.refusal, admission.identity]).toEqual([code, undefined]);
      expect(gate.decide(admission, { method: 'GET', path: '/permit' })).toMatchObject({
        outcome: 'refuse',
        code,
      });
    });
  });
});
