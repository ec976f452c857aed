import fc from 'fast-check';
import type { z } from 'zod';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { identityProfileSchema } from '../../../src/identity/profile.ts';
import { readSubject } from '../../../src/identity/read-subject.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { citizenIdNumber, enterprise, organisationCode } from './invented-numbers.ts';
import { hasOpenssl, octets, openCertificateMaker, type CertificateMaker } from './openssl-certificates.ts';

const CITY = '2.16.156.112548';
const ID_CARD = '1.2.156.10260.4.1.1';
const ORGANISATION = '1.2.156.10260.4.1.4';
const TAX = '1.2.156.10260.4.1.5';

const ZHANG = citizenIdNumber('44030519900307123');
const LI = citizenIdNumber('44010619851120042');
const FIRM = enterprise('MA5F1234');
const FIRM_CODE = organisationCode('MA5F1234');
const OTHER_FIRM = enterprise('MA5F9876');

type Profile = z.input<typeof identityProfileSchema>;
type Source = Profile['sources'][number];

const profileOf = (...sources: readonly Source[]) => identityProfileSchema.parse({ sources });
const city = (changes: Partial<Source> = {}): Source => ({
  from: { extension: CITY },
  types: ['citizen-id-number', 'unified-social-credit-code'],
  ...changes,
});

