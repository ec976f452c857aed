import fc from 'fast-check';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createLogger } from '../../../src/observability/logging.ts';
import { maskName, maskText } from '../../../src/observability/masking.ts';

// Invented people and enterprises; check digits are right.
const CITIZEN = '440305199001011238';
const CREDIT_CODE = '91440300MA5DA1234P';
const ORGANISATION = '12345678-8';

describe('maskName', () => {
  it('keeps the first character', () => {
    expect(maskName('张三丰')).toBe('张**');
    expect(maskName('李四')).toBe('李*');
    expect(maskName('𠮷田')).toBe('𠮷*');
    expect(maskName('')).toBe('');
  });
});

describe('maskText', () => {
  it.each([
    ['a citizen ID number', CITIZEN, '440*************38'],
    ['one with x', '44030519900101123x', '440*************3x'],
    ['one with a wrong check digit', '440305199001011230', '440*************30'],
    ['one behind a prefix', `SF${CITIZEN}`, 'SF440*************38'],
    ['one behind a longer prefix', `1@5013SF${CITIZEN}`, '1@5013SF440*************38'],
    ['one of the first generation', '440305900101123', '440**********23'],
    ['a tax number made of one', `${CITIZEN}01`, '440***************01'],
    ['a unified social credit code', CREDIT_CODE, '914*************4P'],
    ['one behind a prefix', `JJ${CREDIT_CODE}`, 'JJ9***************4P'],
    ['an organisation code', ORGANISATION, '123*****-8'],
    ['a tax number of 15', `440305${ORGANISATION.replace('-', '')}`, '440**********88'],
    ['a mobile number', '13800138000', '138******00'],
    ['one with country code', '+8613800138000', '+86*********00'],
  ])('masks %s', (_what, value, masked) => {
    expect(maskText(value)).toBe(masked);
    expect(maskText(`号码${value}，已登记`)).toBe(`号码${masked}，已登记`);
    expect(maskText(`subject=${value}, x`)).toBe(`subject=${masked}, x`);
  });

  it('masks a name in a distinguished name, and leaves authorities alone', () => {
    expect(maskText(`CN=张三 ${CITIZEN}, O=示例, C=CN`)).toBe('CN=张* 440*************38, O=示例, C=CN');
    expect(maskText('CN=南方数字认证中心根证书, C=CN')).toBe('CN=南方数字认证中心根证书, C=CN');
  });

  it('takes out keys, certificates and tokens', () => {
    const pem = `-----BEGIN PRIVATE KEY-----\n${randomBytes(60).toString('base64')}\n-----END PRIVATE KEY-----`;
    expect(maskText(`failed: ${pem}\n`)).toBe('failed: [PEM]\n');
    expect(maskText('Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln')).toBe('Bearer [token]');
  });

  it('leaves ids, hashes, thumbprints, references, serial numbers and times as they are', () => {
    for (let round = 0; round < 3_000; round++) {
      const bytes = randomBytes(16);
      for (const text of [
        bytes.toString('base64url'),
        bytes.toString('hex'),
        randomUUID(),
        BigInt(`0x${randomBytes(20).toString('hex')}`).toString(),
        createHash('sha256').update(bytes).digest('base64url'),
        createHash('sha256').update(bytes).digest('hex'),
        createHash('sha256').update(bytes).digest('hex').toUpperCase(),
      ]) {
        expect(maskText(text)).toBe(text);
      }
    }
    const plain =
      'ONECERT_CERTIFICATE_REVOKED 2026-11-24T13:40:23.123Z 1795528160749 127.0.0.1:8443 /joint-tax/status';
    expect(maskText(plain)).toBe(plain);
  });

  it('takes bounded time for what is made to be slow', () => {
    for (const text of [
      '-----BEGIN A-----',
      'eyJ',
      'eyJaaaaaaaaaaa.',
      'CN=',
      '91',
      'SF',
      '+86 ',
      '4403051990',
    ]) {
      expect(maskText(text.repeat(200_000)).length).toBeLessThan(20_000);
    }
  });
});

describe('createLogger', () => {
  const lines = (): { logger: ReturnType<typeof createLogger>; read: () => Record<string, unknown>[] } => {
    const written: string[] = [];
    const logger = createLogger({ level: 'info', destination: { write: (line) => void written.push(line) } });
    return { logger, read: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
  };

  it('writes one JSON object a line, with level and time, above its level', () => {
    const { logger, read } = lines();
    logger.debug('unheard');
    logger.warn({ authority: 'nanfang', days: 3 }, 'the CRL is stale in %d days', 3);
    expect(read()).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        authority: 'nanfang',
        days: 3,
        msg: 'the CRL is stale in 3 days',
      },
    ]);
  });

  it('masks fields, messages, nested values, and errors with their causes', () => {
    const { logger, read } = lines();
    const cause = new Error(`no such person ${CITIZEN}`);
    logger.error(
      {
        err: new Error(`cannot register ${CREDIT_CODE}`, { cause }),
        personName: 'Zhang San',
        name: '张三丰',
        service: { name: 'joint-tax', headers: { Cookie: 'a=b', 'OneCert-Assertion': 'x' } },
        identifiers: [{ type: 'citizen-id-number', value: CITIZEN }],
        list: ['13800138000'],
        [CITIZEN]: 1,
      },
      `call of ${CITIZEN}`,
    );
    const [line] = read();
    expect(JSON.stringify(line)).not.toMatch(new RegExp(`${CITIZEN}|${CREDIT_CODE}|13800138000|三|San`));
    expect(line).toMatchObject({
      personName: 'Z********',
      name: '张**',
      service: { name: 'joint-tax', headers: { Cookie: '[withheld]', 'OneCert-Assertion': '[withheld]' } },
      identifiers: '[withheld]',
      msg: 'call of 440*************38',
    });
    expect((line?.['err'] as { stack: string }).stack).toContain('logging.test.ts');
  });

  it('says what an error was, in whichever of the two fields it stands', () => {
    const { logger, read } = lines();
    logger.error({ error: new TypeError(`boom ${CITIZEN}`) }, 'a defect');
    logger.error({ error: 'a text' }, 'another');
    expect(read()).toMatchObject([
      { error: { type: 'TypeError', message: 'boom 440*************38' } },
      { error: 'a text' },
    ]);
  });

  it('writes valid JSON lines for whatever it is given', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 10 }), fc.string(), (fields, message) => {
        const { logger, read } = lines();
        logger.info(fields, message);
        expect(read()).toHaveLength(1);
      }),
    );
  });
});
