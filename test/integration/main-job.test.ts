import { PEOPLE } from '../../src/demo/people.ts';
import type { RefusalCode } from '../../src/refusal/catalogue.ts';
import { startCensus, type Census } from './census.ts';
import { hasTools, openCity, type City } from './city.ts';
import { issueByOpenssl, makeMalformed, tamper } from './odd-certificates.ts';
import { allowWeak, expectRefusal } from './refused-calls.ts';

const withTools = hasTools() ? describe : describe.skip;

/** SM2 is nothing TLS carries here: those certificates come by other ways in. */
const BY_TLS = ['yuean', 'zhujiang'] as const;
const ACCEPTED = PEOPLE.filter(({ certificates }) =>
  certificates.every(({ defect }) => defect === undefined),
);
const REFUSED = PEOPLE.flatMap(({ person, certificates }) =>
  certificates
    .filter(({ authority, defect }) => authority !== 'pengcheng' && defect !== undefined)
    .map(({ authority, defect }) => [`${person}-${authority}`, defect?.refusal as RefusalCode] as const),
);

withTools('the city, called with curl', () => {
  let census: Census;
  let city: City;
  beforeAll(async () => {
    census = await startCensus();
    city = await openCity({ files: census.files });
    await city.start();
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  const claimsAt = async (path: string, as: string): Promise<Record<string, unknown>> => {
    const answer = await city.curl(path, { as });
    expect([answer.status, answer.stderr]).toEqual([200, '']);
    return answer.json().claims as Record<string, unknown>;
  };

  describe('identities', () => {
    it('are one for a person whichever authority issued the certificate, and different between persons', async () => {
      const unified = new Map<string, Set<unknown>>();
      for (const { person, kind, name } of ACCEPTED) {
        const claims = await Promise.all(
          BY_TLS.map((authority) => claimsAt('/census', `${person}-${authority}`)),
        );
        claims.forEach((each, index) => expect(each).toMatchObject({ kind, name, authority: BY_TLS[index] }));
        unified.set(person, new Set(claims.map((each) => each.unified_id)));
      }
      const ids = [...unified.values()].flatMap((each) => [...each]);
      expect([...unified.values()].map((each) => each.size)).toEqual([1, 1, 1, 1]);
      expect(new Set(ids).size).toBe(ACCEPTED.length);
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22,}$/);
    });

    it('have a pairwise id in each department: equal across authorities and services, different elsewhere', async () => {
      const seen = new Set<unknown>();
      for (const { person } of ACCEPTED) {
        const subs = async (path: string): Promise<unknown[]> =>
          Promise.all(BY_TLS.map(async (authority) => (await claimsAt(path, `${person}-${authority}`)).sub));
        const atCensus = [...(await subs('/census')), ...(await subs('/census-too'))];
        const atArchive = await subs('/archive');
        expect(new Set(atCensus).size).toBe(1);
        expect(new Set(atArchive).size).toBe(1);
        seen.add(atCensus[0]).add(atArchive[0]);
        seen.add((await claimsAt('/census', `${person}-yuean`)).unified_id);
      }
      expect(seen.size).toBe(3 * ACCEPTED.length);
    });

    it.each(['li-wei', 'chen-fang'])('open the services of citizens to %s', async (person) => {
      for (const authority of BY_TLS) {
        const as = `${person}-${authority}`;
        const permit = await city.curl('/residence-permit', { as });
        expect(permit.status).toBe(200);
        const { unified_id } = await claimsAt('/census', as);
        expect(permit.json()).toMatchObject({ service: 'Residence Permit', caller: { unified_id } });
        expect((await city.curl('/residence-permit/status', { as })).json()).toMatchObject({
          person: unified_id,
        });
        expect((await city.curl('/school-enrolment', { as })).status).toBe(200);
        const application = await city.curl('/school-enrolment/applications', {
          as,
          args: ['-H', 'Content-Type: application/json', '-d', '{"child":"小明"}'],
        });
        expect(application.status).toBe(201);
        expect(application.json()).toMatchObject({ content: { child: '小明' } });
        for (const path of ['/rental-housing', '/social-insurance'])
          expect((await city.curl(path, { as })).status).toBe(200);
      }
    });

    it.each(['pengwan-tech', 'lianhua-trade'])('open the services of enterprises to %s', async (person) => {
      for (const authority of BY_TLS) {
        const as = `${person}-${authority}`;
        for (const path of ['/joint-tax', '/rental-housing', '/social-insurance'])
          expect((await city.curl(path, { as })).status).toBe(200);
      }
      const as = `${person}-yuean`;
      const registration = await city.curl('/business-registration', { as });
      expect(registration.json()).toMatchObject({ caller: { authority: 'yuean' } });
      expect((await city.curl('/business-registration/certificate', { as })).json()).toMatchObject({
        bound: true,
      });
    });

    it('leave sign-ins and calls in the audit log, under the unified id and no number or name', async () => {
      const answer = await city.curl('/census', { as: 'li-wei-yuean' });
      const { unified_id } = answer.json().claims as Record<string, unknown>;
      const reference = census.received.at(-1)?.headers['onecert-reference'];
      const entries = city.audit().filter((entry) => entry.reference === reference);
      expect(entries).toMatchObject([
        { event: 'sign-in', proof: 'mutual-tls', unifiedId: unified_id, authority: 'yuean' },
        { event: 'call', method: 'GET', path: '/census', service: 'census', unifiedId: unified_id },
      ]);
      expect(JSON.stringify(city.audit())).not.toMatch(/李伟|440305|91440300|MA5DEM/);
      expect(city.output()).not.toMatch(/440305|91440300|MA5DEM/);
    });
  });

  describe('a certificate that is not good', () => {
    it('is asked for where none is presented: 401, and which authorities are accepted', async () => {
      await expectRefusal(city, census, 'ONECERT_CERTIFICATE_REQUIRED', '/census');
      const answer = await city.curl('/census');
      expect(answer.headers['www-authenticate']).toBe('ClientCertificate realm="OneCert"');
      expect(answer.json().accepted).toEqual([
        { zh: '鹏城电子认证', en: 'Pengcheng Certification' },
        { zh: '粤安电子认证', en: 'Yuean Certification' },
        { zh: '珠江电子认证', en: 'Zhujiang Certification' },
      ]);
      const page = await city.curl('/census', { args: ['-H', 'Accept: text/html'] });
      expect(page.body).toContain('珠江电子认证');
    });

    it.each(REFUSED)('%s: %s', async (as, code) => {
      await expectRefusal(city, census, code, '/census', { as, environment: allowWeak(city) });
    });

    it('says in its report which check it failed, with the clause', async () => {
      const { report } = (await city.curl('/census', { as: 'expired-zhujiang' })).json() as {
        report: object[];
      };
      expect(report.at(-1)).toMatchObject({
        check: 'validity',
        outcome: 'failed',
        code: 'ONECERT_CERTIFICATE_EXPIRED',
        clause: expect.stringContaining('RFC 5280') as string,
      });
    });

    it('is malformed: three forms that openssl carries', async () => {
      for (const as of Object.values(makeMalformed(city)))
        await expectRefusal(city, census, 'ONECERT_CERTIFICATE_MALFORMED', '/census', { as });
    });

    it.each(BY_TLS)('of %s has a signature that is not its own', async (authority) => {
      const as = tamper(city, `li-wei-${authority}`, `tampered-${authority}`);
      for (const version of ['1.2', '1.3'])
        await expectRefusal(city, census, 'ONECERT_CERTIFICATE_SIGNATURE_INVALID', '/census', {
          as,
          args: ['--tls-max', version],
        });
    });

    it.each([
      ['servers', ['keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth'], 'ONECERT_CERTIFICATE_USAGE'],
      [
        'signing code',
        ['keyUsage=digitalSignature', 'extendedKeyUsage=codeSigning'],
        'ONECERT_CERTIFICATE_USAGE',
      ],
      ['something unknown', ['1.2.3.4=critical,ASN1:UTF8String:x'], 'ONECERT_CERTIFICATE_EXTENSION_UNKNOWN'],
    ] as const)('is for something else: %s', async (name, extensions, code) => {
      const as = await issueByOpenssl(city, name, extensions);
      await expectRefusal(city, census, code, '/census', { as });
    });

    it('has no number in any place the authority writes numbers to, though its name is known', async () => {
      const as = await issueByOpenssl(city, 'nameless', ['keyUsage=digitalSignature']);
      await expectRefusal(city, census, 'ONECERT_IDENTIFIER_MISSING', '/census', { as });
    });
  });

  describe('a service that is not for this call', () => {
    it.each([
      ['not enrolled', 'ONECERT_SERVICE_NOT_FOUND', '/housing-fund', 'li-wei-yuean', []],
      ['nowhere', 'ONECERT_SERVICE_NOT_FOUND', '/nowhere/at/all', 'li-wei-zhujiang', []],
      ['disabled', 'ONECERT_SERVICE_DISABLED', '/closed', 'li-wei-yuean', []],
      ["disabled, the city's own", 'ONECERT_SERVICE_DISABLED', '/rental-subsidy', 'li-wei-zhujiang', []],
      ['for enterprises', 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED', '/enterprises-only', 'li-wei-yuean', []],
      ['for citizens', 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED', '/citizens-only', 'pengwan-tech-zhujiang', []],
      ['joint tax for a citizen', 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED', '/joint-tax', 'chen-fang-yuean', []],
      ['of another authority', 'ONECERT_AUTHORITY_NOT_ACCEPTED', '/yuean-only', 'li-wei-zhujiang', []],
      [
        'of the third authority',
        'ONECERT_AUTHORITY_NOT_ACCEPTED',
        '/business-registration',
        'pengwan-tech-zhujiang',
        [],
      ],
      ['method', 'ONECERT_METHOD_NOT_ENROLLED', '/read-only/forms/1', 'li-wei-yuean', ['-X', 'DELETE']],
      ['path', 'ONECERT_METHOD_NOT_ENROLLED', '/read-only/papers', 'li-wei-yuean', []],
      ['a path below', 'ONECERT_METHOD_NOT_ENROLLED', '/read-only/forms/1/2', 'li-wei-yuean', []],
      ['too large', 'ONECERT_BODY_TOO_LARGE', '/small', 'li-wei-yuean', ['-d', 'x'.repeat(2000)]],
      ['dots', 'ONECERT_PATH_AMBIGUOUS', '/census/../closed', 'li-wei-yuean', ['--path-as-is']],
      ['encoded slash', 'ONECERT_PATH_AMBIGUOUS', '/census%2fclosed', 'li-wei-yuean', []],
    ] as const)('%s: %s', async (_what, code, path, as, args) => {
      await expectRefusal(city, census, code, path, { as, args });
    });

    it('tells whoever has no good certificate nothing of what is enrolled', async () => {
      for (const path of ['/census', '/closed', '/nowhere']) {
        const stranger = await city.curl(path, { as: 'untrusted-wuming' });
        expect([stranger.status, stranger.json().code]).toEqual([403, 'ONECERT_CERTIFICATE_UNTRUSTED']);
        expect(stranger.body).not.toContain('服务"');
      }
    });
  });

  it('counts refusals by their code', async () => {
    const refusals = await city.metric('onecert_refusals_total');
    for (const code of [
      'ONECERT_CERTIFICATE_REQUIRED',
      'ONECERT_CERTIFICATE_REVOKED',
      'ONECERT_SERVICE_NOT_FOUND',
    ])
      expect(refusals.get(`{code="${code}"}`)).toBeGreaterThan(0);
  });

  it('leaves an audit log that verifies, with its head', async () => {
    const first = await city.onecert('audit', 'verify', `${city.data}/audit`);
    expect([first.code, first.stderr]).toEqual([0, '']);
    const head = /head (\S+)/.exec(first.stdout)?.[1] ?? '';
    await city.curl('/census', { as: 'li-wei-yuean' });
    expect((await city.onecert('audit', 'verify', `${city.data}/audit`, '--head', head)).code).toBe(0);
    const wrong = head.replace(/:(.)/, (_whole, first: string) => (first === 'A' ? ':B' : ':A'));
    expect(wrong).not.toBe(head);
    expect((await city.onecert('audit', 'verify', `${city.data}/audit`, '--head', wrong)).code).toBe(1);
  });
});