/** The code of the refusal, or the identifiers read. */
const outcome = (certificate: Certificate, profile: ReturnType<typeof profileOf>): unknown => {
  try {
    return readSubject(certificate, profile).identifiers.map(({ type, value }) => `${type} ${value}`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code;
  }
};

const describeWithOpenssl = hasOpenssl() ? describe : describe.skip;

describeWithOpenssl('reading the subject of certificates made by openssl', () => {
  let maker: CertificateMaker;
  beforeAll(() => {
    maker = openCertificateMaker();
  });
  afterAll(() => {
    maker.close();
  });
  const withCity = (value: string): Certificate => maker.make('/CN=张三', { [CITY]: value });

  describe('every written form of a number in an extension', () => {
    const gbkName = Uint8Array.of(0xc9, 0xed, 0xb7, 0xdd); // 身份, in GBK
    const bmp = Buffer.from(ZHANG, 'utf16le').swap16();
    it.each<[string, string, Partial<Source>?]>([
      ['UTF8String', `ASN1:UTF8String:${ZHANG}`],
      ['PrintableString', `ASN1:PRINTABLESTRING:${ZHANG}`],
      ['IA5String', `ASN1:IA5STRING:${ZHANG}`],
      ['BMPString', octets([0x1e, bmp.length], bmp)],
      ['TeletexString', `ASN1:T61STRING:${ZHANG}`],
      ['trailing spaces and NULs', octets([0x0c, 22], ZHANG, '  ', [0, 0])],
      [
        'full-width digits',
        `ASN1:FORMAT:UTF8,UTF8String:${ZHANG.replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d)))}`,
      ],
      ['bare text', octets(ZHANG)],
      ['bare text with trailing NULs', octets(ZHANG, [0, 0, 0])],
      ['an explicit [0], as in GB/T 20518', octets([0xa0, 20, 0x13, 18], ZHANG)],
      ['an implicit [0]', octets([0x80, 18], ZHANG)],
      ['two octets to cut off', octets([0x0c, 0x80], ZHANG), { decode: ['der-string', 'text', 'skip-two'] }],
      ['prefix SF', `ASN1:UTF8String:SF${ZHANG}`, { prefixes: { SF: 'citizen-id-number' } }],
      [
        'the longest prefix',
        `ASN1:UTF8String:1@5013SF${ZHANG}`,
        { prefixes: { '1@5013': 'passport', '1@5013SF': 'citizen-id-number' } },
      ],
      ['a pattern', `ASN1:UTF8String:1@5013SF${ZHANG}`, { pattern: '^1@\\d{4}SF(.*)$' }],
      [
        'GBK octets before the number',
        octets(gbkName, ZHANG),
        { decode: ['der-string', 'text', 'gbk'], pattern: '身份(.*)' },
      ],
      ['hex', `ASN1:UTF8String:${Buffer.from(ZHANG).toString('hex').toUpperCase()}`, { transform: 'hex' }],
      ['Base64', `ASN1:UTF8String:${Buffer.from(ZHANG).toString('base64')}`, { transform: 'base64' }],
      [
        'a prefix before Base64',
        `ASN1:UTF8String:SF${Buffer.from(ZHANG).toString('base64')}`,
        { transform: 'base64', prefixes: { SF: 'citizen-id-number' } },
      ],
      [
        'a prefix inside Base64',
        `ASN1:UTF8String:${Buffer.from(`SF${ZHANG}`).toString('base64')}`,
        { transform: 'base64', prefixes: { SF: 'citizen-id-number' }, types: [] },
      ],
    ])('%s', (_, value, changes = {}) => {
      const reading = readSubject(withCity(value), profileOf(city(changes)));
      expect(reading).toEqual({
        kind: 'citizen',
        identifiers: [{ type: 'citizen-id-number', value: ZHANG }],
        name: '张三',
      });
    });

    it('a first-generation number and a lower-case x', () => {
      const withX = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '11', '12']
        .map((n) => citizenIdNumber(`4403051990030${n.padStart(4, '7')}`))
        .find((number) => number.endsWith('X')) as string;
      expect(outcome(withCity(`ASN1:UTF8String:${withX.toLowerCase()}`), profileOf(city()))).toEqual([
        `citizen-id-number ${withX}`,
      ]);
      const first = ZHANG.slice(0, 6) + ZHANG.slice(8, 17);
      expect(outcome(withCity(`ASN1:UTF8String:${first}`), profileOf(city()))).toEqual([
        `citizen-id-number ${ZHANG}`,
      ]);
    });

    it('letters of the number itself that look like a prefix', () => {
      const code = organisationCode('JJ123456');
      const source = city({ prefixes: { JJ: 'organisation-code' }, types: ['organisation-code'] });
      const certificate = withCity(`ASN1:UTF8String:${code}`);
      expect(outcome(certificate, profileOf(source))).toEqual([`organisation-code ${code}`]);
    });
  });

  describe('numbers in the subject DN', () => {
    const certificate = (): Certificate =>
      maker.make(`/OU=财务部/OU=${FIRM}/serialNumber=${FIRM_CODE}/CN=深圳市某某科技（集团）有限公司`);

    it('are not read when the profile does not say so', () => {
      expect(outcome(certificate(), profileOf(city()))).toBe('ONECERT_IDENTIFIER_MISSING');
    });

    it('are read from every value of the attributes the profile names; other words are no numbers', () => {
      const profile = profileOf(
        { from: { subject: 'serialNumber' }, types: ['organisation-code'] },
        { from: { subject: 'OU' }, types: ['unified-social-credit-code'] },
      );
      expect(readSubject(certificate(), profile)).toEqual({
        kind: 'enterprise',
        identifiers: [
          { type: 'unified-social-credit-code', value: FIRM },
          { type: 'organisation-code', value: FIRM_CODE },
        ],
        name: '深圳市某某科技（集团）有限公司',
        acting: { role: 'unknown' },
      });
    });

    it.each([[`张三 ${ZHANG}`], [`张三  ${ZHANG.toLowerCase()} `], [`张三（${ZHANG}）`], [`张三@${ZHANG}`]])(
      'after the name in CN: %s',
      (commonName) => {
        const source: Source = {
          from: { subject: 'CN' },
          types: ['citizen-id-number'],
          pattern: '([0-9]{17}[0-9Xx])[)]?\\s*$',
        };
        const reading = readSubject(maker.make(`/CN=${commonName}`), profileOf(source));
        expect(reading.identifiers).toEqual([{ type: 'citizen-id-number', value: ZHANG }]);
        expect(reading.name).toBe('张三');
      },
    );

    it('in an attribute named by its OID', () => {
      const source: Source = { from: { subject: '2.5.4.12' }, types: ['citizen-id-number'] };
      expect(outcome(maker.make(`/CN=张三/title=${ZHANG}`), profileOf(source))).toEqual([
        `citizen-id-number ${ZHANG}`,
      ]);
    });
  });

  describe('what is wrong', () => {
    const wrong = `${ZHANG.slice(0, 17)}${ZHANG.endsWith('1') ? '2' : '1'}`;
    it.each<[string, Record<string, string>, string]>([
      ['no extension at all', {}, 'ONECERT_IDENTIFIER_MISSING'],
      ['an empty string', { [CITY]: octets([0x0c, 0]) }, 'ONECERT_IDENTIFIER_MISSING'],
      ['spaces and NULs only', { [CITY]: octets([0x0c, 4], '  ', [0, 0]) }, 'ONECERT_IDENTIFIER_MISSING'],
      ['a wrong check digit', { [CITY]: `ASN1:UTF8String:${wrong}` }, 'ONECERT_IDENTIFIER_INVALID'],
      ['another text', { [CITY]: 'ASN1:UTF8String:hello' }, 'ONECERT_IDENTIFIER_INVALID'],
      ['a text that is too long', { [CITY]: octets('4'.repeat(2000)) }, 'ONECERT_IDENTIFIER_INVALID'],
      ['no string', { [CITY]: 'ASN1:INTEGER:5' }, 'ONECERT_IDENTIFIER_INVALID'],
      ['a length beyond the end', { [CITY]: octets([0x0c, 0x7f], ZHANG) }, 'ONECERT_IDENTIFIER_INVALID'],
      [
        'a NUL within',
        { [CITY]: octets([0x0c, 19], '4403', [0], ZHANG.slice(4)) },
        'ONECERT_IDENTIFIER_INVALID',
      ],
      [
        'a wrong number beside a right one',
        { [CITY]: `ASN1:UTF8String:${wrong}`, [ID_CARD]: `ASN1:PRINTABLESTRING:${ZHANG}` },
        'ONECERT_IDENTIFIER_INVALID',
      ],
    ])('%s', (_, extensions, code) => {
      const idCard: Source = { from: { extension: ID_CARD }, types: ['citizen-id-number'] };
      expect(outcome(maker.make('/CN=张三', extensions), profileOf(city(), idCard))).toBe(code);
    });

    it('a text the pattern does not match is invalid alone, and nothing beside a right number', () => {
      const profile = profileOf(city({ pattern: '^SF(.*)$' }), {
        from: { extension: ID_CARD },
        types: ['citizen-id-number'],
      });
      const alone = maker.make('/CN=张三', { [CITY]: 'ASN1:UTF8String:n/a' });
      expect(outcome(alone, profile)).toBe('ONECERT_IDENTIFIER_INVALID');
      const beside = maker.make('/CN=张三', {
        [CITY]: 'ASN1:UTF8String:n/a',
        [ID_CARD]: `ASN1:UTF8String:${ZHANG}`,
      });
      expect(outcome(beside, profile)).toEqual([`citizen-id-number ${ZHANG}`]);
    });

    it('says the place but not the number', () => {
      try {
        readSubject(withCity(`ASN1:UTF8String:${wrong}`), profileOf(city()));
        throw new Error('should be refused');
      } catch (error) {
        expect((error as Refusal).detail).toContain(CITY);
        expect((error as Refusal).message).not.toMatch(/\d{17}/);
      }
    });
  });

  describe('several numbers in one certificate', () => {
    const profile = (bothKinds?: Profile['bothKinds']) =>
      identityProfileSchema.parse({
        sources: [
          city(),
          { from: { extension: ID_CARD }, types: ['citizen-id-number'] },
          { from: { extension: ORGANISATION }, types: ['unified-social-credit-code', 'organisation-code'] },
          { from: { extension: TAX }, types: ['tax-number'] },
        ],
        ...(bothKinds === undefined ? {} : { bothKinds }),
      });
    const make = (extensions: Record<string, string>): Certificate =>
      maker.make(
        '/CN=某公司',
        Object.fromEntries(Object.entries(extensions).map(([oid, text]) => [oid, `ASN1:UTF8String:${text}`])),
      );

    it('are all read, the strongest first, each once', () => {
      const certificate = make({ [TAX]: `440305${FIRM_CODE}`, [ORGANISATION]: FIRM_CODE, [CITY]: FIRM });
      expect(outcome(certificate, profile())).toEqual([
        `unified-social-credit-code ${FIRM}`,
        `organisation-code ${FIRM_CODE}`,
        `tax-number 440305${FIRM_CODE}`,
      ]);
      expect(outcome(make({ [CITY]: ZHANG, [ID_CARD]: ZHANG }), profile())).toHaveLength(1);
    });

    it.each([
      ['two citizens', { [CITY]: ZHANG, [ID_CARD]: LI }],
      ['two enterprises', { [CITY]: FIRM, [ORGANISATION]: OTHER_FIRM }],
      [
        'an organisation code that is not the one in the unified code',
        { [CITY]: FIRM, [ORGANISATION]: OTHER_FIRM.slice(8, 17) },
      ],
      [
        'a tax number of another enterprise',
        { [ORGANISATION]: FIRM_CODE, [TAX]: `440305${OTHER_FIRM.slice(8, 17)}` },
      ],
      ['a citizen and an enterprise', { [CITY]: FIRM, [ID_CARD]: ZHANG }],
    ])('%s: conflict', (_, extensions) => {
      expect(outcome(make(extensions), profile())).toBe('ONECERT_IDENTITY_CONFLICT');
    });

    it('an enterprise with its agent, where the profile says whose certificate that is', () => {
      const certificate = make({ [CITY]: FIRM, [ID_CARD]: ZHANG });
      expect(readSubject(certificate, profile('enterprise'))).toMatchObject({
        kind: 'enterprise',
        identifiers: [{ type: 'unified-social-credit-code', value: FIRM }],
      });
      expect(readSubject(certificate, profile('citizen'))).toMatchObject({
        kind: 'citizen',
        identifiers: [{ type: 'citizen-id-number', value: ZHANG }],
      });
    });
  });

  it('never throws anything but a refusal, whatever octets an extension holds', () => {
    const certificate = maker.make('/CN=张三');
    const profiles = (['none', 'hex', 'base64'] as const).flatMap((transform) =>
      [undefined, '^(?:SF)?([0-9Xx]*)$'].map((pattern) =>
        profileOf(
          city({
            transform,
            decode: ['der-string', 'text', 'skip-two', 'gbk'],
            prefixes: { SF: 'citizen-id-number' },
            ...(pattern === undefined ? {} : { pattern }),
          }),
        ),
      ),
    );
    const tagged = fc
      .tuple(
        fc.constantFrom(0x0c, 0x13, 0x14, 0x16, 0x1c, 0x1e, 0x30, 0x80, 0xa0, 0x1f),
        fc.uint8Array({ maxLength: 90 }),
      )
      .map(([tag, content]) => Uint8Array.of(tag, content.length, ...content));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 2_000 }), tagged), (value) => {
        const extensions = new Map([[CITY, { oid: CITY, critical: false, value }]]);
        for (const profile of profiles) outcome({ ...certificate, extensions }, profile);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes formatting characters and numbers out of the name', () => {
    const profile = identityProfileSchema.parse({
      sources: [{ from: { subject: 'serialNumber' }, types: ['citizen-id-number'] }],
      name: { strip: '\\[.*\\]$' },
    });
    const certificate = maker.make(`/serialNumber=${ZHANG}/CN=张\u202e三 ${ZHANG} [个人]`);
    expect(readSubject(certificate, profile).name).toBe('张 三');
  });

  describe('who acts for an enterprise', () => {
    const ROLE = '1.3.6.1.4.1.32473.1.5';
    const acting = (
      subject: string,
      extensions: Readonly<Record<string, string>>,
      settings: Profile['acting'],
      number = FIRM,
    ): unknown => {
      const profile = identityProfileSchema.parse({ sources: [city()], acting: settings });
      const all = { [CITY]: `ASN1:UTF8String:${number}`, ...extensions };
      return readSubject(maker.make(subject, all), profile).acting;
    };
    const roles = { 法定代表人: 'legal-representative', 财务: 'finance', FR01: 'seal' } as const;
    const byExtension: Profile['acting'] = { sources: [{ from: { extension: ROLE }, roles }] };
    const byUnit: Profile['acting'] = { sources: [{ from: { subject: 'OU' }, roles }] };

    it.each<[string, string, Record<string, string>, Profile['acting'], unknown]>([
      [
        'in an extension',
        '/CN=某公司',
        { [ROLE]: 'ASN1:FORMAT:UTF8,UTF8String:法定代表人' },
        byExtension,
        'legal-representative',
      ],
      [
        'full-width and padded',
        '/CN=某公司',
        { [ROLE]: 'ASN1:FORMAT:UTF8,UTF8String:ＦＲ０１ ' },
        byExtension,
        'seal',
      ],
      ['as one of several OUs', '/CN=某公司/OU=南山分部/OU=财务', {}, byUnit, 'finance'],
      ['a value that is not named', '/CN=某公司/OU=董事会', {}, byUnit, 'unknown'],
      ['a name that every object has', '/CN=某公司/OU=constructor', {}, byUnit, 'unknown'],
      ['octets that are no text', '/CN=某公司', { [ROLE]: 'DER:30:03:01:01' }, byExtension, 'unknown'],
      ['nothing there', '/CN=某公司', {}, byExtension, 'unknown'],
      ['nothing in the profile', '/CN=某公司/OU=财务', {}, undefined, 'unknown'],
      [
        'a certificate policy',
        '/CN=某公司',
        { certificatePolicies: '1.2.3.4,1.2.3.102' },
        { sources: [{ from: 'policies', roles: { '1.2.3.102': 'finance' } }] },
        'finance',
      ],
      [
        'within a text',
        '/CN=某公司/title=角色:财务;级别:2',
        {},
        { sources: [{ from: { subject: 'title' }, pattern: '^角色:([^;]*)', roles }] },
        'finance',
      ],
      [
        'the first place that says something',
        '/CN=某公司/OU=财务',
        {},
        { sources: [...(byExtension?.sources ?? []), ...(byUnit?.sources ?? [])] },
        'finance',
      ],
    ])('%s', (_what, subject, extensions, settings, role) => {
      expect(acting(subject, extensions, settings)).toEqual({ role });
    });

    it('by name, where the certificate names a person beside the enterprise', () => {
      const settings: Profile['acting'] = { ...byUnit, name: { from: { subject: '2.5.4.41' } } };
      expect(acting('/CN=某公司/OU=财务/name=何静', {}, settings)).toEqual({ role: 'finance', name: '何静' });
      expect(acting('/CN=某公司/OU=财务/name=某公司', {}, settings)).toEqual({ role: 'finance' });
      expect(acting('/CN=某公司/OU=财务', {}, settings)).toEqual({ role: 'finance' });
    });

    it('and of a citizen nothing', () => {
      expect(acting('/CN=张三/OU=财务', {}, byUnit, ZHANG)).toBeUndefined();
    });
  });
});
